import { describe, expect, test } from "vitest";
import { readAllNodes, type ReadAllProgress } from "../../../extension/app/read-all-nodes.ts";
import type { Audit } from "../../../extension/core/audit/audit.ts";
import { SandboxError } from "../../../extension/core/errors.ts";
import type { ClusterNode, Pod } from "../../../extension/core/pod.ts";
import type { RunResult } from "../../../extension/nodes/transport.ts";
import { fakeContainer, fakeNode, fakePod } from "../../support/fake-pod.ts";
import { type FakeProcess, hostInodes, scanOutput } from "../../support/scan-output.ts";
import { FakeCluster, silent } from "./fake-cluster.ts";

const id = "b2".repeat(32);

function podOn(nodeName: string, changes: Partial<Pod> = {}): Pod {
  const uid = `0b6c2a91-4ad1-4e0f-9a5f-${nodeName.replaceAll(/[^0-9]/g, "").padStart(12, "0")}`;
  return fakePod({
    uid,
    name: `on-${nodeName}`,
    nodeName,
    containers: [fakeContainer({ name: "web", id })],
    ...changes,
  });
}

function answer(pod: Pod, inodes: FakeProcess["inodes"] = { net: "5001" }): string {
  const cgroup = `/kubepods/besteffort/pod${pod.uid}/${id}`;
  return scanOutput({ scope: "node", processes: [{ pid: 200, cgroup, inodes: { ...usual, ...inodes } }] });
}

const usual = { net: "5001", ipc: "5002", uts: "5003", pid: "5004", mnt: "5005" };

class World {
  readonly cluster = new FakeCluster("prod");
  readonly nodes: readonly ClusterNode[];
  readonly pods: readonly Pod[];
  readonly controller = new AbortController();
  readonly told: ReadAllProgress[] = [];
  running = 0;
  most = 0;
  closed = 0;
  /** What a node answers, the first time, the second... */
  answer: (node: string, time: number) => Promise<string> = async (node) => answer(podOn(node));
  readonly asked = new Map<string, number>();

  constructor(count: number, changes: Partial<ClusterNode> = {}) {
    this.nodes = Array.from({ length: count }, (_, at) => fakeNode({ name: `node-${at}`, ...changes }));
    this.pods = this.nodes.map(({ name }) => podOn(name));
    this.cluster.nodes = async () => this.nodes;
  }

  async read(atOnce = 3): Promise<Audit> {
    const reading = readAllNodes(
      {
        openCluster: async () => this.cluster,
        openNodes: async () => ({
          transport: ({ name }) => ({
            run: async (_, { signal }) => this.#run(name, signal),
            terminal: () => Promise.reject(new Error("not asked for")),
          }),
          close: async () => void this.closed++,
        }),
        settings: () => ({ timeoutMs: 1000, nodesAtOnce: atOnce }),
        now: () => new Date(0),
        log: silent,
      },
      "prod",
      { signal: this.controller.signal, onProgress: (how) => this.told.push(how) },
    );
    // The list comes in two pages.
    await Promise.resolve();
    const watch = this.cluster.watches.find(({ closed }) => !closed);
    watch?.page(...this.pods.slice(0, 1));
    watch?.pods(...this.pods);
    return reading;
  }

  async #run(node: string, signal: AbortSignal): Promise<RunResult> {
    this.running++;
    this.most = Math.max(this.most, this.running);
    const time = (this.asked.get(node) ?? 0) + 1;
    this.asked.set(node, time);
    try {
      await new Promise((resolve) => setTimeout(resolve, 1));
      signal.throwIfAborted();
      return { stdout: await this.answer(node, time), stderr: "", exitCode: 0 };
    } finally {
      this.running--;
    }
  }
}

function outcomes({ nodes }: Audit): readonly string[] {
  return nodes.map(({ outcome }) => outcome);
}

