/** What was kept last, up to a number of keys: keeping one more forgets the one that was kept the longest ago. */
export class Recent<T> {
  readonly #limit: number;
  readonly #byKey = new Map<string, T>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  put(key: string, value: T): void {
    // Deleting first moves it to the end: a Map keeps the order of insertion.
    this.#byKey.delete(key);
    this.#byKey.set(key, value);
    for (const oldest of this.#byKey.keys()) {
      if (this.#byKey.size <= this.#limit) break;
      this.#byKey.delete(oldest);
    }
  }

  get(key: string): T | undefined {
    return this.#byKey.get(key);
  }

  delete(key: string): void {
    this.#byKey.delete(key);
  }

  /** The one that was kept the longest ago first. */
  [Symbol.iterator](): IterableIterator<[string, T]> {
    return this.#byKey.entries();
  }

  clear(): void {
    this.#byKey.clear();
  }
}
