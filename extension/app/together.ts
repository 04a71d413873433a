/** Runs one thing at a time for each key: who asks for it meanwhile gets the same outcome. */
export class Together<T> {
  readonly #running = new Map<string, Promise<T>>();

  async run(key: string, begin: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const begun = begin().finally(() => this.#running.delete(key));
    this.#running.set(key, begun);
    return begun;
  }
}