describe("readAllNodes", () => {
  test("reads each node once, no more at once than is wanted, and closes everything", async () => {
    const world = new World(10);
    const audit = await world.read(3);
    expect(audit).toMatchObject({ schemaVersion: 1, context: "prod", nodes: { length: 10 } });
    expect(audit.nodes[7]).toMatchObject({
      name: "node-7",
      outcome: "read",
      containers: [{ pod: "on-node-7", name: "web", differs: [], unknown: [] }],
    });
    expect([...world.asked.values()]).toEqual(Array.from({ length: 10 }, () => 1));
    expect(world.most).toBe(3);
    expect(world.told.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(world.closed).toBe(1);
    expect(world.cluster.watches.every(({ closed }) => closed)).toBe(true);
  });

  test("a node that cannot be read keeps no other from it, and says why", async () => {
    const world = new World(4);
    world.answer = async (node) => {
      if (node === "node-1") throw new SandboxError("ssh-timeout", "slow", { facts: { host: "192.0.2.1" } });
      if (node === "node-2") throw new Error("what nobody thought of");
      return answer(podOn(node));
    };
    const audit = await world.read();
    expect(outcomes(audit)).toEqual(["read", "failed", "failed", "read"]);
    expect(audit.nodes[1]).toMatchObject({ why: expect.stringContaining("192.0.2.1") as string });
    expect(world.told.at(-1)).toEqual({ done: 4, failed: 2, total: 4 });
  });

  test("cancelled, it gives what was read until then", async () => {
    const world = new World(9);
    world.answer = async (node) => {
      if (node === "node-4") world.controller.abort();
      return answer(podOn(node));
    };
    const audit = await world.read(1);
    expect(outcomes(audit).slice(0, 4)).toEqual(["read", "read", "read", "read"]);
    expect(outcomes(audit).slice(5)).toEqual(["cancelled", "cancelled", "cancelled", "cancelled"]);
    expect(world.closed).toBe(1);
  });

  test("cancelled before anything is known, it says that it was", async () => {
    const world = new World(1);
    world.controller.abort();
    await expect(world.read()).rejects.toMatchObject({ reason: "cancelled" });
    expect(world.asked.size).toBe(0);
  });

  test("nodes that nobody can read are not asked", async () => {
    const world = new World(1, { virtual: true });
    expect((await world.read()).nodes).toMatchObject([{ outcome: "unfit" }]);
    expect(world.asked.size).toBe(0);
  });

  test("who may not list nodes reads those that pods are on", async () => {
    const world = new World(3);
    world.cluster.nodes = async () => {
      throw new SandboxError("forbidden", "no");
    };
    expect((await world.read()).nodes.map(({ name }) => name)).toEqual(["node-0", "node-1", "node-2"]);
  });

  test("who may not list pods is told so", async () => {
    const refused = new World(1);
    refused.cluster.watchPods = (_, listener) => {
      listener.onStatus({ kind: "retrying", error: new SandboxError("forbidden", "no"), inMs: 1 });
      return { close: () => {} };
    };
    const asking = readAllNodes(
      {
        openCluster: async () => refused.cluster,
        openNodes: () => Promise.reject(new Error("not asked for")),
        settings: () => ({ timeoutMs: 1000, nodesAtOnce: 1 }),
        now: () => new Date(0),
        log: silent,
      },
      "prod",
      { signal: new AbortController().signal },
    );
    await expect(asking).rejects.toMatchObject({ reason: "forbidden" });
  });

  test("what is against a pod's spec is told when a second reading says the same", async () => {
    const host = hostInodes.net;
    const wrong = new World(1);
    wrong.answer = async (node) => answer(podOn(node), { net: host });
    const audit = await wrong.read();
    expect(audit.nodes).toMatchObject([
      { containers: [{ differs: ["net"], host: expect.arrayContaining(["net"]) as string[] }] },
    ]);
    expect(wrong.asked.get("node-0")).toBe(2);
    const passing = new World(1);
    passing.answer = async (node, time) => answer(podOn(node), time === 1 ? { net: host } : {});
    expect((await passing.read()).nodes).toMatchObject([
      { containers: [{ differs: [], host: expect.not.arrayContaining(["net"]) as string[] }] },
    ]);
  });

  test("a pod that ended, or came while its node was read, is not told of", async () => {
    const world = new World(2);
    const late = podOn("node-1", { uid: "7b6c2a91-4ad1-4e0f-9a5f-1c2d3e4f5a6b", name: "late" });
    world.answer = async (node) => {
      if (node === "node-1") world.cluster.watch().pods(...world.pods.slice(1), late);
      return answer(podOn(node));
    };
    const audit = await world.read(1);
    expect(audit.nodes[1]).toMatchObject({ containers: [{ pod: "on-node-1" }] });
    const finished = new World(1);
    const over = finished.pods.map((pod) => ({ ...pod, phase: "Succeeded" }));
    Object.assign(finished, { pods: over });
    expect((await finished.read()).nodes).toMatchObject([{ containers: [] }]);
  });
});
