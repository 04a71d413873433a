/** Longest work in one go, in milliseconds: half of what a screen takes for one picture. */
const longestMs = 8;

/** Lets others have their turn in the event loop in the middle of long work. */
export class Breath {
  #since = performance.now();

  isDue(): boolean {
    return performance.now() - this.#since > longestMs;
  }

  async take(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }
}
