import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { inspectSandbox } from "../../../extension/app/inspect.ts";
import type { ClusterSource } from "../../../extension/cluster/source.ts";
import { SandboxError } from "../../../extension/core/errors.ts";
import { namespaceTypes } from "../../../extension/core/namespaces.ts";
import type { ClusterNode, Pod } from "../../../extension/core/pod.ts";
import type { SandboxReport } from "../../../extension/core/report.ts";
import type { RunRequest, RunResult } from "../../../extension/nodes/transport.ts";
import { fakeContainer, fakeNode, fakePod } from "../../support/fake-pod.ts";
import { inTurn } from "../../support/in-turn.ts";
import { type FakeProcess, scanOutput } from "../../support/scan-output.ts";

const ids = { pause: "aa".repeat(32), web: "bb".repeat(32), next: "cc".repeat(32) };
const cgroup = (id: string): string => `/kubepods/besteffort/pod${fakePod().uid}/${id}`;
const shared = { net: "5001", ipc: "5002", uts: "5003" };
const pause: FakeProcess = {
  pid: 100,
  start: 100,
  argv: ["/pause"],
  cgroup: cgroup(ids.pause),
  inodes: { ...shared, pid: "5010", mnt: "5011" },
};
const web: FakeProcess = {
  pid: 110,
  start: 110,
  cgroup: cgroup(ids.web),
  inodes: { ...shared, pid: "5020", mnt: "5021" },
};
const pod = fakePod({ containers: [fakeContainer({ name: "web", id: ids.web })] });
const good = scanOutput({ processes: [pause, web] });

interface World {
  /** One for each time that the pod is asked for; the last stays. */
  readonly pods?: readonly (Pod | SandboxError)[];
  readonly node?: ClusterNode | SandboxError;
  /** One for each reading; the last stays. */
  readonly answers?: readonly (string | Partial<RunResult> | SandboxError)[];
}

async function inspect(
  world: World,
): Promise<{ report: SandboxReport; requests: RunRequest[]; nodes: ClusterNode[] }> {
  const requests: RunRequest[] = [];
  const nodes: ClusterNode[] = [];
  const nextPod = inTurn<Pod>(world.pods ?? [pod]);
  const nextAnswer = inTurn<string | Partial<RunResult>>(world.answers ?? [good]);
  const node = inTurn<ClusterNode>([world.node ?? fakeNode()]);
  const cluster: ClusterSource = {
    context: "test",
    listNamespaces: () => Promise.resolve([]),
    listNodes: () => Promise.resolve([]),
    listPodsOnNode: () => Promise.resolve([]),
    getPod: async () => nextPod(),
    getNode: async () => node(),
    watchPods: () => ({ close: () => {} }),
    runtimeHandler: () => Promise.resolve(undefined),
  };
  const report = await inspectSandbox(
    {
      openCluster: () => Promise.resolve(cluster),
      transport: (to) => {
        nodes.push(to);
        return {
          run: async (request) => {
            requests.push(request);
            const answer = nextAnswer();
            return {
              stdout: "",
              stderr: "",
              exitCode: 0,
              ...(typeof answer === "string" ? { stdout: answer } : answer),
            };
          },
        };
      },
      timeoutMs: 1000,
      now: () => new Date(0),
    },
    { context: "test", namespace: "default", name: "web" },
    { signal: new AbortController().signal },
  );
  return { report, requests, nodes };
}

const failure = (world: World) =>
  inspect(world).then(
    () => "no error",
    (error: unknown) => error,
  );

// Passes over the pauses between readings.
beforeEach(() => void vi.useFakeTimers().setTimerTickMode("nextTimerAsync"));
afterEach(() => void vi.useRealTimers());

