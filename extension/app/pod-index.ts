import type { Pod } from "../core/pod.ts";

/** Pods by UID; sorted by name, then Kubernetes namespace, when somebody looks. */
class PodSet {
  readonly #byUid = new Map<string, Pod>();
  #sorted: readonly Pod[] | undefined;

  get size(): number {
    return this.#byUid.size;
  }

  get pods(): readonly Pod[] {
    this.#sorted ??= [...this.#byUid.values()].toSorted(byName);
    return this.#sorted;
  }

  get(uid: string): Pod | undefined {
    return this.#byUid.get(uid);
  }

  [Symbol.iterator](): Iterator<Pod> {
    return this.#byUid.values();
  }

  put(pod: Pod): void {
    this.#byUid.set(pod.uid, pod);
    this.#sorted = undefined;
  }

  delete(uid: string): void {
    this.#byUid.delete(uid);
    this.#sorted = undefined;
  }
}

/** What pods are grouped by. Those on no node are of the node "". */
export type PodGrouping = "namespace" | "node";

const none: readonly Pod[] = [];

/** Pods as they are looked for: by UID, by Kubernetes namespace and by node. What changes costs as much as has changed. */
export class PodIndex implements Iterable<Pod> {
  readonly #all = new PodSet();
  readonly #groups = {
    namespace: new Map<string, PodSet>(),
    node: new Map<string, PodSet>(),
  };

  get size(): number {
    return this.#all.size;
  }

  /** By name. Sorted anew after each change: to be asked for where all of them are wanted in order, and no more often. */
  get pods(): readonly Pod[] {
    return this.#all.pods;
  }

  get(uid: string): Pod | undefined {
    return this.#all.get(uid);
  }

  /** All of them, in no order. */
  [Symbol.iterator](): Iterator<Pod> {
    return this.#all[Symbol.iterator]();
  }

  /** Names of the groups in which there is a pod, in no order. */
  names(by: PodGrouping): Iterable<string> {
    return this.#groups[by].keys();
  }

  /** The pods of one group, by name. */
  in(by: PodGrouping, name: string): readonly Pod[] {
    return this.#groups[by].get(name)?.pods ?? none;
  }

  count(by: PodGrouping, name: string): number {
    return this.#groups[by].get(name)?.size ?? 0;
  }

  /** Adds a pod, or replaces the one of its UID. */
  put(pod: Pod): void {
    const before = this.#all.get(pod.uid);
    for (const by of groupings) {
      const name = groupName(by, pod);
      if (before !== undefined && groupName(by, before) !== name) this.#leave(by, before);
      const group = this.#groups[by].get(name) ?? new PodSet();
      this.#groups[by].set(name, group);
      group.put(pod);
    }
    this.#all.put(pod);
  }

  /** Takes a pod away and returns it. */
  delete(uid: string): Pod | undefined {
    const pod = this.#all.get(uid);
    if (pod === undefined) return undefined;
    for (const by of groupings) this.#leave(by, pod);
    this.#all.delete(uid);
    return pod;
  }

  #leave(by: PodGrouping, pod: Pod): void {
    const name = groupName(by, pod);
    const group = this.#groups[by].get(name);
    group?.delete(pod.uid);
    if (group?.size === 0) this.#groups[by].delete(name);
  }
}

const groupings: readonly PodGrouping[] = ["namespace", "node"];

export function groupName(by: PodGrouping, pod: Pod): string {
  return by === "node" ? (pod.nodeName ?? "") : pod.namespace;
}

function byName(one: Pod, other: Pod): number {
  if (one.name !== other.name) return one.name < other.name ? -1 : 1;
  return one.namespace < other.namespace ? -1 : 1;
}

/** To look in; it changes with what is told to whom it belongs to. */
export type ReadonlyPodIndex = Omit<PodIndex, "put" | "delete">;
