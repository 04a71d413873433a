import type { AccessStep, AccessTrace } from "./transport.ts";

/** The steps of one attempt to get onto a node, for all who wait for it: who comes later hears the earlier ones too. */
export class Steps {
  readonly #passed: (readonly [AccessStep, string])[] = [];
  readonly #listeners = new Set<AccessTrace>();

  readonly tell: AccessTrace = (step, detail) => {
    this.#passed.push([step, detail]);
    for (const listener of this.#listeners) listener(step, detail);
  };

  /** Until the function returned is called. */
  join(listener: AccessTrace): () => void {
    for (const [step, detail] of this.#passed) listener(step, detail);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
