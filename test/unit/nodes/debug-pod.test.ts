import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SandboxError } from "../../../extension/core/errors.ts";
import type { ClusterNode } from "../../../extension/core/pod.ts";
import { debugPodDestination } from "../../../extension/nodes/debug-pod/destination.ts";
import { DebugPodLedger, type LedgerStore } from "../../../extension/nodes/debug-pod/ledger.ts";
import { lifetimeSeconds } from "../../../extension/nodes/debug-pod/manifest.ts";
import { newOwner } from "../../../extension/nodes/debug-pod/owner.ts";
import type { DebugPodRef, PodApi } from "../../../extension/nodes/pod-api.ts";
import { opening } from "../../support/sessions.ts";

const node: ClusterNode = {
  name: "node-a",
  addresses: [],
  runtimeVersion: "",
  kubeletVersion: "",
  kernelVersion: "",
  os: "linux",
  osImage: "",
  bootId: "",
  providerId: "",
  virtual: false,
  ready: true,
};

class MapStore implements LedgerStore {
  readonly values = new Map<string, unknown>();
  keys = (): readonly string[] => [...this.values.keys()];
  get = (key: string): unknown => this.values.get(key);
  async update(key: string, value: unknown): Promise<void> {
    if (value === undefined) this.values.delete(key);
    else this.values.set(key, value);
  }
}

/** A cluster in memory whose every pod fails to start, as far as the test does not say otherwise. */
function world(by: Partial<PodApi> = {}) {
  const pods: DebugPodRef[] = [];
  const store = new MapStore();
  const left: SandboxError[] = [];
  const api: PodApi = {
    missingRights: async () => [],
    createPod: async (namespace, manifest) => {
      expect(store.values.size).toBe(1);
      const { metadata } = manifest as { metadata: { name: string } };
      const pod = { namespace, name: metadata.name, uid: "uid" };
      pods.push(pod);
      return pod;
    },
    waitUntilRunning: async () => {
      throw new SandboxError("debug-pod-failed", "no", { facts: { detail: "no" } });
    },
    exec: async () => {
      throw new Error("nothing runs");
    },
    deletePod: async (pod) => {
      pods.splice(
        pods.findIndex(({ name }) => name === pod.name),
        1,
      );
    },
    listPods: async () => [...pods],
    ...by,
  };
  const noLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const destination = debugPodDestination(
    node,
    "ctx",
    { kind: "debugPod", namespace: undefined, image: undefined },
    {
      settings: { namespace: "default", image: "busybox" },
      log: noLog,
      openPodApi: async () => api,
      ports: {
        agree: async () => true,
        ledger: new DebugPodLedger(store, newOwner(), Date.now),
        left: (problem) => left.push(problem),
      },
    },
  );
  const failure = async (): Promise<unknown> => destination.open(opening()).catch((error: unknown) => error);
  return { pods, store, left, destination, failure };
}

describe("a debug pod", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  test("that fails is deleted and no longer written down", async () => {
    const { pods, store, failure } = world();
    expect(await failure()).toMatchObject({ reason: "debug-pod-failed", facts: { node: "node-a" } });
    expect([pods, store.keys()]).toEqual([[], []]);
  });

  test("that cannot be deleted is tried again, stays written down, and is told", async () => {
    let tries = 0;
    const { store, left, failure } = world({
      deletePod: async () => {
        tries += 1;
        throw new SandboxError("api-unreachable", "no line");
      },
    });
    const failed = failure();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await failed).toMatchObject({ reason: "debug-pod-failed" });
    expect(tries).toBe(3);
    expect(left).toMatchObject([{ reason: "debug-pod-left", facts: { detail: "no line" } }]);
    expect(store.keys()).toHaveLength(1);
  });

  test("whose creation was not answered is looked for and deleted", async () => {
    const found: DebugPodRef[] = [];
    const removed: string[] = [];
    const { store, failure } = world({
      createPod: async (namespace, manifest) => {
        const { metadata } = manifest as { metadata: { name: string } };
        found.push(
          { namespace, name: metadata.name, uid: "u" },
          { namespace, name: "of-another-node", uid: "v" },
        );
        throw new SandboxError("api-timeout", "late");
      },
      listPods: async () => found,
      deletePod: async ({ uid }) => void removed.push(uid),
    });
    expect(await failure()).toMatchObject({ reason: "api-timeout" });
    expect(removed).toEqual(["u"]);
    expect(store.keys()).toEqual([]);
  });

  test("that may not be made is not looked for", async () => {
    const { store, failure } = world({
      createPod: async () => {
        throw new SandboxError("debug-pod-refused", "no");
      },
      listPods: () => expect.fail("asked for pods"),
    });
    expect(await failure()).toMatchObject({ reason: "debug-pod-refused" });
    expect(store.keys()).toEqual([]);
  });
});

describe("the ledger", () => {
  const place = { context: "c", namespace: "n", name: "p" };
  const abandonedOf = (owner: Partial<ReturnType<typeof newOwner>>, madeAt: unknown = Date.now()): number => {
    const store = new MapStore();
    store.values.set("debugPod/p", { ...place, owner: { ...newOwner(), ...owner }, madeAt });
    return new DebugPodLedger(store, newOwner(), Date.now).abandoned().length;
  };
  const longAgo = Date.now() - 3 * lifetimeSeconds * 1000;

  test.each([
    { whose: "a living process", owner: {}, count: 0 },
    { whose: "a process that is gone", owner: { pid: 2 ** 30 }, count: 1 },
    { whose: "a later process of the same PID", owner: { start: "1" }, count: 1 },
    { whose: "another machine", owner: { machine: "elsewhere" }, count: 0 },
    { whose: "another machine, long ago", owner: { machine: "elsewhere" }, madeAt: longAgo, count: 1 },
    { whose: "nobody, as it is not understood", owner: { pid: -1 }, count: 0 },
    { whose: "no known time", owner: { pid: 2 ** 30 }, madeAt: "now", count: 0 },
  ])("of $whose has $count to clean up", ({ owner, madeAt, count }) => {
    expect(abandonedOf(owner, madeAt)).toBe(count);
  });

  test("forgets what is dropped, and leaves what is not its own", async () => {
    const store = new MapStore();
    store.values.set("other", { pid: 1 });
    const ledger = new DebugPodLedger(store, newOwner(), Date.now);
    await ledger.add(place);
    expect(ledger.abandoned()).toEqual([]);
    await ledger.drop(place);
    expect(store.keys()).toEqual(["other"]);
  });
});
