import { Places } from "./waiting.ts";

/** What the user typed, kept in memory until the pool is closed so that a reconnect need not ask again. */
export class Secrets {
  readonly #passphrases = new Map<string, string>();
  readonly #passwords = new Map<string, string>();
  readonly #turns = new Map<string, Places>();

  /** Waits until nobody else asks for this key's passphrase. The function returned ends the turn. */
  takeTurn(keyFile: string, signal: AbortSignal): Promise<() => void> {
    const turn = this.#turns.get(keyFile) ?? new Places(1);
    this.#turns.set(keyFile, turn);
    return turn.take(signal);
  }

  passphrase(keyFile: string): string | undefined {
    return this.#passphrases.get(keyFile);
  }

  rememberPassphrase(keyFile: string, passphrase: string): void {
    this.#passphrases.set(keyFile, passphrase);
  }

  forgetPassphrase(keyFile: string): void {
    this.#passphrases.delete(keyFile);
  }

  /** `target` is SshTarget.key. */
  password(target: string): string | undefined {
    return this.#passwords.get(target);
  }

  rememberPassword(target: string, password: string): void {
    this.#passwords.set(target, password);
  }

  forgetPassword(target: string): void {
    this.#passwords.delete(target);
  }

  clear(): void {
    this.#passphrases.clear();
    this.#passwords.clear();
  }
}
