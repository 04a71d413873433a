import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SandboxError } from "../../../extension/core/errors.ts";
import {
  accessProbe,
  type AccessAnswer,
  betterTools,
  neededTools,
} from "../../../extension/core/probe/access-probe.ts";

const probe = accessProbe();

const bootId = "e92930af-e3db-4542-869c-4544d5e5f880";
const whole = [
  "#access",
  "now 1795459022",
  "uid 1000",
  "user core",
  "sudo works",
  "doas missing",
  `boot ${bootId}`,
  "hostname worker-1",
  "kernel 6.18.0",
  "second kthreadd",
  "hidepid invisible",
  "shell /bin/bash",
  "seen 3",
  "tool grep",
  "tool timeout",
  "tool anything else",
  "#links",
  "2 4026531836",
  "77 4026532000",
  "#end",
  "",
];
const answerOf = (lines: readonly string[]): AccessAnswer => probe.parse(lines.join("\n"));
const without = (start: string): string[] => whole.filter((line) => !line.startsWith(start));

describe("the answer of a node that was got onto", () => {
  test("is read as it was printed", () => {
    expect(answerOf(whole)).toEqual({
      uid: 1000,
      user: "core",
      sudo: "works",
      doas: "missing",
      bootId,
      hostname: "worker-1",
      kernelRelease: "6.18.0",
      reference: "kthreadd",
      processes: { seen: 3, readable: 2 },
      hidepid: "invisible",
      tools: ["grep", "timeout"],
      now: 1_795_459_022,
      shell: "/bin/bash",
      container: false,
    });
  });

  test("may come after a banner, or a piece of one that looks like it, and with a terminal's line ends", () => {
    const banner = ["Welcome!", "#access", "uid 0", "#links"];
    expect(probe.parse([...banner, ...whole].join("\r\n"))).toEqual(answerOf(whole));
  });

  test.each([
    ["its PID 1 may be read", "1 4026531836", { reference: "pid1", container: false }],
    ["it is a container", "1 4026532999", { reference: "pid1", container: true }],
  ])("%s", (_what, link, expected) => {
    expect(answerOf(whole.toSpliced(-3, 0, link))).toMatchObject(expected);
  });

  test.each(["second", "2 "])("nothing stands for the node without %s", (line) => {
    expect(answerOf(without(line))).toMatchObject({ reference: "nobody" });
  });

  test("hidepid=0 hides nothing", () => {
    expect(answerOf([...without("hidepid").toSpliced(1, 0, "hidepid 0")]).hidepid).toBe("");
  });

  test("what any program prints may be missing", () => {
    const bare = whole.filter((line) => /^(#|uid|boot)/.test(line));
    expect(answerOf(bare)).toMatchObject({ tools: [], now: undefined, user: "", reference: "nobody" });
  });

  test.each(["#access", "#end", "uid", "boot"])("is none without %s", (line) => {
    expect(() => answerOf(without(line))).toThrow(expect.objectContaining({ reason: "probe-output" }));
  });

  test("whatever a node prints, it is an answer or no answer, of short printable texts", () => {
    const lines = fc.array(
      fc.oneof(fc.constantFrom(...whole), fc.string(), fc.string({ unit: "binary", maxLength: 400 })),
    );
    const mutated = fc
      .array(fc.tuple(fc.nat(whole.length), fc.string({ unit: "binary" })), { maxLength: 3 })
      .map((changes) => {
        const result = [...whole];
        for (const [at, junk] of changes) result[at] = `${(result[at] ?? "").slice(0, 8)}${junk}`;
        return result;
      });
    fc.assert(
      fc.property(fc.oneof(lines, mutated), (printed) => {
        let answer: AccessAnswer;
        try {
          answer = answerOf(printed);
        } catch (error) {
          expect(error).toBeInstanceOf(SandboxError);
          expect(error).toMatchObject({ reason: "probe-output" });
          return;
        }
        for (const text of [
          answer.user,
          answer.hostname,
          answer.kernelRelease,
          answer.shell,
          answer.hidepid,
        ]) {
          expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
          expect(text.length).toBeLessThan(203);
        }
        for (const tool of answer.tools) expect([...neededTools, ...betterTools]).toContain(tool);
      }),
    );
  });
});
