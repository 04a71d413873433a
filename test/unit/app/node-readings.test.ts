import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { NodePlace } from "../../../extension/app/node-place.ts";
import { NodeReadings } from "../../../extension/app/node-readings.ts";
import type { ClusterSource } from "../../../extension/cluster/source.ts";
import { SandboxError } from "../../../extension/core/errors.ts";
import type { ClusterNode, Pod } from "../../../extension/core/pod.ts";
import type { SshHost } from "../../../extension/nodes/ssh/ssh-host.ts";
import { fakeContainer, fakeNode, fakePod } from "../../support/fake-pod.ts";
import { inTurn } from "../../support/in-turn.ts";
import { type FakeProcess, hostInodes, scanOutput } from "../../support/scan-output.ts";

const id = "b2".repeat(32);
const pod = fakePod({ containers: [fakeContainer({ name: "web", id })] });
const inPod: FakeProcess = {
  pid: 200,
  cgroup: `/kubepods/besteffort/pod${pod.uid}/${id}`,
  inodes: { net: "5001" },
};
const web: FakeProcess = {
  pid: 100,
  start: 100,
  cgroup: `/docker/${id}`,
  inodes: { net: "6001", pid: "6004", mnt: "6005" },
};
const onNode: NodePlace = { context: "test", node: "node-a" };
const key = `container:${id}`;
const bundle = (net: string): string =>
  `/run/x/${id}/config.json:"namespaces":[{"type":"mount"},{"type":"pid"},{"type":"network"${net}}]`;

const output = (...processes: readonly FakeProcess[]): string => scanOutput({ scope: "node", processes });

interface World {
  /** One for each reading; the last stays. */
  readonly answers?: readonly string[];
  /** One for each time that the node's pods are asked for; the last stays. */
  readonly pods?: readonly (readonly Pod[] | SandboxError)[];
  readonly node?: ClusterNode | SandboxError;
}

function world({ answers = [output()], pods = [[]], node = fakeNode() }: World): {
  readings: NodeReadings;
  asked: (ClusterNode | SshHost)[];
} {
  const asked: (ClusterNode | SshHost)[] = [];
  const [nextAnswer, nextPods, nextNode] = [inTurn(answers), inTurn(pods), inTurn([node])];
  const cluster: ClusterSource = {
    context: "test",
    listNamespaces: () => Promise.resolve([]),
    listNodes: () => Promise.resolve([]),
    listPodsOnNode: async () => nextPods(),
    getPod: () => Promise.reject(new Error("not asked for")),
    getNode: async () => nextNode(),
    watchPods: () => ({ close: () => {} }),
    runtimeHandler: () => Promise.resolve(undefined),
  };
  const readings = new NodeReadings({
    openCluster: async () => cluster,
    transport: (to) => ({
      run: async () => {
        asked.push(to);
        return { stdout: nextAnswer(), stderr: "", exitCode: 0 };
      },
    }),
    settings: () => ({ timeoutMs: 1000 }),
    now: () => new Date(0),
  });
  return { readings, asked };
}

