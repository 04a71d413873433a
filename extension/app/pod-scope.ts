import type { ClusterSource, PodUpdate, WatchStatus } from "../cluster/source.ts";
import type { ErrorReason } from "../core/errors.ts";
import type { Pod } from "../core/pod.ts";
import type { Closable } from "./emitter.ts";
import { PodIndex, type ReadonlyPodIndex } from "./pod-index.ts";

/** What is known of the pods of one Kubernetes namespace. */
export interface PodGroup {
  /** By name. */
  readonly pods: readonly Pod[];
  readonly status: WatchStatus;
  /** False until the first list is complete: what is not in `pods` may be there all the same. */
  readonly loaded: boolean;
}

/** What has changed, by UID. */
export interface PodDiff {
  readonly added: readonly Pod[];
  readonly removed: readonly Pod[];
  readonly changed: readonly { readonly before: Pod; readonly after: Pod }[];
}

export interface ScopeListener {
  /** Also called when the first list is complete, whether anything came with that or not. */
  onDiff(diff: PodDiff): void;
  onStatus(status: WatchStatus): void;
}

/** One watch and the pods it told of. */
export class PodScope implements PodGroup, Closable {
  readonly #listener: ScopeListener;
  #watch: Closable | undefined;
  #index = new PodIndex();
  /** UIDs of pods of the watch before this one, which this one did not tell of yet. */
  #unconfirmed = new Set<string>();
  #status: WatchStatus = { kind: "loading" };
  #loaded = false;
  #closed = false;

  /** @param before - the closed watch that this one takes over from: its pods stay until the new list is complete. */
  constructor(listener: ScopeListener, before?: PodScope) {
    this.#listener = listener;
    if (before === undefined) return;
    this.#index = before.#index;
    this.#unconfirmed = new Set([...this.#index].map(({ uid }) => uid));
    this.#loaded = before.#loaded;
  }

  /** All of them by name: see PodIndex. */
  get pods(): readonly Pod[] {
    return this.#index.pods;
  }

  get index(): ReadonlyPodIndex {
    return this.#index;
  }

  get status(): WatchStatus {
    return this.#status;
  }

  get loaded(): boolean {
    return this.#loaded;
  }

  /**
   * Begins. Apart from the constructor, as the first status comes at once, when nobody could know this object yet.
   * @param namespace - the Kubernetes namespace; undefined for all.
   */
  open(cluster: ClusterSource, namespace: string | undefined): void {
    this.#watch = cluster.watchPods(namespace, {
      onPods: (update) => {
        if (!this.#closed) this.#take(update);
      },
      onStatus: (status) => {
        if (!this.#closed) this.#stand(status);
      },
    });
  }

  close(): void {
    this.#closed = true;
    this.#watch?.close();
  }

  #take({ put, gone, complete }: PodUpdate): void {
    const added: Pod[] = [];
    const changed: { before: Pod; after: Pod }[] = [];
    for (const pod of put) {
      this.#unconfirmed.delete(pod.uid);
      const before = this.#index.get(pod.uid);
      if (before !== undefined && samePod(before, pod)) continue;
      if (before === undefined) added.push(pod);
      else changed.push({ before, after: pod });
      this.#index.put(pod);
    }
    const removed = [...gone, ...(complete ? this.#unconfirmed : [])]
      .map((uid) => this.#index.delete(uid))
      .filter((pod) => pod !== undefined);
    const first = complete && !this.#loaded;
    if (complete) {
      this.#unconfirmed.clear();
      this.#loaded = true;
    }
    if (first || added.length + removed.length + changed.length > 0) {
      this.#listener.onDiff({ added, removed, changed });
    }
  }

  #stand(now: WatchStatus): void {
    const earlier = this.#status;
    this.#status = now;
    if (now.kind === "retrying" && isRefusal(now.error.reason)) {
      // Whoever may no longer look cannot know what is still there.
      this.#index = new PodIndex();
      this.#unconfirmed.clear();
      this.#loaded = false;
    }
    if (now.kind === "retrying" || now.kind !== earlier.kind) this.#listener.onStatus(now);
  }
}

/** Whether trying again by itself is of no use. */
export function isRefusal(reason: ErrorReason): boolean {
  return reason === "forbidden" || reason === "unauthorized";
}

/** A re-list makes new objects of pods that did not change; telling the tree of them all would make it flicker. */
function samePod(one: Pod, other: Pod): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
