import { Places } from "../nodes/waiting.ts";

/**
 * Puts one question at a time: VS Code hides an input box when another is shown, which would be taken for a refusal; and
 * what is typed into one must not answer a dialog that comes up meanwhile.
 */
export class OneQuestion {
  readonly #turns = new Places(1);

  /** The answer; `unasked` where nobody waits for it any more when its turn comes. */
  async ask<T>(unasked: T, signal: AbortSignal, question: () => Promise<T>): Promise<T> {
    const leave = await this.#turns.take(signal).catch(() => undefined);
    if (leave === undefined) return unasked;
    try {
      return signal.aborted ? unasked : await question();
    } finally {
      leave();
    }
  }
}
