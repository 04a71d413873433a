import type { SandboxError } from "../core/errors.ts";
import type { ClusterNode, Pod } from "../core/pod.ts";

/** What a kubeconfig offers. Reading it does no I/O beyond the files themselves. */
export interface ContextList {
  readonly contexts: readonly { readonly name: string; readonly namespace: string | undefined }[];
  readonly current: string | undefined;
}

/** What is to be known of a list of pods since the last time. */
export interface PodUpdate {
  /** As they are now: those that are new or have changed, and after a re-list also those that have not. */
  readonly put: readonly Pod[];
  /** UIDs of those that are gone. No pod is both put and gone. */
  readonly gone: readonly string[];
  /** False while a list comes page by page: what was not told of yet may be there all the same. */
  readonly complete: boolean;
}

/** A live list of pods. Callbacks come in order; after `close` none comes. */
export interface PodListener {
  /** For each page of a list, at its end, and (batched) after changes. */
  onPods(update: PodUpdate): void;
  /** How it stands with the connection. While not live the last pods may be stale. */
  onStatus(status: WatchStatus): void;
}

export type WatchStatus =
  | { readonly kind: "loading" }
  | { readonly kind: "live" }
  | {
      readonly kind: "retrying";
      readonly error: SandboxError;
      /** Milliseconds until the next attempt. */
      readonly inMs: number;
    };

/** Reads one kubeconfig context. Every method throws SandboxError. */
export interface ClusterSource {
  readonly context: string;
  /** Names of the Kubernetes namespaces, sorted. `forbidden` when they may not be listed. */
  listNamespaces(signal: AbortSignal): Promise<readonly string[]>;
  getPod(namespace: string, name: string, signal: AbortSignal): Promise<Pod>;
  getNode(name: string, signal: AbortSignal): Promise<ClusterNode>;
  /** All nodes, by name. `forbidden` when they may not be listed. */
  listNodes(signal: AbortSignal): Promise<readonly ClusterNode[]>;
  /** The pods of every Kubernetes namespace that are bound to a node. `forbidden` when all pods may not be listed. */
  listPodsOnNode(nodeName: string, signal: AbortSignal): Promise<readonly Pod[]>;
  /** Watches the pods of one Kubernetes namespace, or of all when undefined; `close` ends it. */
  watchPods(namespace: string | undefined, listener: PodListener): { close(): void };
  /** RuntimeClass.handler; undefined when there is none or it may not be read. */
  runtimeHandler(runtimeClassName: string, signal: AbortSignal): Promise<string | undefined>;
}

/** What a user set for reaching the API. */
export interface ClusterSettings {
  /** Path of a kubeconfig; "" = KUBECONFIG, then ~/.kube/config. */
  readonly kubeconfig: string;
  /** Objects a page, 1 to 5000. */
  readonly pageSize: number;
  /** Milliseconds for one request, watches apart. */
  readonly timeoutMs: number;
}
