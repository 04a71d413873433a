/** Ends what was begun. Closing twice does nothing. */
export interface Closable {
  close(): void;
}

/** Tells its listeners, in the order in which they came; a listener that throws does not keep the others from hearing. */
export class Emitter<T> {
  readonly #listeners = new Set<(value: T) => void>();
  readonly #onListenerError: (thrown: unknown) => void;

  constructor(onListenerError: (thrown: unknown) => void) {
    this.#onListenerError = onListenerError;
  }

  subscribe(listener: (value: T) => void): Closable {
    // A wrapper of its own, so that one function may listen twice and close once.
    const own = (value: T): void => listener(value);
    this.#listeners.add(own);
    return { close: () => void this.#listeners.delete(own) };
  }

  emit(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (thrown) {
        this.#onListenerError(thrown);
      }
    }
  }

  close(): void {
    this.#listeners.clear();
  }
}
