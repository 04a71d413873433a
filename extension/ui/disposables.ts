import type { Disposable } from "vscode";

/** Holds what must be disposed together. One that throws does not keep the others alive. */
export class Disposables implements Disposable {
  readonly #members: Disposable[] = [];
  readonly #onError: (thrown: unknown) => void;

  constructor(onError: (thrown: unknown) => void) {
    this.#onError = onError;
  }

  add<T extends Disposable>(member: T): T {
    this.#members.push(member);
    return member;
  }

  /** For what is closed rather than disposed. */
  addClosable(member: { close(): void }): void {
    this.#members.push({ dispose: () => member.close() });
  }

  /** Last come, first gone. */
  dispose(): void {
    for (const member of this.#members.splice(0).toReversed()) {
      try {
        member.dispose();
      } catch (thrown) {
        this.#onError(thrown);
      }
    }
  }
}
