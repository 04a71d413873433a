import type { ClusterAccess } from "../../../extension/app/clusters.ts";
import { Clusters } from "../../../extension/app/clusters.ts";
import { PodStore, type StoreChange } from "../../../extension/app/store.ts";
import type {
  ClusterSource,
  ContextList,
  PodListener,
  WatchStatus,
} from "../../../extension/cluster/source.ts";
import { SandboxError, type ErrorReason } from "../../../extension/core/errors.ts";
import type { Log } from "../../../extension/core/log.ts";
import type { ClusterNode, Pod } from "../../../extension/core/pod.ts";

export const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** One watch that the code under test has opened. */
export class FakeWatch {
  readonly namespace: string | undefined;
  readonly #listener: PodListener;
  #uids = new Set<string>();
  closed = false;

  constructor(namespace: string | undefined, listener: PodListener) {
    this.namespace = namespace;
    this.#listener = listener;
  }

  /** All that there are. */
  pods(...pods: readonly Pod[]): void {
    const now = new Set(pods.map(({ uid }) => uid));
    const gone = [...this.#uids].filter((uid) => !now.has(uid));
    this.#uids = now;
    this.#listener.onPods({ put: pods, gone, complete: true });
    this.#listener.onStatus({ kind: "live" });
  }

  /** Some of the list that is still on its way. */
  page(...pods: readonly Pod[]): void {
    for (const { uid } of pods) this.#uids.add(uid);
    this.#listener.onPods({ put: pods, gone: [], complete: false });
  }

  status(status: WatchStatus): void {
    this.#listener.onStatus(status);
  }

  fail(reason: ErrorReason): void {
    this.status({ kind: "retrying", error: new SandboxError(reason, reason), inMs: 1000 });
  }
}

/** A cluster that answers what the test says, when the test says so. */
export class FakeCluster implements ClusterSource {
  readonly context: string;
  readonly watches: FakeWatch[] = [];
  namespaces: () => Promise<readonly string[]> = async () => ["default", "kube-system"];

  constructor(context: string) {
    this.context = context;
  }

  async listNamespaces(): Promise<readonly string[]> {
    return this.namespaces();
  }

  watchPods(namespace: string | undefined, listener: PodListener): { close(): void } {
    const watch = new FakeWatch(namespace, listener);
    this.watches.push(watch);
    listener.onStatus({ kind: "loading" });
    return {
      close: () => {
        watch.closed = true;
      },
    };
  }

  /** The watch that is open now. */
  watch(namespace?: string): FakeWatch {
    const watch = this.watches.find((open) => !open.closed && open.namespace === namespace);
    if (watch === undefined) throw new Error(`no open watch of ${namespace ?? "all pods"}`);
    return watch;
  }

  nodes: () => Promise<readonly ClusterNode[]> = async () => [];

  async listNodes(): Promise<readonly ClusterNode[]> {
    return this.nodes();
  }

  listPodsOnNode(): Promise<readonly Pod[]> {
    throw new Error("not asked for");
  }

  getPod(): Promise<Pod> {
    throw new Error("not asked for");
  }

  getNode(): Promise<ClusterNode> {
    throw new Error("not asked for");
  }

  async runtimeHandler(): Promise<undefined> {
    return undefined;
  }
}

/** A store over clusters of these contexts, and what it tells. */
export function fakeStore(options: { contexts?: ContextList; remembered?: string } = {}): {
  store: PodStore;
  clusters: ReadonlyMap<string, FakeCluster>;
  changes: StoreChange[];
  access: ClusterAccess;
  memory: string[];
} {
  const list = options.contexts ?? {
    contexts: [
      { name: "one", namespace: undefined },
      { name: "two", namespace: "team" },
    ],
    current: "one",
  };
  const clusters = new Map(list.contexts.map(({ name }) => [name, new FakeCluster(name)]));
  const access: ClusterAccess = {
    loadContexts: async () => list,
    openCluster: async (name) => {
      const cluster = clusters.get(name);
      if (cluster === undefined) throw new SandboxError("context-missing", name);
      return cluster;
    },
  };
  const memory: string[] = options.remembered === undefined ? [] : [options.remembered];
  const store = new PodStore({
    clusters: new Clusters(access),
    memory: { read: () => memory.at(-1), write: (name) => void memory.push(name) },
    log: silent,
  });
  const changes: StoreChange[] = [];
  store.onChange((change) => changes.push(change));
  return { store, clusters, changes, access, memory };
}

export function clusterOf(clusters: ReadonlyMap<string, FakeCluster>, name: string): FakeCluster {
  const cluster = clusters.get(name);
  if (cluster === undefined) throw new Error(`no cluster ${name}`);
  return cluster;
}
