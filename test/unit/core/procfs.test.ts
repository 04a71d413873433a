import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  parseCmdline,
  parseCount,
  parseNamespaceLink,
  parseNspid,
  parseStat,
} from "../../../extension/core/procfs.ts";

const tail = "S 1 42 42 0 -1 4194560 56 42 0 1 13 6 9 4 20 0 1 0 8123 51576832 4820 18446744073709551615";

describe("parseStat", () => {
  test("reads PID, comm, state, parent and start time", () => {
    expect(parseStat(`42 (nginx) ${tail}\n`)).toEqual({
      pid: 42,
      comm: "nginx",
      state: "S",
      ppid: 1,
      startTicks: 8123,
      threadCount: 1,
    });
  });

  test("a comm cannot pretend to be the fields behind it", () => {
    expect(parseStat(`42 (x) R 7 7 7\n(y) ${tail}`)).toMatchObject({ comm: "x) R 7 7 7\n(y", ppid: 1 });
  });

  test("any comm comes back as it was", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 16, unit: "binary" }), (comm) => {
        expect(parseStat(`42 (${comm}) ${tail}`)).toMatchObject({ comm, ppid: 1, startTicks: 8123 });
      }),
    );
  });

  test("a text cut at any byte is no process, unless only the rest behind the start time is missing", () => {
    const whole = `42 (a) b) ${tail}`;
    const needed = whole.indexOf("8123") + 1;
    for (let length = 0; length < needed; length++) {
      expect(parseStat(whole.slice(0, length)), whole.slice(0, length)).toBeUndefined();
    }
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        parseStat(text);
      }),
    );
  });
});

describe("parseNspid", () => {
  test("outermost first", () => {
    expect(parseNspid("NSpid:\t30240\t12\t1")).toEqual([30240, 12, 1]);
  });
  test.each(["", "NSpid:", "NSpid:\tx", "Pid:\t1", "NSpid:\t1\t99999999999999999999"])(
    "%j is none",
    (line) => {
      expect(parseNspid(line)).toEqual([]);
    },
  );
});

describe("parseNamespaceLink", () => {
  test("type and inode, the inode as it stands", () => {
    expect(parseNamespaceLink("net:[4026532177]")).toEqual({ type: "net", inode: "4026532177" });
  });
  test.each([
    "",
    "net",
    "net:[]",
    "net:[0]",
    "net:[04]",
    "net:[-1]",
    "net:4026532177",
    "net:[1] (deleted)",
    "pid_for_children:[1]",
    "toString:[1]",
    "net:[123456789012345678901]",
  ])("%j is none", (text) => {
    expect(parseNamespaceLink(text)).toBeUndefined();
  });
});

describe("parseCmdline", () => {
  test("arguments end with NUL; an empty one is one", () => {
    expect(parseCmdline("nginx\0-g\0\0")).toEqual(["nginx", "-g", ""]);
    expect(parseCmdline("")).toEqual([]);
    expect(parseCmdline("nginx: master process")).toEqual(["nginx: master process"]);
  });
  test("is the inverse of joining", () => {
    const argument = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"));
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1 }), (argv) => {
        expect(parseCmdline(argv.map((text) => `${text}\0`).join(""))).toEqual(argv);
      }),
    );
  });
});

test("parseCount takes what a number holds exactly, and nothing else", () => {
  expect(parseCount("0042")).toBe(42);
  for (const text of ["", "-1", "+1", "1.5", "1e3", " 1", "9999999999999999", "٣"]) {
    expect(parseCount(text), text).toBeUndefined();
  }
});
