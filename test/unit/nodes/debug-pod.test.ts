import { hostname } from "node:os";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cleanUpDebugPods } from "../../../extension/app/debug-pod-cleanup.ts";
import { SandboxError } from "../../../extension/core/errors.ts";
import type { ClusterNode } from "../../../extension/core/pod.ts";
import { debugPodDestination } from "../../../extension/nodes/debug-pod/destination.ts";
import { DebugPodLedger, type LedgerStore } from "../../../extension/nodes/debug-pod/ledger.ts";
import { lifetimeSeconds } from "../../../extension/nodes/debug-pod/manifest.ts";
import { newOwner } from "../../../extension/nodes/debug-pod/owner.ts";
import { DebugPodSession } from "../../../extension/nodes/debug-pod/session.ts";
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

const noLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

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
    execTerminal: async () => {
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
  const ledger = new DebugPodLedger(store, newOwner(), Date.now);
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
        ledger,
        left: (problem) => left.push(problem),
      },
    },
  );
  const failure = async (): Promise<unknown> => destination.open(opening()).catch((error: unknown) => error);
  return { pods, store, ledger, api, left, destination, failure };
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
    const { store, ledger, left, failure } = world({
      deletePod: async () => {
        tries += 1;
        throw new SandboxError("api-unreachable", "no line");
      },
    });
    const failed = failure();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await failed).toMatchObject({ reason: "debug-pod-failed" });
    expect(tries).toBe(5);
    expect(left).toMatchObject([{ reason: "debug-pod-left", facts: { detail: "no line", context: "ctx" } }]);
    expect(store.keys()).toHaveLength(1);
    expect(ledger.abandoned()).toHaveLength(1);
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

  test("in which no command ends is deleted", async () => {
    const never = new Promise<never>(() => {});
    const { pods, failure } = world({
      waitUntilRunning: async () => {},
      exec: async () => ({
        stdin: new PassThrough(),
        stdout: new PassThrough(),
        stderr: new PassThrough(),
        exit: never,
        gone: never,
        stop: () => {},
      }),
    });
    const failed = failure();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await failed).toMatchObject({
      reason: "debug-pod-failed",
      facts: { detail: "a first command in it did not end within 20 s" },
    });
    expect(pods).toEqual([]);
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

test("what a window could not delete is deleted when it is asked again, and what it uses is not", async () => {
  const { pods, ledger, api } = world();
  for (const name of ["used", "left"]) {
    await ledger.add({ context: "ctx", namespace: "default", name });
    pods.push({ namespace: "default", name, uid: name });
  }
  const cleanUp = async (): Promise<readonly SandboxError[]> =>
    cleanUpDebugPods({ ledger, log: noLog, openPodApi: async () => api });
  expect(await cleanUp()).toEqual([]);
  expect(pods).toHaveLength(2);
  ledger.leave({ context: "ctx", namespace: "default", name: "left" });
  expect(await cleanUp()).toEqual([]);
  expect(pods.map(({ name }) => name)).toEqual(["used"]);
  expect(ledger.abandoned()).toEqual([]);
});

describe("a command in a debug pod that ends without an exit status", () => {
  const session = (exit: Promise<undefined>): DebugPodSession => {
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    const { api } = world({ exec: async () => ({ ...streams, exit, gone: exit, stop: () => {} }) });
    const pod = { namespace: "default", name: "p", uid: "u" };
    return new DebugPodSession({ api, pod, view: "node", node: "n", remove: async () => undefined });
  };

  test("is the last one there: its container may be no more", async () => {
    const exit = Promise.resolve(undefined);
    const opened = session(exit);
    await opened.start(["true"], new AbortController().signal);
    await exit;
    expect(opened.ending.aborted).toBe(true);
    opened.close();
  });

  test("is nothing special where it was given up", async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const opened = session(promise);
    const stop = new AbortController();
    await opened.start(["true"], stop.signal);
    stop.abort();
    resolve(undefined);
    await promise;
    expect(opened.ending.aborted).toBe(false);
    opened.close();
  });

  test.each(["start", "terminal"] as const)("nor where it was stopped (%s)", async (kind) => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    const ran: string[] = [];
    const letGo = (): void => {
      ran.push("line let go");
      resolve(undefined);
    };
    const begin = (exit: Promise<undefined>, stop: () => void) => ({ ...streams, exit, gone: exit, stop });
    const { api } = world({
      exec: async (_pod, argv) => {
        ran.push(argv.join(" "));
        // What looks for the rest of a terminal ends at once.
        return kind === "start" ? begin(promise, letGo) : begin(Promise.resolve(undefined), () => {});
      },
      execTerminal: async () => ({ ...begin(promise, letGo), resize: () => {} }),
    });
    const pod = { namespace: "default", name: "p", uid: "u" };
    const remove = async (): Promise<undefined> => void ran.push("deleted");
    const opened = new DebugPodSession({ api, pod, view: "image", node: "n", remove });
    const { signal } = new AbortController();
    const command = await (kind === "start"
      ? opened.start(["sleep"], signal)
      : opened.terminal(["sh"], { columns: 80, rows: 24 }, signal));
    command.stop();
    await command.gone;
    await promise;
    expect(opened.ending.aborted).toBe(false);
    // A terminal's shell is still there to ask how its children ended.
    const first = kind === "start" ? "sleep" : expect.stringContaining("POD_SANDBOX_COMMAND=");
    expect(ran).toEqual([first, "line let go"]);
    opened.close();
    expect(ran).toHaveLength(3);
  });

  test("ends its terminals before it is deleted", async () => {
    const { promise: exit, resolve } = Promise.withResolvers<undefined>();
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    const ran: string[] = [];
    const letGo = (): void => {
      ran.push("line let go");
      resolve(undefined);
    };
    const over = Promise.resolve(undefined);
    const { api } = world({
      exec: async () => {
        ran.push("ended");
        return { ...streams, exit: over, gone: over, stop: () => {} };
      },
      execTerminal: async () => ({ ...streams, exit, gone: exit, stop: letGo, resize: () => {} }),
    });
    const pod = { namespace: "default", name: "p", uid: "u" };
    const remove = async (): Promise<undefined> => void ran.push("deleted");
    const opened = new DebugPodSession({ api, pod, view: "image", node: "n", remove });
    const terminal = await opened.terminal(["sh"], { columns: 80, rows: 24 }, new AbortController().signal);
    opened.close();
    await opened.closed;
    terminal.stop();
    expect(ran).toEqual(["ended", "line let go", "deleted"]);
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
    { whose: "another system of this name, as WSL", owner: { machine: hostname(), pid: 2 ** 30 }, count: 0 },
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
