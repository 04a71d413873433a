import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AccessReport } from "../../../extension/core/access-check.ts";
import { accessText, accessVerdict } from "../../../extension/core/access-words.ts";

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
The lines behind -> say how to mend it; then check again.

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
  const lines = text.split("\n").slice(7);
  for (const line of lines.filter((one) => !one.includes("xxx"))) expect(line.length).toBeLessThan(85);
  expect(text.replaceAll(/\s+/g, " ")).toContain(`✖ no ${says} -> ${mend}`);
});

test("a document of a node that cannot be read names the other remedy, one without a fault names none", () => {
  const failed: AccessReport["findings"] = [{ step: "login", outcome: "no", says: "x", mend: "y" }];
  const other = "with the command: Choose the way onto a node…";
  expect(accessText({ ...report, findings: failed })).toContain(other);
  expect(accessText(report)).not.toContain(other);
  const doubt: AccessReport["findings"] = [{ step: "host-key", outcome: "no", says: "x", mend: "y" }];
  expect(accessText({ ...report, findings: doubt })).not.toContain(other);
  expect(accessText({ ...report, findings: report.findings.slice(0, 1) })).not.toContain("->");
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
      expect(accessText(hostile).trimEnd().split("\n")).toHaveLength(8);
    }),
  );
});
