import fc from "fast-check";
import { expect, test } from "vitest";
import { answerOf, plainAnswer } from "../../../extension/core/answer.ts";
import { anyComparison } from "../../fixtures/reports/arbitrary.ts";
import { insideSamples } from "../../fixtures/reports/inside-samples.ts";
import { otherSamples } from "../../fixtures/reports/other-samples.ts";
import { samples } from "../../fixtures/reports/samples.ts";

const all = { ...samples, ...insideSamples, ...otherSamples };

const expected: Partial<Record<keyof typeof all, string>> = {
  plain:
    "Both containers share network, IPC and hostname through pause. Each has its own processes and files. The rest is the node's. That is what the spec asks for.",
  single:
    "nginx shares network, IPC and hostname with pause. It has its own processes and files. The rest is the node's. That is what the spec asks for.",
  sharedPid:
    "Both containers share network, IPC, hostname and processes through pause. Each has its own files. The rest is the node's. That is what the spec asks for.",
  hostNetwork:
    "Both containers share IPC through pause. They use the node's network and hostname. Each has its own processes and files. The rest is the node's. That is what the spec asks for.",
  ephemeral:
    "All 3 containers share network, IPC and hostname through pause. Each has its own processes and files. The rest is the node's. One thing is not as the spec asks.",
  targeted:
    "All 3 containers share network, IPC and hostname through pause. Each has its own files. nginx and debugger share processes; sidecar has its own. The rest is the node's. That is what the spec asks for.",
  denied: "What the containers share could not be read: that needs root on node-a.",
  partlyDenied:
    "nginx shares network, IPC and hostname with pause. It has its own processes and files. The rest is the node's. sidecar could not be read: that needs root on node-a.",
  virtualised: "The containers run inside a sandboxed runtime: what they share is not visible from the node.",
  pinned:
    "Both containers share network, IPC and hostname. Each has its own processes and files. The rest is the node's. That is what the spec asks for.",
  idle: "No container is running; pause alone keeps the pod's network, IPC and hostname. worker is not running (waiting: CrashLoopBackOff).",
  crashing:
    "Both running containers share network, IPC and hostname through pause. Each has its own processes and files. The rest is the node's. killed ended while being read. worker is not running (waiting: CrashLoopBackOff).",
  cgroupV2:
    "All 3 containers share network, IPC and hostname through pause. Each has its own processes and files. agent uses the node's cgroup view; the others each have their own. That is what the spec asks for.",
  twelve:
    "All 12 containers share network and hostname through pause. Each has its own processes and files. 10 of 12 containers share IPC through pause; worker-5 and worker-10 share IPC. The rest is the node's. Two things are not as the spec asks.",
  userNamespace:
    "Both containers share network, IPC, hostname and user IDs through pause. Each has its own processes and files. That is what the spec asks for.",
  dockerDemo:
    "nginx shares network and processes with pause. It has its own IPC, hostname and files. The rest is the node's. That is what the configuration asks for.",
  podmanPod:
    "Both containers share network, IPC, hostname and user IDs through 4f1c0d2e9a7b-infra. Each has its own processes, files and cgroup view. That is what the configuration asks for.",
  plainContainer:
    "postgres has its own network, IPC, hostname, processes and files. The rest is the node's. That is what the configuration asks for.",
  containerElsewhere:
    "postgres has its own IPC, hostname, processes and files. The rest is the node's, including network. One thing is not as the configuration asks.",
  unshared:
    "unshare has its own network, hostname and files. The rest is the node's, including IPC and processes.",
  gvisorContainer:
    "The container runs inside a sandboxed runtime: what it shares is not visible from the node.",
  endedContainer:
    "No container is running; pause alone keeps the sandbox's network, IPC and hostname. nginx is not running (ended).",
};

test.each(Object.entries(expected))("%s", (name, sentence) => {
  const report = Object.entries(all).find(([key]) => key === name)?.[1];
  expect(report).toBeDefined();
  if (report !== undefined) expect(plainAnswer(report)).toBe(sentence);
});

test("what is shared and what is not stands out", () => {
  const strong = answerOf(samples.plain).flatMap((run) => (run.strong ? [run.text] : []));
  expect(strong).toEqual(["network, IPC and hostname", "processes and files"]);
});

test("without the node's own links nothing is said about the spec", () => {
  const unknown = { ...samples.plain, node: samples.denied.node };
  expect(plainAnswer(unknown)).toContain("Both containers share");
  expect(plainAnswer(unknown)).not.toContain("spec");
});

test("any report has an answer in whole sentences that never claims what was not read", () => {
  fc.assert(
    fc.property(anyComparison, (report) => {
      const text = plainAnswer(report);
      expect(text.endsWith(".")).toBe(true);
      const living = report.containers.filter(({ kind, pid }) => kind !== "infra" && pid !== null);
      const read = living.filter(({ namespaces }) =>
        Object.values(namespaces).some(({ status }) => status === "read"),
      );
      if (read.length === 0 || report.sandbox.holder.kind === "virtualised") {
        const ours = report.containers.reduce(
          (rest, { name }) => (name === "" ? rest : rest.replaceAll(name, "")),
          text,
        );
        expect(ours).not.toMatch(/through|has its own|use the node's|uses the node's|That is what/);
      }
    }),
  );
});

test("where there is no pod, no word of one", () => {
  for (const report of Object.values(otherSamples))
    expect(plainAnswer(report)).not.toMatch(/\bpods?\b|\bspec\b/);
});

test("several groups of processes are not called containers", () => {
  const report = otherSamples.unshared;
  const containers = ["one", "other"].flatMap((name) => report.containers.map((one) => ({ ...one, name })));
  expect(plainAnswer({ ...report, containers })).toMatch(/^Both groups of processes share /);
});
