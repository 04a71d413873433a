import { fieldOf, textOf } from "../../core/json.ts";
import { lifetimeSeconds } from "./manifest.ts";
import { type DebugPodOwner, isAlive } from "./owner.ts";

/** A store that outlives the window, as VS Code's Memento. */
export interface LedgerStore {
  keys(): readonly string[];
  get(key: string): unknown;
  /** undefined removes. */
  update(key: string, value: unknown): PromiseLike<void>;
}

/** One debug pod that is to be created, is there, or could not be deleted. */
export interface DebugPodEntry {
  readonly context: string;
  readonly namespace: string;
  readonly name: string;
  readonly owner: DebugPodOwner;
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
}

export type DebugPodPlace = Pick<DebugPodEntry, "context" | "namespace" | "name">;

/**
 * The debug pods that this user has anywhere, over all windows and beyond crashes. Each has a key of its own, so that
 * windows do not write over each other's: VS Code hands on to the others what one has written. Should two write in the
 * same moment and one entry be lost, and its window then crash, the pod ends by itself.
 */
export class DebugPodLedger {
  /** This window, as whose the pods are written down. */
  readonly owner: DebugPodOwner;
  readonly #store: LedgerStore;
  /** Names of this window's pods that nobody needs any more. */
  readonly #left = new Set<string>();
  readonly #now: () => number;

  constructor(store: LedgerStore, owner: DebugPodOwner, now: () => number) {
    this.#store = store;
    this.owner = owner;
    this.#now = now;
  }

  /** To be awaited before the pod is created. Rejects as the store does. */
  async add(pod: DebugPodPlace): Promise<void> {
    const entry: DebugPodEntry = { ...pod, owner: this.owner, madeAt: this.#now() };
    await this.#store.update(keyOf(pod), entry);
  }

  /** The pod is gone, or was never created. Rejects as the store does. */
  async drop(pod: DebugPodPlace): Promise<void> {
    await this.#store.update(keyOf(pod), undefined);
    this.#left.delete(pod.name);
  }

  /** The pod is no longer needed, but could not be deleted: from now on it counts as abandoned. */
  leave({ name }: DebugPodPlace): void {
    this.#left.add(name);
  }

  /**
   * Those whose window is gone, and those that this window left. Of another machine's that cannot be told until the pod has outlived itself; nor where
   * a process has taken the PID, on a platform that does not tell when it started.
   */
  abandoned(): readonly DebugPodEntry[] {
    const now = this.#now();
    return this.#store
      .keys()
      .filter((key) => key.startsWith(prefix))
      .flatMap((key) => parseEntry(this.#store.get(key)) ?? [])
      .filter(({ owner, madeAt, name }) => {
        if (owner.label === this.owner.label) return this.#left.has(name);
        return isAlive(owner) === false || now - madeAt > 2 * lifetimeSeconds * 1000;
      });
  }
}

const prefix = "debugPod/";

/** Names are random: no two pods share one. */
function keyOf({ name }: DebugPodPlace): string {
  return prefix + name;
}

function parseEntry(value: unknown): DebugPodEntry | undefined {
  const owner = fieldOf(value, "owner");
  const madeAt = fieldOf(value, "madeAt");
  const pid = fieldOf(owner, "pid");
  const [context, namespace, name] = ["context", "namespace", "name"].map((key) => textOf(value, key));
  const [label, machine, start] = ["label", "machine", "start"].map((key) => textOf(owner, key));
  if (typeof madeAt !== "number" || !Number.isSafeInteger(pid) || typeof pid !== "number" || pid <= 0)
    return undefined;
  if (context === undefined || namespace === undefined || name === undefined) return undefined;
  if (label === undefined || machine === undefined || start === undefined) return undefined;
  return { context, namespace, name, owner: { label, machine, pid, start }, madeAt };
}
