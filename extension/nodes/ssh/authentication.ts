import { SandboxError } from "../../core/errors.ts";
import { oneLine } from "../../core/one-line.ts";
import type { Credential, CredentialContext, Credentials } from "./credentials.ts";
import { sshError } from "./failures.ts";
import { keyRing } from "./key-ring.ts";
import type { AnyAuthMethod } from "../library.ts";
import { secretKeys } from "../secrets.ts";
import type { AuthMethod, SshTarget } from "./target.ts";

interface ServerPrompt {
  readonly prompt: string;
  readonly echo?: boolean;
}

/** No login asks for more at once; a server that does wants something else. */
const maxPrompts = 8;

/** Chooses what to try next on one connection, in the order of the ssh config. `fail` ends the connection attempt. */
export class Authentication {
  readonly #target: SshTarget;
  readonly #context: CredentialContext;
  readonly #fail: (error: SandboxError) => void;
  readonly #tried: string[] = [];
  readonly #skipped: Credentials["skipped"];
  /** Batches of keys not yet offered: first all whose public key is known, then those that must be opened for it. */
  readonly #keyBatches: Credential[][];
  readonly #passwordKey: string;
  #asked = 0;
  #keyboardUseful = true;
  #askedByKeyboard = 0;
  /** The password that is being tried; it is remembered, and forgotten when the server refuses it. */
  #trying: string | undefined;
  #offered = "";
  #method: AuthMethod | "none" = "none";

  constructor(
    target: SshTarget,
    credentials: Credentials,
    context: CredentialContext,
    fail: (error: SandboxError) => void,
  ) {
    this.#target = target;
    this.#context = context;
    this.#fail = fail;
    this.#skipped = credentials.skipped;
    this.#passwordKey = secretKeys.password(target.key);
    const known = credentials.usable.filter((credential) => credential.publicKey !== undefined);
    const closed = credentials.usable.filter((credential) => credential.publicKey === undefined);
    this.#keyBatches = [...(known.length > 0 ? [known] : []), ...closed.map((credential) => [credential])];
  }

  /** The method tried last. */
  get method(): AuthMethod | "none" {
    return this.#method;
  }

