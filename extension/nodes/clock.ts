/** Something that counts time and can be told that a while does not count. Calls nest. */
export interface Pausable {
  pause(): void;
  resume(): void;
}

/** A timer that does not run while it is paused. */
export class Countdown implements Pausable {
  readonly #onElapsed: () => void;
  #remainingMs: number;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #pauses = 0;
  #stopped = false;

  constructor(ms: number, onElapsed: () => void) {
    this.#remainingMs = ms;
    this.#onElapsed = onElapsed;
    this.#start();
  }

  pause(): void {
    if (this.#pauses++ > 0 || this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#remainingMs -= performance.now() - this.#startedAt;
  }

  resume(): void {
    if (--this.#pauses === 0 && !this.#stopped) this.#start();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    this.#startedAt = performance.now();
    this.#timer = setTimeout(
      () => {
        this.stop();
        this.#onElapsed();
      },
      Math.max(0, this.#remainingMs),
    );
  }
}

/** Pauses all its members while somebody waits for the user. */
export class Clock implements Pausable {
  readonly #members = new Set<Pausable>();
  #pauses = 0;

  pause(): void {
    if (this.#pauses++ === 0) for (const member of this.#members) member.pause();
  }

  resume(): void {
    if (--this.#pauses === 0) for (const member of this.#members) member.resume();
  }

  /** Adds a member until the function returned is called. */
  join(member: Pausable): () => void {
    this.#members.add(member);
    if (this.#pauses > 0) member.pause();
    return () => {
      if (this.#members.delete(member) && this.#pauses > 0) member.resume();
    };
  }

  /** Time spent in `work` counts for none of the members. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.pause();
    try {
      return await work();
    } finally {
      this.resume();
    }
  }
}
