import { asSandboxError, type SandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { ClusterNode } from "../core/pod.ts";
import type { Clusters } from "./clusters.ts";
import { type Closable, Emitter } from "./emitter.ts";
import type { PodStore } from "./store.ts";

/** What is known of the nodes of the context that the store shows. */
export type ClusterNodes =
  | { readonly kind: "loading" }
  | { readonly kind: "listed"; readonly nodes: readonly ClusterNode[] }
  /** They may not be listed: these names are told by the pods that are watched. */
  | { readonly kind: "of-pods"; readonly names: readonly string[]; readonly error: SandboxError }
  | { readonly kind: "failed"; readonly error: SandboxError }
  /** There is no cluster to ask. */
  | { readonly kind: "none" };

/** The nodes of one kubeconfig context, listed when first asked for and at each refresh; never watched. */
export class NodeList implements Closable {
  readonly #store: PodStore;
  readonly #clusters: Clusters;
  readonly #log: Log;
  readonly #changes: Emitter<void>;
  readonly #listening: Closable;
  #begun = false;
  /** The context that `#listed` is of. */
  #context: string | undefined;
  #listed: ClusterNodes = { kind: "loading" };
  #listing = new AbortController();
  /** What was begun last; ends once it is known how far that got. */
  #asked: Promise<void> = Promise.resolve();

  constructor(ports: { store: PodStore; clusters: Clusters; log: Log }) {
    this.#store = ports.store;
    this.#clusters = ports.clusters;
    this.#log = ports.log;
    this.#changes = new Emitter((thrown) => {
      ports.log.error(`a listener of the node list failed: ${asSandboxError(thrown).message}`);
    });
    this.#listening = ports.store.onChange(({ kind }) => {
      if (!this.#begun) return;
      if (kind === "everything" && this.#isOutdated()) this.#asked = this.#list();
      // Who may not list nodes learns of them from pods, and whether there is a cluster, from the store.
      else if (kind === "everything" || (kind === "pods" && this.#listed.kind === "of-pods"))
        this.#changes.emit();
    });
  }

  onChange(listener: () => void): Closable {
    return this.#changes.subscribe(listener);
  }

  get nodes(): ClusterNodes {
    const { phase } = this.#store;
    if (phase.kind === "failed") {
      const { reason } = phase.error;
      return reason === "kubeconfig-missing" ? { kind: "none" } : { kind: "failed", error: phase.error };
    }
    if (phase.kind !== "ready") return { kind: "loading" };
    return this.#listed.kind === "of-pods" ? { ...this.#listed, names: this.#namesOfPods() } : this.#listed;
  }

  /** Lists the nodes; once that was begun, it only waits for it to end. */
  async start(): Promise<void> {
    this.#begun = true;
    await this.#store.start();
    if (this.#isOutdated()) this.#asked = this.#list();
    await this.#asked;
  }

  /** Lists them again, unless nobody has asked for them yet. */
  async refresh(): Promise<void> {
    if (!this.#begun) return;
    if (this.#store.phase.kind === "ready") this.#asked = this.#list();
    else await this.#store.refresh();
    await this.#asked;
  }

  close(): void {
    this.#listening.close();
    this.#listing.abort();
    this.#changes.close();
  }

  #isOutdated(): boolean {
    return this.#store.phase.kind === "ready" && this.#store.context !== this.#context;
  }

  async #list(): Promise<void> {
    const { context } = this.#store;
    if (context === undefined) return;
    this.#listing.abort();
    const own = new AbortController();
    this.#listing = own;
    if (context !== this.#context) this.#set({ kind: "loading" });
    this.#context = context;
    const listed = await this.#ask(context, own.signal);
    if (!own.signal.aborted) this.#set(listed);
  }

  async #ask(context: string, signal: AbortSignal): Promise<ClusterNodes> {
    try {
      const cluster = await this.#clusters.open(context);
      return { kind: "listed", nodes: await cluster.listNodes(signal) };
    } catch (thrown) {
      const error = asSandboxError(thrown);
      if (!signal.aborted) this.#log.warn(`context ${context}: nodes: ${error.reason}: ${error.message}`);
      return error.reason === "forbidden" ? { kind: "of-pods", names: [], error } : { kind: "failed", error };
    }
  }

  #namesOfPods(): readonly string[] {
    const { phase } = this.#store;
    const namespaces = phase.kind === "ready" ? phase.namespaces : [];
    const names =
      this.#store.all()?.index.names("node") ??
      namespaces.flatMap((name) => this.#store.group(name)?.pods ?? []).map(({ nodeName }) => nodeName ?? "");
    return [...new Set(names)].filter((name) => name !== "").toSorted();
  }

  #set(listed: ClusterNodes): void {
    this.#listed = listed;
    this.#changes.emit();
  }
}
