/** Measures for how long the event loop could do nothing else, by a timer that is due each millisecond. */
export class Blocks {
  #longest = 0;
  #last = performance.now();
  readonly #timer = setInterval(() => {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#last - everyMs);
    this.#last = now;
  }, everyMs);

  /** In milliseconds, since the last time this was asked. */
  takeLongest(): number {
    const longest = Math.max(this.#longest, performance.now() - this.#last - everyMs, 0);
    this.#longest = 0;
    return longest;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

const everyMs = 1;