/** Passes over the pauses between readings. */
async function atOnce<T>(begin: (request: { signal: AbortSignal }) => Promise<T>): Promise<T> {
  const promise = begin({ signal: new AbortController().signal });
  await Promise.all([vi.runAllTimersAsync(), promise.catch(() => undefined)]);
  return promise;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a whole node", () => {
  test("with nothing left behind is read once", async () => {
    const { readings, asked } = world({ answers: [output(inPod, web)], pods: [[pod]] });
    const view = await atOnce((request) => readings.readNode(onNode, request));
    expect(view).toMatchObject({
      node: { name: "node-a", runtime: "containerd://1.6.20" },
      pods: [{ uid: pod.uid }],
      others: [{ key }],
      leaks: [],
      leaksUnknown: null,
    });
    expect(asked).toHaveLength(1);
  });

  test("what looks left behind is told when a second reading says the same", async () => {
    const { readings, asked } = world({ answers: [output(inPod), output(inPod, web)] });
    const view = await atOnce((request) => readings.readNode(onNode, request));
    expect(view.leaks).toMatchObject([{ code: "unclaimed-sandbox", title: pod.uid }]);
    expect(view.others).toHaveLength(1);
    expect(asked).toHaveLength(2);
  });

  test("what only one of two readings shows is not told", async () => {
    const fleeting = world({ answers: [output(inPod), output()] });
    expect((await atOnce((request) => fleeting.readings.readNode(onNode, request))).leaks).toEqual([]);
    const started = world({ pods: [[pod]], answers: [output(), output(inPod)] });
    expect((await atOnce((request) => started.readings.readNode(onNode, request))).leaks).toEqual([]);
  });

  test("is read without its pods where these may not be listed", async () => {
    const refused = new SandboxError("forbidden", "403", { facts: { verb: "list", resource: "pods" } });
    for (const pods of [[refused], [[], refused]]) {
      const { readings } = world({ answers: [output(inPod)], pods });
      const view = await atOnce((request) => readings.readNode(onNode, request));
      expect(view).toMatchObject({ pods: [{ uid: pod.uid }], leaks: [] });
      expect(view.leaksUnknown).toContain("You are not allowed to list pods.");
    }
  });

  test("of a host is read as the user wrote it, without any cluster", async () => {
    const { readings, asked } = world({ answers: [output(web)] });
    const view = await atOnce((request) =>
      readings.readNode({ context: null, node: "root@machine:2222" }, request),
    );
    expect(asked).toMatchObject([{ user: "root", host: "machine", port: 2222 }]);
    expect(view).toMatchObject({ node: { name: "root@machine:2222", runtime: "" }, others: [{ key }] });
    expect(view.leaksUnknown).toContain("not known");
  });

  test("is reached by its name where nodes may not be read", async () => {
    const { readings, asked } = world({ node: new SandboxError("forbidden", "403") });
    await atOnce((request) => readings.readNode(onNode, request));
    expect(asked).toMatchObject([{ name: "node-a", addresses: [{ type: "Hostname", address: "node-a" }] }]);
  });

  test.each<[string, World, NodePlace, string]>([
    ["that is virtual", { node: fakeNode({ virtual: true }) }, onNode, "node-virtual"],
    ["of Windows", { node: fakeNode({ os: "windows" }) }, onNode, "node-windows"],
    ["that is gone", { node: new SandboxError("node-gone", "404") }, onNode, "node-gone"],
    ["that answers something else", { answers: ["no"] }, onNode, "node-other-command"],
    ["that is no host", {}, { context: null, node: "-oProxyCommand=x" }, "bad-argument"],
  ])("%s is refused with its reason", async (_name, given, place, reason) => {
    const { readings } = world(given);
    await expect(atOnce((request) => readings.readNode(place, request))).rejects.toMatchObject({ reason });
  });

  test("is not read a second time once it is cancelled", async () => {
    const { readings, asked } = world({ answers: [output(inPod)] });
    const cancelling = new AbortController();
    const reading = readings.readNode(onNode, {
      signal: cancelling.signal,
      onProgress: (message) => {
        if (message.includes("once more")) cancelling.abort();
      },
    });
    await Promise.all([
      vi.runAllTimersAsync(),
      expect(reading).rejects.toMatchObject({ reason: "cancelled" }),
    ]);
    expect(asked).toHaveLength(1);
  });
});

describe("a sandbox that is no pod", () => {
  test("is inspected by its key, and the next time with what has changed", async () => {
    const later: FakeProcess = { ...web, pid: 150, start: 900 };
    const { readings } = world({ answers: [output(web), output(later)] });
    const first = await atOnce((request) => readings.inspectOther(onNode, key, request));
    expect(first).toMatchObject({ other: { key, kind: "container" }, since: null });
    const second = await atOnce((request) => readings.inspectOther(onNode, key, request));
    expect(second.since).toMatchObject({ comparable: "yes" });
    expect(second.since?.changes.length).toBeGreaterThan(0);
    const elsewhere = await atOnce((request) =>
      readings.inspectOther({ context: null, node: "machine" }, key, request),
    );
    expect(elsewhere.since).toBeNull();
  });

  test("a difference is only reported when a second reading says the same", async () => {
    const joined = (inode: string): string =>
      scanOutput({
        scope: "node",
        processes: [{ ...web, inodes: { ...web.inodes, net: inode } }],
        bundles: [bundle("")],
      });
    const passing = world({ answers: [joined(hostInodes.net), joined("6001")] });
    const calm = await atOnce((request) => passing.readings.inspectOther(onNode, key, request));
    expect(calm.findings).toEqual([]);
    const staying = world({ answers: [joined(hostInodes.net)] });
    const odd = await atOnce((request) => staying.readings.inspectOther(onNode, key, request));
    expect(odd.findings).toMatchObject([{ code: "sharing-differs", namespaceType: "net" }]);
    expect(staying.asked).toHaveLength(2);
  });

  test("that is becoming another program just then is not gone", async () => {
    const moving = { ...web, inodesAfter: { net: "6100" } };
    const { readings, asked } = world({ answers: [output(moving), output(web)] });
    const report = await atOnce((request) => readings.inspectOther(onNode, key, request));
    expect(report.containers).toMatchObject([{ pid: 100 }]);
    expect(asked).toHaveLength(2);
  });

  test("that is no more is gone", async () => {
    const { readings } = world({ answers: [output()] });
    await expect(atOnce((request) => readings.inspectOther(onNode, key, request))).rejects.toMatchObject({
      reason: "sandbox-gone",
    });
  });
});
