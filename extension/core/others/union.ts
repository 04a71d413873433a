/** Sets that grow together, of anything that is told apart by a string. */
export class Union {
  readonly #parents = new Map<string, string>();

  /** The set's own name: equal for all that were joined. */
  find(name: string): string {
    let at = name;
    for (let above = this.#parents.get(at); above !== undefined; above = this.#parents.get(at)) at = above;
    if (at !== name) this.#parents.set(name, at);
    return at;
  }

  join(a: string, b: string): void {
    const [one, other] = [this.find(a), this.find(b)];
    if (one !== other) this.#parents.set(one, other);
  }
}
