import { onTestFinished, vi } from "vitest";
import type {
  ClusterSource,
  PodListener,
  PodUpdate,
  WatchStatus,
} from "../../../extension/cluster/source.ts";
import type { Pod } from "../../../extension/core/pod.ts";

/** For expect.poll and the like: what is awaited comes in milliseconds, but the machine may be busy. */
export const patience = { timeout: 20_000, interval: 5 };

/** A watch and what it told so far. */
export class WatchedPods implements PodListener {
  readonly lists: (readonly string[])[] = [];
  readonly statuses: WatchStatus[] = [];
  readonly #pods = new Map<string, Pod>();
  private readonly watch: { close(): void };

  constructor(source: ClusterSource, namespace?: string) {
    this.watch = source.watchPods(namespace, this);
    onTestFinished(() => this.watch.close());
  }

  onPods({ put, gone, complete }: PodUpdate): void {
    for (const uid of gone) this.#pods.delete(uid);
    for (const pod of put) this.#pods.set(pod.uid, pod);
    if (complete) this.lists.push([...this.#pods.values()].map(({ name }) => name).toSorted());
  }

  onStatus(status: WatchStatus): void {
    this.statuses.push(status);
  }

  /** Sorted; undefined before the first list. */
  get names(): readonly string[] | undefined {
    return this.lists.at(-1);
  }

  close(): void {
    this.watch.close();
  }

  async isLive(): Promise<void> {
    await this.until(() => this.statuses.at(-1)?.kind === "live", "live");
  }

  /** Waits for a report of trouble of this kind, after those of before. */
  async retries(reason: string, after = 0): Promise<void> {
    const reported = (): boolean =>
      this.statuses
        .slice(after)
        .some((status) => status.kind === "retrying" && status.error.reason === reason);
    await this.until(reported, `retrying because ${reason}`);
  }

  private async until(holds: () => boolean, what: string): Promise<void> {
    await vi.waitFor(() => {
      if (holds()) return;
      const last = JSON.stringify(this.statuses.at(-1));
      throw new Error(`not reached: ${what}; pods ${this.names?.join(", ") ?? "none"}, status ${last}`);
    }, patience);
  }
}
