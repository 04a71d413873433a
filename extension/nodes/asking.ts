import { SandboxError } from "../core/errors.ts";
import type { Clock } from "./clock.ts";
import { abortable } from "./waiting.ts";

/**
 * The questions of one login. While one is open, no time limit runs. A question outlives the connection that it was
 * asked for: servers hang up on a login that takes minutes (sshd_config(5) LoginGraceTime), and then the answer is
 * used for the next one.
 */
export class Asking {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #open = new Set<Promise<unknown>>();
  #count = 0;

  /** `signal` aborts when nobody waits for the login any more. */
  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Questions asked so far. */
  get count(): number {
    return this.#count;
  }

  /** @throws SandboxError: what `ask` throws, the abort, or `internal` where the question could not be asked. */
  async put<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#count++;
    const answer = abortable(
      this.#clock.hold(() => ask(this.#signal)),
      this.#signal,
    ).catch((error: unknown) => {
      if (error instanceof SandboxError) throw error;
      throw new SandboxError("internal", "the question could not be asked", { cause: error });
    });
    this.#open.add(answer);
    try {
      return await answer;
    } finally {
      this.#open.delete(answer);
    }
  }

  /** Waits until no question is open. @throws what a question failed with. */
  async settled(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }
}
