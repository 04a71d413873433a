import type { ClusterSource, ContextList, WatchStatus } from "../cluster/source.ts";
import { asSandboxError, SandboxError, type ErrorReason } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Pod, PodRef } from "../core/pod.ts";
import type { SandboxReport } from "../core/report.ts";
import type { Clusters } from "./clusters.ts";
import { type Closable, Emitter } from "./emitter.ts";
import { isRefusal, type PodDiff, type PodGroup, PodScope, type ScopeListener } from "./pod-scope.ts";
import { Recent } from "./recent.ts";

/** How far the store is with the context it was given. */
export type StorePhase =
  | { readonly kind: "idle" }
  | { readonly kind: "loading" }
  | {
      readonly kind: "failed";
      readonly error: SandboxError;
      /** Milliseconds until it tries again by itself; undefined when only a person can help. */
      readonly retryInMs: number | undefined;
    }
  | {
      readonly kind: "ready";
      /** Names of the Kubernetes namespaces, sorted. */
      readonly namespaces: readonly string[];
      /** True when they may not be listed, and `namespaces` holds only the context's default one. */
      readonly listForbidden: boolean;
    };

/** What has changed. `namespace` undefined stands for the watch of all pods. */
export type StoreChange =
  /** The context, its phase, or which watches there are: look at everything again. */
  | { readonly kind: "everything" }
  | { readonly kind: "status"; readonly namespace: string | undefined }
  | { readonly kind: "pods"; readonly namespace: string | undefined; readonly diff: PodDiff }
  | { readonly kind: "report"; readonly context: string; readonly namespace: string; readonly uid: string };

/** Where the last chosen context outlives the window. */
export interface ContextMemory {
  read(): string | undefined;
  write(context: string): void;
}

const reportLimit = 200;
const firstRetryMs = 2_000;
const longestRetryMs = 30_000;
/** Kubernetes namespaces come and go rarely: to look now and then is enough, and needs no right to watch them. */
const namespacesEveryMs = 15_000;
/** Reasons that may pass by themselves. */
const passing: readonly ErrorReason[] = ["api-unreachable", "api-timeout", "api-error"];
/** A key that no Kubernetes namespace can have. */
const allKey = "";

/**
 * The pods of one kubeconfig context, as live as the API server lets them be, and the reports of those inspected.
 * Watches are opened when asked for and closed with the context; what a closed watch still says is not heard.
 */
export class PodStore implements Closable {
  readonly #clusters: Clusters;
  readonly #memory: ContextMemory;
  readonly #log: Log;
  readonly #changes: Emitter<StoreChange>;
  /** Keyed by UID: a new pod of the same name has none. */
  readonly #reports = new Recent<SandboxReport>(reportLimit);
  readonly #scopes = new Map<string, PodScope>();
  /** Keys of the watches that lost the server and are not back yet. */
  readonly #away = new Set<string>();
  #context: string | undefined;
  #defaultNamespace = "default";
  #cluster: ClusterSource | undefined;
  #phase: StorePhase = { kind: "idle" };
  /** Ends with each change of context; every continuation checks it. */
  #life = new AbortController();
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** What began last; ends once it is known how far that got. */
  #begun: Promise<void> = Promise.resolve();

