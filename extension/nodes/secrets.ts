import type { SandboxError } from "../core/errors.ts";
import type { SecretAnswer, SecretVault } from "./prompts.ts";
import { Places } from "./waiting.ts";

interface Typed {
  readonly secret: string;
  /** To be written to the vault once it is known to be right. */
  keep: boolean;
}

/** The names under which secrets are remembered, here and in the vault. */
export const secretKeys = {
  /** Of the private key in a file. */
  passphrase: (path: string) => `passphrase:${path}`,
  /** To log in; `target` is SshTarget.key. */
  password: (target: string) => `password:${target}`,
  /** To become root; `destination` is Destination.key. */
  root: (destination: string) => `root:${destination}`,
};

/**
 * What the user typed: in memory until this is cleared, so that a reconnect need not ask again, and in the vault where
 * the user said so and the secret turned out to be right.
 */
export class Secrets {
  readonly #vault: SecretVault;
  readonly #typed = new Map<string, Typed>();
  /** By key: not to be tried again, whatever the vault says. */
  readonly #refused = new Map<string, Set<string>>();
  readonly #turns = new Map<string, Places>();
  /** By key: aborts when the user gives up the question. */
  readonly #rounds = new Map<string, AbortController>();

  constructor(vault: SecretVault) {
    this.#vault = vault;
  }

  /**
   * Waits until nobody else asks for this secret. The function returned ends the turn.
   * @throws SandboxError: why `signal` aborted, or the question was given up meanwhile.
   */
  takeTurn(key: string, signal: AbortSignal): Promise<() => void> {
    const turn = this.#turns.get(key) ?? new Places(1);
    this.#turns.set(key, turn);
    return turn.take(AbortSignal.any([signal, this.round(key)]));
  }

  /** Aborts, with why, when the question for this secret is given up. Who comes later may ask anew. */
  round(key: string): AbortSignal {
    const round = this.#rounds.get(key) ?? new AbortController();
    this.#rounds.set(key, round);
    return round.signal;
  }

  /** There is no answer to be had for all who want this secret now: nobody is to be asked once for each of them. */
  giveUp(key: string, why: SandboxError): void {
    const round = this.#rounds.get(key);
    this.#rounds.delete(key);
    round?.abort(why);
  }

  /** What was typed last, else what the vault has. */
  async read(key: string): Promise<string | undefined> {
    const typed = this.#typed.get(key);
    if (typed !== undefined) return typed.secret;
    const kept = await this.#vault.read(key);
    return kept !== undefined && this.#refused.get(key)?.has(kept) === true ? undefined : kept;
  }

  /** The user typed it: it is remembered, and not yet kept. */
  typed(key: string, { secret, keep }: SecretAnswer): void {
    this.#typed.set(key, { secret, keep });
  }

  /** The other side accepted it: it is written to the vault where the user wants it kept. */
  async proved(key: string): Promise<void> {
    const typed = this.#typed.get(key);
    if (typed === undefined) return;
    this.#refused.get(key)?.delete(typed.secret);
    if (!typed.keep) return;
    typed.keep = false;
    await this.#vault.write(key, typed.secret);
  }

  /** The other side refused `secret`: it is forgotten, in the vault too, unless another one has taken its place. */
  async refused(key: string, secret: string): Promise<void> {
    // Before anything is awaited: who reads next must not try it again.
    const refused = this.#refused.get(key) ?? new Set();
    this.#refused.set(key, refused.add(secret));
    if (this.#typed.get(key)?.secret === secret) this.#typed.delete(key);
    if ((await this.#vault.read(key)) === secret) await this.#vault.forget(key);
  }

  /** Forgets what was typed; the vault stays as it is. */
  clear(): void {
    this.#typed.clear();
    this.#refused.clear();
  }
}
