import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AccessReport } from "../../../extension/core/access-check.ts";
import {
  accessMarkdown,
  accessText,
  accessVerdict,
  stepWords,
} from "../../../extension/core/access-words.ts";

const report: AccessReport = {
  takenAt: "2026-01-02T03:04:05.000Z",
  context: "prod",
  node: "worker-1",
  findings: [
    { step: "way", outcome: "yes", says: "SSH.", mend: undefined },
    { step: "root", outcome: "partly", says: "What is run there is core's.", mend: "Log in as root." },
    { step: "clock", outcome: "skipped", says: "Not tried.", mend: undefined },
  ],
};

test("the document says each step with its outcome, and how to mend it below", () => {
  expect(accessText(report)).toBe(`Access to worker-1 of context prod, checked 2026-01-02T03:04:05.000Z
====================================================================

worker-1 can be read, with limits: see Root.

Way             ✔ yes      SSH.
Root            ▲ partly   What is run there is core's.
                           -> Log in as root.
Clock           – skipped  Not tried.
`);
});

test("long texts of the document go on below, and no word is lost or cut", () => {
  const says = "Check that sshd runs on the node and that the port is right. ".repeat(5).trim();
  const mend = `${"x".repeat(120)} is one word.`;
  const findings: AccessReport["findings"] = [{ step: "connect", outcome: "no", says, mend }];
  const text = accessText({ ...report, findings });
  const lines = text.split("\n").slice(5);
  for (const line of lines.filter((one) => !one.includes("xxx"))) expect(line.length).toBeLessThan(87);
  expect(text.replaceAll(/\s+/g, " ")).toContain(`✖ no ${says} -> ${mend}`);
});

test("the Markdown is a table", () => {
  expect(accessMarkdown(report)).toContain(
    "| **Root** | ▲ partly | What is run there is core's. | Log in as root. |\n",
  );
});

describe("the verdict", () => {
  test("is the first step that failed", () => {
    const failed: AccessReport["findings"] = [{ step: "login", outcome: "no", says: "x", mend: "y" }];
    expect(accessVerdict({ ...report, findings: [...failed, ...report.findings] })).toBe(
      "worker-1 cannot be read: see Login.",
    );
  });

  test("is good without limits", () => {
    expect(accessVerdict({ ...report, findings: report.findings.slice(0, 1) })).toBe("worker-1 can be read.");
  });
});

test("whatever a node says stays on its line, and is no markup", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("a\nb", "<img src=x>", "| x |", "[a](b)", "\u202Egnp"),
  );
  fc.assert(
    fc.property(text, text, text, (node, says, mend) => {
      const hostile: AccessReport = {
        ...report,
        node,
        findings: [{ step: "proc", outcome: "partly", says, mend }],
      };
      expect(accessText(hostile).trimEnd().split("\n")).toHaveLength(7);
      const markdown = accessMarkdown(hostile);
      expect(markdown).not.toMatch(/(?<!\\)<|\u202E/);
      const rows = markdown.split("\n").filter((line) => line.startsWith(`| **${stepWords.proc}**`));
      expect(rows.map((row) => row.split(/(?<!\\)\|/).length)).toEqual([6]);
    }),
  );
});