describe("inspectSandbox", () => {
  test("one round trip to the node is enough for a pod at rest", async () => {
    const { report, requests } = await inspect({});
    expect(requests).toHaveLength(1);
    expect(report.findings.map(({ code }) => code)).toEqual(["sandbox-inferred"]);
    expect(report.containers.map(({ pid }) => pid)).toEqual([100, 110]);
  });

  test("the UID of a static pod on the node is its config hash", async () => {
    const configHash = "ab".repeat(16);
    const { requests } = await inspect({ pods: [{ ...pod, configHash }] });
    expect(requests[0]?.argv).toContain(configHash);
  });

  describe("where nothing of the pod holds its Linux namespaces", () => {
    const bare = scanOutput({ processes: [web] });
    const node = (more: readonly FakeProcess[]): string =>
      scanOutput({ scope: "node", processes: [web, ...more] });
    const crio = fakeNode({ runtimeVersion: "cri-o://1.33" });

    test("the whole node is looked at for what does", async () => {
      const waiter: FakeProcess = { pid: 900, comm: "waiter", inodes: shared };
      const { report, requests } = await inspect({ node: crio, answers: [bare, node([waiter])] });
      expect(requests).toHaveLength(2);
      expect(report.sandbox.holder).toEqual({ kind: "process", pid: 900, paths: [] });
    });

    test("that nothing does is said after a second look", async () => {
      const { report, requests } = await inspect({ node: crio, answers: [bare, node([]), bare, node([])] });
      expect(requests).toHaveLength(4);
      expect(report.sandbox.holder.kind).toBe("none");
      expect(report.findings.map(({ code }) => code)).toEqual(["held-by-nothing"]);
    });

    test("a node that cannot be read whole leaves it unknown", async () => {
      const { report } = await inspect({ node: crio, answers: [bare, "busy", bare, "busy"] });
      expect(report.sandbox.holder.kind).toBe("unknown");
      expect(report.findings.map(({ code }) => code)).toEqual(["no-sandbox-found"]);
    });

    test("who cancels then is not kept waiting for less", async () => {
      const cancelled = new SandboxError("cancelled", "cancelled");
      expect(await failure({ node: crio, answers: [bare, cancelled] })).toBe(cancelled);
    });

    test("who may not read links is not asked for more of what cannot be read", async () => {
      const denied = Object.fromEntries(namespaceTypes.map((type) => [type, "denied"]));
      const hidden = scanOutput({ uid: 1000, processes: [{ ...web, inodes: denied }] });
      const { requests } = await inspect({ node: crio, answers: [hidden] });
      expect(requests.every(({ stdin }) => stdin === requests[0]?.stdin)).toBe(true);
    });
  });

  test("a difference that a second reading does not show is not reported", async () => {
    const odd = scanOutput({ processes: [pause, { ...web, inodes: { ...web.inodes, net: "6000" } }] });
    const { report, requests } = await inspect({ answers: [odd, good] });
    expect(requests).toHaveLength(2);
    expect(report.findings.map(({ code }) => code)).toEqual(["sandbox-inferred"]);
  });

  test("a difference that stays is reported after two readings", async () => {
    const odd = scanOutput({ processes: [pause, { ...web, inodes: { ...web.inodes, net: "6000" } }] });
    const { report, requests } = await inspect({ answers: [odd] });
    expect(requests).toHaveLength(2);
    expect(report.findings[0]).toMatchObject({ code: "sharing-differs", container: "web" });
  });

  test("a container that restarted between the API's answer and the reading is found with the pod's next status", async () => {
    const restarted = { ...pod, containers: [fakeContainer({ name: "web", id: ids.next })] };
    const { report } = await inspect({
      pods: [pod, restarted],
      answers: [scanOutput({ processes: [pause, { ...web, cgroup: cgroup(ids.next) }] })],
    });
    expect(report.containers.at(-1)).toMatchObject({ name: "web", id: ids.next, pid: 110 });
  });

  test("a pod that never comes to rest is reported as it was at the third reading", async () => {
    const moving = [5, 6, 7].map((start) =>
      scanOutput({
        processes: [
          pause,
          { ...web, start, startAfter: start + 1 },
          ...(start > 5 ? [{ pid: 120 + start, startAfter: "gone" as const }] : []),
        ],
      }),
    );
    const { requests } = await inspect({ answers: moving });
    expect(requests.length).toBeLessThanOrEqual(3);
  });

  test("a difference that only the last of three readings shows is not called one", async () => {
    const odd = scanOutput({ processes: [pause, { ...web, inodes: { ...web.inodes, net: "6000" } }] });
    const raced = (pid: number) => scanOutput({ processes: [pause, web, { pid, startAfter: "gone" }] });
    const none = scanOutput({ processes: [pause] });
    const { report, requests } = await inspect({ answers: [raced(200), none, odd] });
    expect(requests).toHaveLength(3);
    expect(report.findings.map(({ code }) => code)).toEqual(["sharing-unverified", "sandbox-inferred"]);
  });

  test("a pod that is replaced at every reading is read no more than three times", async () => {
    const uid = (digit: string): string => pod.uid.replaceAll(/[0-9a-f]/g, digit);
    const pods = ["1", "2", "3", "4", "5"].map((digit) => ({ ...pod, uid: uid(digit) }));
    const { requests } = await inspect({ pods, answers: [scanOutput({ processes: [] })] });
    expect(
      requests.map(({ argv }) => argv.find((word) => word.startsWith("1") || word.startsWith("3"))),
    ).toHaveLength(3);
  });

  test("a pod that vanishes between two readings is gone", async () => {
    const gone = new SandboxError("pod-gone", "404");
    expect(await failure({ pods: [pod, gone], answers: [scanOutput({ processes: [pause] })] })).toBe(gone);
  });

  test("who may not read nodes reaches the node by the pod's status", async () => {
    const { nodes } = await inspect({ node: new SandboxError("forbidden", "403") });
    expect(nodes[0]).toMatchObject({
      name: "node-a",
      addresses: [
        { type: "InternalIP", address: "192.0.2.7" },
        { type: "Hostname", address: "node-a" },
      ],
    });
  });

  test.each<[string, World, string]>([
    ["not scheduled", { pods: [{ ...pod, nodeName: undefined, phase: "Pending" }] }, "pod-not-scheduled"],
    ["succeeded", { pods: [{ ...pod, phase: "Succeeded" }] }, "pod-finished"],
    ["failed", { pods: [{ ...pod, phase: "Failed" }] }, "pod-finished"],
    ["for Windows", { pods: [{ ...pod, os: "windows" }] }, "pod-windows"],
    ["on a Windows node", { node: fakeNode({ os: "windows" }) }, "pod-windows"],
    ["on a virtual node", { node: fakeNode({ virtual: true }) }, "node-virtual"],
    ["with a UID that is none", { pods: [{ ...pod, uid: "'; reboot" }] }, "bad-argument"],
    ["on a node without sh", { answers: [{ exitCode: 127 }] }, "node-no-shell"],
    [
      "on a node without a login",
      { answers: [{ exitCode: 1, stdout: "This account is currently not available.\n" }] },
      "node-no-shell",
    ],
    [
      "on a node that answers something else",
      { answers: ["Access denied by policy\n"] },
      "node-other-command",
    ],
    ["on a node where the script was killed", { answers: [{ exitCode: null }] }, "probe-output"],
    ["on a node whose answer ends early", { answers: [good.slice(0, -10)] }, "probe-output"],
  ])("a pod %s is refused with its reason", async (_name, world, reason) => {
    expect(await failure(world)).toMatchObject({ reason });
  });
});
