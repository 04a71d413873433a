import type { SecretStorage } from "vscode";
import { asSandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { SecretVault } from "../nodes/prompts.ts";

/** Secrets in VS Code's own storage, which the operating system's keychain protects where there is one. */
export class StoredSecrets implements SecretVault {
  readonly #storage: Pick<SecretStorage, "keys" | "get" | "store" | "delete">;
  readonly #log: Log;

  constructor(storage: Pick<SecretStorage, "keys" | "get" | "store" | "delete">, log: Log) {
    this.#storage = storage;
    this.#log = log;
  }

  async read(key: string): Promise<string | undefined> {
    return this.#trying("read", async () => this.#storage.get(key));
  }

  async write(key: string, secret: string): Promise<void> {
    await this.#trying("kept", async () => this.#storage.store(key, secret));
  }

  async forget(key: string): Promise<void> {
    await this.#trying("forgotten", async () => this.#storage.delete(key));
  }

  /** What secrets there are, never what they are. */
  async keys(): Promise<readonly string[]> {
    return (await this.#trying("listed", async () => this.#storage.keys())) ?? [];
  }

  /** A keychain that is locked or missing costs the user a question, not the connection. */
  async #trying<T>(what: string, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (thrown) {
      this.#log.warn(`a saved secret cannot be ${what}: ${asSandboxError(thrown).message}`);
      return undefined;
    }
  }
}
