import type { Pod } from "../core/pod.ts";
import { podFilter, type PodFilter } from "./pod-filter.ts";
import { PodIndex, type ReadonlyPodIndex } from "./pod-index.ts";
import type { PodDiff } from "./pod-scope.ts";

/** What a filter finds among the pods of a watch: looked for once, then kept up by what changes. */
export class FoundPods {
  readonly #index = new PodIndex();
  readonly #wanted: PodFilter;
  /** What was looked through. */
  readonly among: ReadonlyPodIndex;
  /** As typed. */
  readonly filter: string;

  constructor(among: ReadonlyPodIndex, filter: string) {
    this.among = among;
    this.filter = filter;
    this.#wanted = podFilter(filter) ?? (() => true);
    for (const pod of among) this.#look(pod);
  }

  get index(): ReadonlyPodIndex {
    return this.#index;
  }

  /** To be told of each change of the watch. */
  take({ added, changed, removed }: PodDiff): void {
    for (const { uid } of removed) this.#index.delete(uid);
    for (const pod of added) this.#look(pod);
    for (const { after } of changed) this.#look(after);
  }

  #look(pod: Pod): void {
    if (this.#wanted(pod)) this.#index.put(pod);
    else this.#index.delete(pod.uid);
  }
}
