import { SandboxError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Asking } from "../asking.ts";
import type { SecretAnswer, SshPrompts } from "../prompts.ts";
import { secretKeys, type Secrets } from "../secrets.ts";
import { onAbort } from "../waiting.ts";
import type { OpenSshTarget } from "./program.ts";
import { parseQuestion, type Question } from "./question.ts";

export interface AnswerDeps {
  readonly prompts: SshPrompts;
  readonly secrets: Secrets;
  readonly log: Log;
}

interface Secret {
  /** Where it is remembered; undefined = nowhere, as a code of today is of no use tomorrow. */
  readonly key: string | undefined;
  readonly ask: (attempt: number, signal: AbortSignal) => Promise<SecretAnswer | undefined>;
}

/** ssh's questions during one login, put to the user where the answer is not known. */
export class Answers {
  readonly #target: OpenSshTarget;
  readonly #deps: AnswerDeps;
  readonly #asking: Asking;
  readonly #keyType: (fingerprint: string) => string | undefined;
  /** How often each secret was asked for, by the text that asks. */
  readonly #asked = new Map<string, number>();
  /** Secrets given, by where they are remembered. */
  readonly #given = new Map<string, string>();
  readonly #fail: (error: SandboxError) => void;

  /**
   * `keyType` knows the type of a host key, by its fingerprint. `fail` ends the login: a question has no answer, and
   * ssh would take that for an empty one.
   */
  constructor(
    target: OpenSshTarget,
    deps: AnswerDeps,
    asking: Asking,
    keyType: (fingerprint: string) => string | undefined,
    fail: (error: SandboxError) => void,
  ) {
    this.#target = target;
    this.#deps = deps;
    this.#asking = asking;
    this.#keyType = keyType;
    this.#fail = fail;
  }

  /** The answer for ssh; undefined = none. `gone` aborts when it does not wait any more. */
  async answer(prompt: string, hint: string, gone: AbortSignal): Promise<string | undefined> {
    try {
      const question = parseQuestion(prompt, hint);
      switch (question.kind) {
        case "host-key":
          return await this.#confirm(question, gone);
        case "notice":
          this.#deps.log.info(`ssh: ${question.text}`);
          await this.#put((signal) => this.#show(question.text, signal), gone);
          return undefined;
        case "consent":
          this.#deps.log.info(`not agreed to: ${question.text}`);
          return undefined;
        case "passphrase":
        case "password":
        case "secret":
          return await this.#secret(prompt, this.#secretOf(question), gone);
      }
    } catch (error) {
      this.#fail(
        error instanceof SandboxError
          ? error
          : new SandboxError("internal", "a question of ssh could not be answered", { cause: error }),
      );
      return undefined;
    }
  }

  /** How the login went: ssh does not ask again for what was wrong at its last try. */
  async judged(accepted: boolean): Promise<void> {
    const { secrets } = this.#deps;
    for (const [key, secret] of this.#given) {
      await (accepted ? secrets.proved(key) : secrets.refused(key, secret));
    }
  }

  /** ssh ends the helper that asked when it is done (readpass.c, notify_complete). */
  #show(text: string, signal: AbortSignal): Promise<void> {
    this.#deps.prompts.notice?.(text, signal);
    return new Promise((resolve) => {
      onAbort(signal, resolve);
    });
  }

  async #confirm(
    { host, port, keyName, fingerprint, knownAs }: Extract<Question, { readonly kind: "host-key" }>,
    gone: AbortSignal,
  ): Promise<string> {
    const keyType = this.#keyType(fingerprint) ?? keyName;
    const [file] = this.#target.hostKey.userFiles;
    const question = { host, port, keyType, fingerprint, knownAs, file };
    const agreed = await this.#put((signal) => this.#deps.prompts.confirmHostKey(question, signal), gone);
    return agreed ? "yes" : "no";
  }

  async #secret(prompt: string, { key, ask }: Secret, gone: AbortSignal): Promise<string> {
    const { secrets } = this.#deps;
    const wrong = key === undefined ? undefined : this.#given.get(key);
    // Asked for again in one login, it was not taken.
    if (key !== undefined && wrong !== undefined) {
      this.#given.delete(key);
      await secrets.refused(key, wrong);
    }
    const remembered = await this.#remembered(key);
    if (remembered !== undefined) return remembered;
    return this.#put(async (signal) => {
      // Several logins may want the same secret at once: one question serves them all.
      const done = key === undefined ? () => {} : await secrets.takeTurn(key, signal);
      try {
        const known = await this.#remembered(key);
        if (known !== undefined) return known;
        const attempt = (this.#asked.get(prompt) ?? 0) + 1;
        this.#asked.set(prompt, attempt);
        const answer = await ask(attempt, signal);
        if (answer === undefined) {
          const gaveUp = new SandboxError("cancelled", "no secret was given to ssh");
          // Logins of other nodes may wait for the same one.
          if (key !== undefined && !signal.aborted) secrets.giveUp(key, gaveUp);
          throw gaveUp;
        }
        if (key !== undefined) {
          secrets.typed(key, answer);
          this.#given.set(key, answer.secret);
        }
        return answer.secret;
      } finally {
        done();
      }
    }, gone);
  }

  async #remembered(key: string | undefined): Promise<string | undefined> {
    const secret = key === undefined ? undefined : await this.#deps.secrets.read(key);
    if (key !== undefined && secret !== undefined) this.#given.set(key, secret);
    return secret;
  }

  #secretOf(question: Extract<Question, { readonly kind: "passphrase" | "password" | "secret" }>): Secret {
    const { prompts } = this.#deps;
    if (question.kind === "passphrase") {
      const { keyFile } = question;
      return {
        key: secretKeys.passphrase(keyFile),
        ask: (attempt, signal) => prompts.passphrase({ keyFile, attempt }, signal),
      };
    }
    const { user = this.#target.user, host = this.#target.host } = question;
    const prompt = question.kind === "password" ? undefined : question.prompt;
    const isOurs = user === this.#target.user && host === this.#target.host;
    const isPassword = prompt === undefined || /password/i.test(prompt);
    return {
      // A jump host's is another one.
      key: isPassword ? secretKeys.password(isOurs ? this.#target.key : `${user}@${host}`) : undefined,
      ask: (attempt, signal) =>
        prompts.password({ purpose: "login", user, host, attempt, prompt, echo: false }, signal),
    };
  }

  /** The question goes away when ssh does. */
  #put<T>(ask: (signal: AbortSignal) => Promise<T>, gone: AbortSignal): Promise<T> {
    return this.#asking.put((signal) => ask(AbortSignal.any([signal, gone])));
  }
}
