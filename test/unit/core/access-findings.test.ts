import { describe, expect, test } from "vitest";
import {
  type AccessExpectation,
  commandFinding,
  nodeFindings,
} from "../../../extension/core/access-findings.ts";
import type { AccessCheckStep, AccessFinding } from "../../../extension/core/access-check.ts";
import { type AccessAnswer, betterTools, neededTools } from "../../../extension/core/probe/access-probe.ts";
import { fakeNode } from "../../support/fake-pod.ts";

const bootId = "e92930af-e3db-4542-869c-4544d5e5f880";
const answer: AccessAnswer = {
  uid: 0,
  user: "root",
  sudo: "there",
  doas: "missing",
  bootId,
  hostname: "node-a",
  kernelRelease: "6.18.0",
  reference: "pid1",
  processes: { seen: 90, readable: 88 },
  hidepid: "",
  tools: [...neededTools, ...betterTools],
  now: 1_000_000,
  shell: "/bin/bash",
  container: false,
};
const expectation: AccessExpectation = {
  node: fakeNode({ name: "node-a", bootId }),
  become: "auto",
  reached: 999_999_900,
  answered: 1_000_000_300,
};

function finding(
  step: AccessCheckStep,
  changes: Partial<AccessAnswer> = {},
  expected: Partial<AccessExpectation> = {},
): AccessFinding | undefined {
  return nodeFindings({ ...answer, ...changes }, { ...expectation, ...expected }).find(
    (one) => one.step === step,
  );
}

test("a node that can be read in full says yes to everything, and nothing is to be mended", () => {
  const findings = [commandFinding(answer, 1234), ...nodeFindings(answer, expectation)];
  expect(findings.map(({ step, outcome, mend }) => [step, outcome, mend])).toEqual([
    ["command", "yes", undefined],
    ["root", "yes", undefined],
    ["machine", "yes", undefined],
    ["proc", "yes", undefined],
    ["tools", "yes", undefined],
    ["clock", "yes", undefined],
  ]);
  expect(findings[0]?.says).toContain("1.2 s");
});

describe("root", () => {
  const core = { uid: 1000, user: "core" };
  test.each([
    ["sudo asks for nothing", { sudo: "works" }, "never", /podSandbox\.become to auto: sudo/],
    ["doas asks for nothing", { sudo: "missing", doas: "works" }, "never", /to auto: doas/],
    ["sudo wants a password", { sudo: "there" }, "auto", /podSandbox\.become to sudo/],
    ["doas wants a password", { sudo: "missing", doas: "there" }, "auto", /doas\.conf/],
    ["there is neither", { sudo: "missing", doas: "missing" }, "auto", /[Ll]og in as root/],
    ["the way makes root of nobody", { sudo: "works" }, undefined, /another way/],
  ] as const)("is told how to be become where %s", (_what, elevators, become, mend) => {
    const found = finding("root", { ...core, ...elevators }, { become });
    expect(found).toMatchObject({ outcome: "partly", mend: expect.stringMatching(mend) });
    expect(found?.says).toContain("core (user ID 1000)");
  });
});

describe("the machine", () => {
  const other = "00000000-0000-4000-8000-000000000000";
  test("is another where the API knows another boot", () => {
    expect(finding("machine", { bootId: other })).toMatchObject({
      outcome: "no",
      says: expect.stringContaining(other),
      mend: expect.stringContaining("another machine"),
    });
  });

  test("is the same however its boot ID is written", () => {
    const node = fakeNode({ name: "x", bootId: bootId.toUpperCase() });
    expect(finding("machine", {}, { node })).toMatchObject({ outcome: "yes" });
  });

  test.each([
    ["node-a", "as the node"],
    ["node-a.example.com", "as the node"],
    ["node-ab", "is not the node's name"],
  ])("goes by its name %s where the API does not tell the boot", (hostname, says) => {
    const node = fakeNode({ name: "node-a", bootId: "" });
    expect(finding("machine", { hostname }, { node })).toMatchObject({
      outcome: "partly",
      says: expect.stringContaining(says),
    });
  });

  test("of a host without a cluster is compared with nothing", () => {
    expect(finding("machine", {}, { node: undefined })).toMatchObject({
      outcome: "skipped",
      mend: undefined,
    });
  });
});

describe("/proc", () => {
  test("is read in part by whom it hides other users' processes from", () => {
    const hidden = {
      uid: 1000,
      reference: "nobody",
      processes: { seen: 5, readable: 5 },
      hidepid: "2",
    } as const;
    expect(finding("proc", hidden)).toMatchObject({
      outcome: "partly",
      says: expect.stringContaining("hidepid=2"),
    });
  });

  test("is read in full where a kernel thread stands for PID 1, in part where none may", () => {
    expect(finding("proc", { reference: "kthreadd" })).toMatchObject({ outcome: "yes" });
    expect(finding("proc", { reference: "nobody" })).toMatchObject({
      outcome: "partly",
      mend: expect.stringContaining("CAP_SYS_PTRACE"),
    });
  });

  test("is not read where no link is", () => {
    expect(finding("proc", { processes: { seen: 90, readable: 0 } })).toMatchObject({ outcome: "no" });
  });
});

describe("the tools", () => {
  test("that are needed must be there", () => {
    const tools = answer.tools.filter((tool) => tool !== "xargs" && tool !== "stat");
    expect(finding("tools", { tools })).toMatchObject({
      outcome: "no",
      says: "The node lacks stat and xargs.",
    });
  });

  test.each([
    ["timeout", "partly"],
    ["lsns", "partly"],
    ["crictl", "yes"],
    ["getconf", "yes"],
  ])("without %s: %s", (missing, outcome) => {
    const found = finding("tools", { tools: answer.tools.filter((tool) => tool !== missing) });
    expect(found).toMatchObject({ outcome });
    expect(found?.says).toContain(`without ${missing} `);
  });
});

describe("the clock", () => {
  test.each([
    ["agrees within the time that the answer took", 1_000_003, 20_000, "yes", /agrees/],
    ["is a little ahead", 1_000_004, 0, "yes", /about 5 s ahead/],
    ["is ahead", 1_000_010, 0, "partly", /about 11 s ahead/],
    ["is behind", 999_000, 0, "partly", /about 17 min behind/],
    ["was never set", 0, 0, "partly", /about 12 days behind/],
  ] as const)("%s", (_what, now, took, outcome, says) => {
    const reached = 1_000_000_000 - took / 2;
    expect(finding("clock", { now }, { reached, answered: reached + took })).toMatchObject({
      outcome,
      says: expect.stringMatching(says),
    });
  });

  test("that is not told", () => {
    expect(finding("clock", { now: undefined })).toMatchObject({ outcome: "partly" });
  });
});
