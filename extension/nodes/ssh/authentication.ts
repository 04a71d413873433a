import { SandboxError } from "../../core/errors.ts";
import { oneLine } from "../../core/one-line.ts";
import type { Credential, CredentialContext, Credentials } from "./credentials.ts";
import { sshError } from "./failures.ts";
import { agentOf } from "./one-key-agent.ts";
import type { Agent, AnyAuthMethod } from "../library.ts";
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
  readonly #agentProblem: string | undefined;
  /** Not yet offered: first those whose public key is known, then those that must be opened for it. */
  readonly #keys: Credential[];
  readonly #passwordKey: string;
  /** The server has had a signature, and what it takes after that is not known yet. */
  #signed = false;
  /** Attempts for which the user was asked. */
  #asked = 0;
  #keyboardUseful = true;
  /** Questions of the server in the attempt by keyboard-interactive. */
  #askedByKeyboard = 0;
  #hasAsked = false;
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
    this.#agentProblem = credentials.agentProblem;
    this.#passwordKey = secretKeys.password(target.key);
    const known = credentials.usable.filter((credential) => credential.publicKey !== undefined);
    const closed = credentials.usable.filter((credential) => credential.publicKey === undefined);
    this.#keys = [...known, ...closed];
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
    // "none" never hurts and makes the server name its methods (RFC 4252 5.2). ssh2 keeps what it says after a signature
    // to itself, such as that a second method is wanted on top.
    if (left === null || this.#signed) {
      this.#signed = false;
      return { type: "none", username: this.#target.user };
    }
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
        const agent = await this.#nextKey();
        return agent && { type: "agent", username, agent };
      }
      case "keyboard-interactive":
        if (!this.#mayAskByKeyboard()) return undefined;
        this.#note(method);
        this.#askedByKeyboard = 0;
        this.#hasAsked = false;
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

  async #nextKey(): Promise<Agent | undefined> {
    for (let key = this.#keys.shift(); key !== undefined; key = this.#keys.shift()) {
      const credential = key;
      this.#note(credential.label);
      const failed = (error: unknown): void => this.#noSignature(credential, error);
      try {
        const publicKey = credential.publicKey ?? (await credential.open());
        return agentOf(this.#context.library, credential, publicKey, {
          signed: () => {
            this.#signed = true;
          },
          failed,
        });
      } catch (error) {
        failed(error);
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
    // PAM's way to have an expired one changed (pam_chauthtok(3)), which is not ours to do.
    if (prompts.some(({ prompt }) => /\bnew\b.*password|retype/i.test(prompt))) {
      throw this.ended("the password has expired");
    }
    const isFirst = this.#askedByKeyboard === 0;
    this.#askedByKeyboard += prompts.length;
    const [only] = prompts;
    const plain = prompts.length === 1 && only !== undefined && only.echo !== true && isLasting(only.prompt);
    // Only what is asked first: the same answer to a second question is none.
    const remembered = plain && isFirst ? await this.#rememberedPassword() : undefined;
    if (remembered !== undefined) {
      this.#trying = remembered;
      return [remembered];
    }
    if (!this.#hasAsked) this.#asked++;
    this.#hasAsked = true;
    const answers: string[] = [];
    for (const { prompt, echo } of prompts) {
      answers.push(await this.#question(oneLine(prompt, 200), echo === true, plain && isFirst));
    }
    // A code may be asked for on top: then it is still the password that is proved, or may be wrong.
    if (plain && isFirst) this.#trying = answers[0];
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
    const tried = [...this.#tried, ...skipped].join(", ") || "nothing: there is no key or password to offer";
    const agent = this.#agentProblem === undefined ? "" : `; ${this.#agentProblem}`;
    const facts = {
      tried: `${oneLine(tried, 1000)}${oneLine(agent, 300)}`,
      methods: oneLine(this.#offered, 200),
      detail: why,
    };
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
      { facts },
    );
  }
}

/** A password, and not one for this time only. */
function isLasting(prompt: string): boolean {
  return /password/i.test(prompt) && !/one.?time|\botp\b|token|code/i.test(prompt);
}
