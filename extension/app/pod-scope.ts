import type { ClusterSource, WatchStatus } from "../cluster/source.ts";
import type { ErrorReason } from "../core/errors.ts";
import type { Pod } from "../core/pod.ts";
import type { Closable } from "./emitter.ts";
import { diffPods, isEmptyDiff, type PodDiff } from "./pod-diff.ts";

/** What is known of the pods of one Kubernetes namespace, or of all. */
export interface PodGroup {
  /** By name. */
  readonly pods: readonly Pod[];
  readonly status: WatchStatus;
  /** False until the first list came: `pods` is empty because nothing is known, not because nothing is there. */
  readonly loaded: boolean;
}

export interface ScopeListener {
  /** Also called, with nothing in it, for a first list that is empty. */
  onDiff(diff: PodDiff): void;
  onStatus(status: WatchStatus): void;
}

/** One watch and the pods it told of. */
export class PodScope implements PodGroup, Closable {
  readonly #listener: ScopeListener;
  #watch: Closable | undefined;
  #byUid: ReadonlyMap<string, Pod> = new Map();
  #pods: readonly Pod[] = [];
  #status: WatchStatus = { kind: "loading" };
  #loaded = false;
  #closed = false;

  /** @param before - the watch that this one takes over from: its pods stay until the new list is there. */
  constructor(listener: ScopeListener, before?: PodScope) {
    this.#listener = listener;
    if (before === undefined) return;
    this.#byUid = before.#byUid;
    this.#pods = before.#pods;
    this.#loaded = before.#loaded;
  }

  get pods(): readonly Pod[] {
    return this.#pods;
  }

  get status(): WatchStatus {
    return this.#status;
  }

  get loaded(): boolean {
    return this.#loaded;
  }

  pod(uid: string): Pod | undefined {
    return this.#byUid.get(uid);
  }

  /**
   * Begins. Apart from the constructor, as the first status comes at once, when nobody could know this object yet.
   * @param namespace - the Kubernetes namespace; undefined for all.
   */
  open(cluster: ClusterSource, namespace: string | undefined): void {
    this.#watch = cluster.watchPods(namespace, {
      onPods: (pods) => {
        if (!this.#closed) this.#take(pods);
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

  #take(pods: readonly Pod[]): void {
    const before = this.#byUid;
    const first = !this.#loaded;
    this.#byUid = new Map(pods.map((pod) => [pod.uid, pod]));
    this.#pods = [...this.#byUid.values()].toSorted(byName);
    this.#loaded = true;
    const diff = diffPods(before, this.#byUid);
    if (first || !isEmptyDiff(diff)) this.#listener.onDiff(diff);
  }

  #stand(now: WatchStatus): void {
    const earlier = this.#status;
    this.#status = now;
    if (now.kind === "retrying" && isRefusal(now.error.reason)) {
      // Whoever may no longer look cannot know what is still there.
      this.#byUid = new Map();
      this.#pods = [];
      this.#loaded = false;
    }
    if (now.kind === "retrying" || now.kind !== earlier.kind) this.#listener.onStatus(now);
  }
}

/** Whether trying again by itself is of no use. */
export function isRefusal(reason: ErrorReason): boolean {
  return reason === "forbidden" || reason === "unauthorized";
}

function byName(one: Pod, other: Pod): number {
  if (one.name !== other.name) return one.name < other.name ? -1 : 1;
  return one.namespace < other.namespace ? -1 : 1;
}