  constructor(ports: { clusters: Clusters; memory: ContextMemory; log: Log }) {
    this.#clusters = ports.clusters;
    this.#memory = ports.memory;
    this.#log = ports.log;
    this.#changes = new Emitter((thrown) => {
      ports.log.error(`a listener of the pod store failed: ${asSandboxError(thrown).message}`);
    });
  }

  onChange(listener: (change: StoreChange) => void): Closable {
    return this.#changes.subscribe(listener);
  }

  /** undefined until one is known. */
  get context(): string | undefined {
    return this.#context;
  }

  /** The context that is shown or, where none is yet, would be. Throws SandboxError, as there may be none. */
  async usualContext(): Promise<string> {
    return this.#context ?? (await this.#choose(undefined, false)).name;
  }

  get phase(): StorePhase {
    return this.#phase;
  }

  /** The Kubernetes namespace that the kubeconfig names for this context, or "default". */
  get defaultNamespace(): string {
    return this.#defaultNamespace;
  }

  /** Opens the remembered context, else the kubeconfig's current one. Once begun it only waits for that to end. */
  async start(): Promise<void> {
    if (this.#phase.kind === "idle") this.#begun = this.#begin(undefined, { strict: false });
    await this.#begun;
  }

  /** Leaves the present context for another one, and remembers it. */
  async useContext(context: string): Promise<void> {
    this.#memory.write(context);
    this.#begun = this.#begin(context, { strict: true });
    await this.#begun;
  }

  /** Reads everything again: kubeconfig, Kubernetes namespaces and pods. */
  async refresh(): Promise<void> {
    this.#clusters.reset();
    this.#begun = this.#begin(this.#context, { strict: false });
    await this.#begun;
  }

  /** Begins to watch the pods of one Kubernetes namespace, unless they are watched already. */
  openNamespace(namespace: string): void {
    const all = this.#scopes.get(allKey);
    if (all === undefined || isRefused(all)) this.#openScope(namespace);
  }

  /** Begins to watch all pods of the cluster in one list; the watches of single Kubernetes namespaces make room for it. */
  openAll(): void {
    this.#openScope(undefined);
  }

  /** Back to one watch for each Kubernetes namespace that is looked at. */
  closeAll(): void {
    const all = this.#scopes.get(allKey);
    if (all === undefined) return;
    all.close();
    this.#scopes.delete(allKey);
    this.#changes.emit({ kind: "everything" });
  }

  /** All pods of the cluster; undefined while they are not watched. */
  all(): PodScope | undefined {
    return this.#scopes.get(allKey);
  }

  /** The pods of one Kubernetes namespace; undefined while they are not watched. */
  group(namespace: string): PodGroup | undefined {
    const own = this.#scopes.get(namespace);
    if (own !== undefined) return own;
    const all = this.#scopes.get(allKey);
    if (all === undefined || isRefused(all)) return undefined;
    return { pods: all.index.in("namespace", namespace), status: all.status, loaded: all.loaded };
  }

  /**
   * The pods of one Kubernetes namespace (undefined = the default one), watched from now on. Waits for them, but no longer
   * than twice `patienceMs`. undefined where nobody has asked for pods yet, or there is no such Kubernetes namespace.
   */
  async watched(wanted: string | undefined, patienceMs: number): Promise<PodGroup | undefined> {
    await this.#until(() => this.#phase.kind !== "loading", patienceMs);
    const namespace = wanted ?? this.#defaultNamespace;
    if (this.#phase.kind !== "ready") return undefined;
    if (this.#phase.namespaces.includes(namespace)) this.openNamespace(namespace);
    await this.#until(() => {
      const group = this.group(namespace);
      return group === undefined || group.loaded || group.status.kind === "retrying";
    }, patienceMs);
    return this.group(namespace);
  }

  pod(namespace: string, uid: string): Pod | undefined {
    return (this.#scopes.get(namespace) ?? this.#scopes.get(allKey))?.index.get(uid);
  }

  report(uid: string): SandboxReport | undefined {
    const report = this.#reports.get(uid);
    return report?.pod.context === this.#context ? report : undefined;
  }

  /** The last reports of pods of this context that are watched and still there, the oldest first. */
  inspected(): readonly SandboxReport[] {
    return [...this.#reports]
      .map(([, report]) => report)
      .filter(({ pod }) => pod.context === this.#context && this.pod(pod.namespace, pod.uid) !== undefined);
  }

  /** The last report of the pod that has this name now, or undefined where that pod is not watched or not inspected. */
  reportOf(ref: Omit<PodRef, "context">): SandboxReport | undefined {
    const pod = this.group(ref.namespace)?.pods.find(({ name }) => name === ref.name);
    return pod === undefined ? undefined : this.report(pod.uid);
  }

  /** Keeps a report, and watches its pod where that is of the context shown: it is told of only while the pod is there. */
  addReport(report: SandboxReport): void {
    this.#reports.put(report.pod.uid, report);
    const { context, namespace, uid } = report.pod;
    this.#changes.emit({ kind: "report", context, namespace, uid });
    void this.#follow(context, namespace);
  }

  close(): void {
    this.#life.abort();
    clearTimeout(this.#retry);
    this.#closeScopes();
    this.#changes.close();
    this.#reports.clear();
  }

  /** Opens `wanted`, else the remembered context; where that is gone and `strict` is false, the kubeconfig's current one. */
  async #begin(wanted: string | undefined, { strict }: { strict: boolean }): Promise<void> {
    // What is on the screen stays there while the same context is read again.
    const again = this.#phase.kind === "ready" && wanted !== undefined && wanted === this.#context;
    this.#life.abort();
    clearTimeout(this.#retry);
    const life = new AbortController();
    this.#life = life;
    if (!again) {
      this.#closeScopes();
      this.#cluster = undefined;
      this.#context = undefined;
      this.#setPhase({ kind: "loading" });
    }
    try {
      const chosen = await this.#choose(wanted, strict);
      if (life.signal.aborted) return;
      const cluster = await this.#clusters.open(chosen.name);
      if (life.signal.aborted) return;
      // Pods of another context are not what comes before the pods of this one.
      if (chosen.name !== this.#context) this.#closeScopes();
      this.#cluster = cluster;
      this.#context = chosen.name;
      this.#defaultNamespace = chosen.namespace ?? "default";
    } catch (thrown) {
      if (!life.signal.aborted) this.#fail(asSandboxError(thrown), undefined);
      return;
    }
    for (const [key, scope] of [...this.#scopes]) {
      scope.close();
      this.#scopes.delete(key);
      this.#openScope(key === allKey ? undefined : key, scope);
    }
    await this.#listNamespaces(life.signal, firstRetryMs);
  }

  async #choose(wanted: string | undefined, strict: boolean): Promise<ContextList["contexts"][number]> {
    const name = wanted ?? this.#memory.read() ?? "";
    const { contexts, current } = await this.#clusters.contexts();
    const found = contexts.find((context) => context.name === name);
    if (found !== undefined) return found;
    // A remembered context that was removed since is no reason to show nothing.
    const fallback = strict ? undefined : contexts.find((context) => context.name === current);
    if (fallback !== undefined) {
      if (name !== "")
        this.#log.warn(`the kubeconfig has no context "${name}" any more; "${fallback.name}" is opened`);
      return fallback;
    }
    throw new SandboxError("context-missing", `no context "${name}" in the kubeconfig`, {
      facts: { context: name },
    });
  }

  /** Lists the Kubernetes namespaces; tries again by itself where that may help. */
  async #listNamespaces(life: AbortSignal, retryMs: number): Promise<void> {
    const cluster = this.#cluster;
    if (cluster === undefined) return;
    const begun = performance.now();
    try {
      const namespaces = await cluster.listNamespaces(life);
      if (life.aborted) return;
      const took = Math.round(performance.now() - begun);
      this.#log.info(`context ${cluster.context}: ${namespaces.length} Kubernetes namespaces in ${took} ms`);
      this.#setNamespaces(namespaces);
      this.#lookAgainLater(cluster, life);
    } catch (thrown) {
      if (life.aborted) return;
      const error = asSandboxError(thrown);
      if (error.reason === "forbidden") {
        this.#log.warn(
          `context ${cluster.context}: Kubernetes namespaces may not be listed: ${error.message}`,
        );
        this.#setPhase({ kind: "ready", namespaces: [this.#defaultNamespace], listForbidden: true });
        return;
      }
      const retryInMs = passing.includes(error.reason) ? retryMs : undefined;
      this.#fail(error, retryInMs);
      if (retryInMs === undefined) return;
      this.#retry = setTimeout(() => {
        void this.#listNamespaces(life, Math.min(retryMs * 2, longestRetryMs));
      }, retryInMs);
    }
  }

  async #follow(context: string, namespace: string): Promise<void> {
    try {
      if ((await this.usualContext()) !== context) return;
    } catch (thrown) {
      this.#log.debug(`context ${context}: not watched: ${asSandboxError(thrown).message}`);
      return;
    }
    await this.start();
    if (this.#phase.kind === "ready" && this.#context === context) this.openNamespace(namespace);
  }

  /** Ends when it holds after a change, or when the time is over. */
  async #until(holds: () => boolean, ms: number): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        listening.close();
        resolve();
      };
      const timer = setTimeout(end, ms);
      const listening = this.#changes.subscribe(() => {
        if (holds()) end();
      });
    });
  }

  #openScope(namespace: string | undefined, before?: PodScope): void {
    const key = namespace ?? allKey;
    const cluster = this.#cluster;
    if (cluster === undefined || this.#scopes.has(key)) return;
    const listener: ScopeListener = {
      onDiff: (diff) => {
        if (namespace === undefined && scope.loaded) this.#closeNamespaces();
        this.#changes.emit({ kind: "pods", namespace, diff });
      },
      onStatus: (status) => this.#onStatus(cluster, namespace, status),
    };
    const scope: PodScope = new PodScope(listener, before);
    this.#scopes.set(key, scope);
    scope.open(cluster, namespace);
  }

  #onStatus(cluster: ClusterSource, namespace: string | undefined, { kind }: WatchStatus): void {
    this.#changes.emit({ kind: "status", namespace });
    const key = namespace ?? allKey;
    if (kind === "retrying") this.#away.add(key);
    else if (kind === "live" && this.#away.delete(key))
      void this.#lookForNamespaces(cluster, this.#life.signal);
  }

  #lookAgainLater(cluster: ClusterSource, life: AbortSignal): void {
    this.#retry = setTimeout(() => {
      void this.#lookForNamespaces(cluster, life).then(() => {
        if (!life.aborted) this.#lookAgainLater(cluster, life);
      });
    }, namespacesEveryMs);
  }

  /** Kubernetes namespaces may have come and gone. Failing to see is no news: the watches tell how it is with the server. */
  async #lookForNamespaces(cluster: ClusterSource, life: AbortSignal): Promise<void> {
    try {
      const namespaces = await cluster.listNamespaces(life);
      if (life.aborted || this.#phase.kind !== "ready") return;
      if (!this.#phase.listForbidden && namespaces.join("/") === this.#phase.namespaces.join("/")) return;
      this.#setNamespaces(namespaces);
    } catch (thrown) {
      this.#log.debug(`context ${cluster.context}: Kubernetes namespaces: ${asSandboxError(thrown).message}`);
    }
  }

  #setNamespaces(namespaces: readonly string[]): void {
    this.#closeNamespaces((name) => !namespaces.includes(name));
    this.#setPhase({ kind: "ready", namespaces, listForbidden: false });
  }

  #closeNamespaces(which: (name: string) => boolean = () => true): void {
    for (const [key, scope] of [...this.#scopes]) {
      if (key === allKey || !which(key)) continue;
      scope.close();
      this.#scopes.delete(key);
    }
  }

  #fail(error: SandboxError, retryInMs: number | undefined): void {
    const then = retryInMs === undefined ? "" : `; trying again in ${retryInMs} ms`;
    this.#log.error(`context ${this.#context ?? "(none)"}: ${error.reason}: ${error.message}${then}`);
    this.#closeScopes();
    this.#setPhase({ kind: "failed", error, retryInMs });
  }

  #setPhase(phase: StorePhase): void {
    this.#phase = phase;
    this.#changes.emit({ kind: "everything" });
  }

  #closeScopes(): void {
    for (const scope of this.#scopes.values()) scope.close();
    this.#scopes.clear();
  }
}

/** Whether the API server says that this watch is not allowed. */
export function isRefused({ status }: PodGroup): boolean {
  return status.kind === "retrying" && isRefusal(status.error.reason);
}