  /**
   * ssh2's authHandler: `left` is null before the server has said what it takes; `partial` says that the last method
   * was accepted and another one is wanted on top (RFC 4252 5.1).
   */
  next(left: readonly string[] | null, partial: boolean, proceed: (method: AnyAuthMethod) => void): void {
    this.#choose(left, partial).then(proceed, (error: unknown) => {
      this.#fail(error instanceof SandboxError ? error : this.#failure(oneLine(String(error), 200)));
    });
  }

  /** The server has let us in. */
  async accepted(): Promise<void> {
    if (this.#trying !== undefined) await this.#context.secrets.proved(this.#passwordKey);
    this.#trying = undefined;
  }

  /** What to say when the server ends it in the middle. */
  ended(why: string): SandboxError {
    void this.#refused();
    return this.#failure(why);
  }

  async #choose(left: readonly string[] | null, partial: boolean): Promise<AnyAuthMethod> {
    // "none" never hurts and makes the server name its methods (RFC 4252 5.2).
    if (left === null) return { type: "none", username: this.#target.user };
    this.#offered = left.join(", ");
    await (partial ? this.accepted() : this.#refused());
    for (const method of this.#target.auth.methods) {
      const next = left.includes(method) ? await this.#try(method) : undefined;
      if (next === undefined) continue;
      this.#method = method;
      return next;
    }
    throw this.#failure("nothing was accepted");
  }

  /** undefined where there is nothing (more) to try by this method. */
  async #try(method: AuthMethod): Promise<AnyAuthMethod | undefined> {
    const username = this.#target.user;
    switch (method) {
      case "publickey": {
        const agent = await this.#nextKeys();
        return agent && { type: "agent", username, agent };
      }
      case "keyboard-interactive":
        if (!this.#mayAskByKeyboard()) return undefined;
        this.#note(method);
        this.#askedByKeyboard = 0;
        return {
          type: method,
          username,
          prompt: (_name, _instructions, _language, prompts, finish) => {
            this.#answer(prompts).then(finish, (error: unknown) => {
              this.#fail(error instanceof SandboxError ? error : this.#failure(String(error)));
            });
          },
        };
      case "password": {
        if (!this.#mayAsk()) return undefined;
        this.#note(method);
        const remembered = await this.#rememberedPassword();
        if (remembered === undefined) this.#asked++;
        const password = remembered ?? (await this.#question(undefined, false));
        this.#trying = password;
        return { type: method, username, password };
      }
    }
  }

  async #nextKeys(): Promise<ReturnType<typeof keyRing> | undefined> {
    for (let batch = this.#keyBatches.shift(); batch !== undefined; batch = this.#keyBatches.shift()) {
      const open: Credential[] = [];
      for (const credential of batch) {
        this.#note(credential.label);
        if (credential.publicKey !== undefined) {
          open.push(credential);
          continue;
        }
        try {
          open.push({ ...credential, publicKey: await credential.open() });
        } catch (error) {
          this.#noSignature(credential, error);
        }
      }
      if (open.length > 0) {
        return keyRing(this.#context.library, open, (credential, error) =>
          this.#noSignature(credential, error),
        );
      }
    }
    return undefined;
  }

  #noSignature(credential: Credential, error: unknown): void {
    if (error instanceof SandboxError) {
      this.#fail(error);
      return;
    }
    this.#context.log.info(`${credential.label}: ${error instanceof Error ? error.message : "no signature"}`);
  }

  /** Questions are counted over password and keyboard-interactive together. */
  #mayAsk(): boolean {
    const { batch, passwordPrompts } = this.#target.auth;
    return !batch && this.#asked < passwordPrompts;
  }

  #mayAskByKeyboard(): boolean {
    // The last round failed without a question: the server has nothing to ask.
    if (this.#tried.includes("keyboard-interactive") && this.#askedByKeyboard === 0)
      this.#keyboardUseful = false;
    return this.#keyboardUseful && this.#mayAsk();
  }

  async #answer(prompts: readonly ServerPrompt[]): Promise<string[]> {
    if (prompts.length > maxPrompts)
      throw this.#failure(`the server asks ${prompts.length} questions at once`);
    this.#askedByKeyboard += prompts.length;
    const [only] = prompts;
    const plain =
      prompts.length === 1 && only !== undefined && only.echo !== true && /password/i.test(only.prompt);
    const remembered = plain ? await this.#rememberedPassword() : undefined;
    if (remembered !== undefined) {
      this.#trying = remembered;
      return [remembered];
    }
    // PAM says what it has to say in rounds without a question.
    if (prompts.length === 0) return [];
    const answers: string[] = [];
    this.#asked++;
    for (const { prompt, echo } of prompts) {
      answers.push(await this.#question(oneLine(prompt, 200), echo === true, plain));
    }
    this.#trying = plain ? answers[0] : undefined;
    return answers;
  }

  #question(prompt: string | undefined, echo: boolean, isPassword = true): Promise<string> {
    const { asking, prompts, secrets } = this.#context;
    const { user, host } = this.#target;
    return asking.put(async (signal) => {
      const question = { purpose: "login", user, host, attempt: this.#asked, prompt, echo } as const;
      const answer = await prompts.password(question, signal);
      if (answer === undefined)
        throw new SandboxError("cancelled", `no password was given for ${user}@${host}`);
      // One-time codes are good for nothing later.
      if (isPassword) secrets.typed(this.#passwordKey, answer);
      return answer.secret;
    });
  }

  async #refused(): Promise<void> {
    const refused = this.#trying;
    this.#trying = undefined;
    if (refused !== undefined) await this.#context.secrets.refused(this.#passwordKey, refused);
  }

  #rememberedPassword(): Promise<string | undefined> {
    return this.#context.secrets.read(this.#passwordKey);
  }

  #note(label: string): void {
    if (!this.#tried.includes(label)) this.#tried.push(label);
  }

  #failure(why: string): SandboxError {
    const skipped = this.#skipped.map(({ file, why: reason }) => `${file} (not usable: ${reason})`);
    const tried =
      [...this.#tried, ...skipped].join(", ") || "nothing: there is no key, agent or password to offer";
    const facts = { tried: oneLine(tried, 1000), methods: oneLine(this.#offered, 200) };
    const [unusable] = this.#skipped;
    // Where the only configured key cannot be used, that is what the user has to mend.
    if (unusable !== undefined && this.#tried.length === 0) {
      return sshError("ssh-key-unreadable", this.#target, `${unusable.file}: ${unusable.why}`, {
        facts: { ...facts, file: unusable.file, detail: unusable.why },
      });
    }
    return sshError(
      "ssh-auth-failed",
      this.#target,
      `${why}; tried: ${facts.tried}; server takes: ${facts.methods}`,
      {
        facts,
      },
    );
  }
}
