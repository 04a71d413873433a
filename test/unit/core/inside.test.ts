import fc from "fast-check";
import { expect, test } from "vitest";
import {
  dutyWords,
  elsewhereWords,
  isIdentity,
  stateWords,
  threadWords,
  uidMapLines,
} from "../../../extension/core/inside.ts";
import { anyComparison } from "../../fixtures/reports/arbitrary.ts";
import { identityMap, process } from "../../fixtures/reports/samples.ts";

test("every state letter of proc_pid_stat(5) has its words, and one that is not known shows itself", () => {
  const words = Array.from("RSDITtZX").map((state) => stateWords({ state }));
  expect(new Set(words).size).toBe(8);
  expect(words.slice(0, 2)).toEqual(["running", "sleeping"]);
  expect(stateWords({ state: "K" })).toBe("state K");
});

test("whose duty a zombie is", () => {
  const words = (["pause", "main", "process", "outside"] as const).map((duty) =>
    dutyWords({ duty, dutyPid: 7, seenSince: "" }),
  );
  expect(words).toEqual([
    "ended, to be reaped by pause, PID 7",
    "ended, to be reaped by its container's main process, PID 7",
    "ended, to be reaped by its parent, PID 7",
    "ended, to be reaped from outside the sandbox, PID 7",
  ]);
  expect(dutyWords({ duty: "nobody", dutyPid: null, seenSince: "" })).toContain("nobody's to reap");
});

test("where processes and threads are, if elsewhere", () => {
  expect(elsewhereWords(process(1, 1, "x"))).toBe("");
  expect(elsewhereWords(process(1, 1, "x", { elsewhere: ["net", "mnt"] }))).toBe(
    "in another net and mnt Linux namespace than the main process",
  );
  expect(threadWords({ tid: 9, namespaces: { mnt: "2", net: "1" } })).toBe(
    "thread 9 sits elsewhere: net 1 and mnt 2",
  );
});

test("user IDs: the node's in words, a mapped range with both ends", () => {
  expect(uidMapLines(identityMap)).toEqual(["same user IDs as the node"]);
  expect(uidMapLines([{ inside: 0, outside: 100_000, count: 65_536 }])).toEqual([
    "0–65535 inside = 100000–165535 on the node",
  ]);
  expect(uidMapLines([{ inside: 0, outside: 1000, count: 1 }])).toEqual(["0 inside = 1000 on the node"]);
  expect(uidMapLines([])).toEqual(["no user ID of the node exists inside"]);
});

test("only the whole range onto itself is called the same as the node's", () => {
  expect(isIdentity([{ inside: 0, outside: 0, count: 65_536 }])).toBe(false);
  expect(isIdentity([{ inside: 0, outside: 1, count: 4_294_967_295 }])).toBe(false);
  fc.assert(
    fc.property(anyComparison, ({ containers }) => {
      for (const { uidMap } of containers) {
        if (uidMap === null || isIdentity(uidMap)) continue;
        expect(uidMapLines(uidMap)).toHaveLength(Math.max(uidMap.length, 1));
      }
    }),
  );
});
