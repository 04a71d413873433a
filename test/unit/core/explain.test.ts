import fc from "fast-check";
import { expect, test } from "vitest";
import { explainCell } from "../../../extension/core/explain.ts";
import { explainFinding } from "../../../extension/core/explain-finding.ts";
import { findingCodes } from "../../../extension/core/finding-codes.ts";
import { namespaceTypes, type NamespaceType } from "../../../extension/core/namespaces.ts";
import type { AnyReport, ContainerReport, Expected } from "../../../extension/core/report.ts";
import { anyComparison } from "../../fixtures/reports/arbitrary.ts";
import { insideSamples } from "../../fixtures/reports/inside-samples.ts";
import { otherSamples } from "../../fixtures/reports/other-samples.ts";
import { container, report, samples } from "../../fixtures/reports/samples.ts";

const say = (of: AnyReport, column: string | null, type: NamespaceType): string =>
  explainCell(of, named(of, column), type).sentence;

function named(of: AnyReport, column: string | null): ContainerReport | null {
  if (column === null) return null;
  const found = of.containers.find(({ name }) => name === column);
  if (found === undefined) throw new Error(`no container ${column}`);
  return found;
}

/** One sentence with nothing left out, and every Linux namespace called that. */
function expectSentence(sentence: string): void {
  expect(sentence).toMatch(/^[A-Z\p{Ll}][^]*[^.]\.$/u);
  expect(sentence).not.toMatch(/\. [A-Z]|\{\d\}|undefined|null|NaN/);
  const bare = sentence.replaceAll(/Linux namespaces?|shareProcessNamespace/g, "");
  expect(bare).not.toMatch(/namespace/i);
}

test("a cell says what the spec asks for and what was read", () => {
  expect(say(samples.plain, "nginx", "net")).toBe(
    "Every container in a Pod shares the network Linux namespace with its IP address and ports, and nginx is in the same one as pause and sidecar.",
  );
  expect(say(samples.plain, "nginx", "mnt")).toBe(
    "Each container has its own filesystem in a mount Linux namespace of its own, and nginx is in one where no other container was seen.",
  );
  expect(say(samples.hostNetwork, "nginx", "net")).toMatch(
    /^hostNetwork: true uses the node's network Linux namespace, and nginx is in the node's\.$/,
  );
  expect(say(samples.sharedPid, "nginx", "pid")).toMatch(
    /^shareProcessNamespace: true shares a single process Linux namespace between all containers, and nginx /,
  );
  expect(say(insideSamples.userNamespace, "nginx", "user")).toMatch(
    /^hostUsers: false creates a new user Linux namespace for the Pod, and nginx /,
  );
});

test("a cell that is not as asked says but", () => {
  const differing = samples.ephemeral.findings.find(({ code }) => code === "sharing-differs");
  expect(say(samples.ephemeral, differing?.container ?? "", "pid")).toMatch(
    /^The ephemeral container targets nginx, to see the processes of that container, but /,
  );
});

test("the node's column, and a container that is called as it is", () => {
  const one = report([container("node", 30240, {})], []);
  expect(say(one, null, "time")).toMatch(/^This is the node's own time Linux namespace, /);
  expect(say(one, "node", "net")).toMatch(/^Every container in a Pod /);
});

test.each([
  ["denied", "but the kernel refused to show which one app is in."],
  ["gone", "but the process of app ended while it was read."],
  ["unsupported", "but the node's kernel has none of this type."],
  [
    "not-visible",
    "but app has a kernel of its own (gVisor or a virtual machine), which the node cannot look into.",
  ],
] as const)("a link that is %s", (status, end) => {
  const app = container("app", 30240, {});
  const unread = { ...app, namespaces: { ...app.namespaces, ipc: { status, reason: "" } } };
  expect(say(report([unread], []), "app", "ipc")).toBe(
    `Containers in a Pod share the IPC Linux namespace with its semaphores and shared memory, ${end}`,
  );
});

test("what has no process says so, and what holds its place", () => {
  const infra = samples.pinned.containers.find(({ kind }) => kind === "infra");
  if (infra !== undefined)
    expect(say(samples.pinned, infra.name, "net")).toMatch(
      /but bind mounts hold it in place of a process\.$/,
    );
  expect(
    say(report([container("app", null, { state: "waiting: CrashLoopBackOff" })], []), "app", "net"),
  ).toMatch(/, but app has no process \(waiting: CrashLoopBackOff\)\.$/);
});

test("a container that is called like the infra container shares with it, not with itself", () => {
  const infra = container("pause", 100, { kind: "infra" });
  const app = container("pause", 101, { expected: { ...infra.expected, pid: "CONTAINER" } });
  const both = report([infra, app], []);
  expect(explainCell(both, app, "net").sentence).toMatch(/, and pause is in the same one as pause\.$/);
  expect(explainCell(both, app, "net").checks[0]?.command).toBe(
    "sudo readlink /proc/101/ns/net /proc/100/ns/net",
  );
});

test("of many names some are counted", () => {
  const many = Array.from({ length: 9 }, (_, at) => container(`c${at}`, 30240 + at, {}));
  expect(say(report(many, []), "c0", "net")).toMatch(/ is in the same one as c1, c2, c3 and 5 more\.$/);
});

test("every combination of expected sharing has a sentence of its own kind", () => {
  const expecteds: readonly Expected[] = ["POD", "CONTAINER", "NODE", "TARGET", "ANY"];
  const of = (more: Partial<ContainerReport>): ContainerReport => container("app", 30240, more);
  for (const type of namespaceTypes) {
    const beginnings = expecteds.map((expected) => {
      const one = of({ targets: { [type]: "nginx" } });
      const sentence = say(
        report([{ ...one, expected: { ...one.expected, [type]: expected } }], []),
        "app",
        type,
      );
      expectSentence(sentence);
      return sentence.split(/, (?:and|but) app /)[0];
    });
    expect(new Set(beginnings).size, type).toBe(expecteds.length);
  }
});

test("every cell of every sample is one whole sentence", () => {
  const all: readonly AnyReport[] = [samples, insideSamples, otherSamples].flatMap((one) =>
    Object.entries(one).flatMap(([name, sample]) => (name === "hostile" ? [] : [sample as AnyReport])),
  );
  expect(all.length).toBeGreaterThan(20);
  for (const one of all) {
    for (const column of [null, ...one.containers.map(({ name }) => name)])
      for (const type of namespaceTypes) expectSentence(say(one, column, type));
  }
});

test("every cell of any report is one whole sentence", () => {
  fc.assert(
    fc.property(anyComparison, (any) => {
      // Names are text as it is; ours must hold for the rest.
      const containers = any.containers.map((one, at) => ({ ...one, name: `c${at}` }));
      for (const column of [null, ...containers.map(({ name }) => name)])
        for (const type of namespaceTypes) expectSentence(say({ ...any, containers }, column, type));
    }),
  );
});

test("every finding says why in one sentence, each its own", () => {
  const sentences = findingCodes.map((code) => explainFinding({ code }));
  for (const sentence of sentences) expectSentence(sentence);
  expect(new Set(sentences).size).toBe(findingCodes.length);
});
