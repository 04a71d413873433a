import { SandboxError } from "../../core/errors.ts";
import { oneLine } from "../../core/one-line.ts";
import type { Credential, CredentialContext, Credentials } from "./credentials.ts";
import { sshError } from "./failures.ts";
import { keyRing } from "./key-ring.ts";
import type { AnyAuthMethod } from "../library.ts";
import type { SshTarget } from "./target.ts";

interface ServerPrompt {
  readonly prompt: string;
  readonly echo?: boolean;
}

/** As OpenSSH's NumberOfPasswordPrompts. Counted over password and keyboard-interactive together. */
const passwordAttempts = 3;
/** No login asks for more at once; a server that does wants something else. */
const maxPrompts = 8;

/**
 * Chooses what to try next on one connection, in OpenSSH's order: keys, keyboard-interactive, password.
 * `fail` ends the connection attempt.
 */
export class Authentication {
  readonly #target: SshTarget;
  readonly #context: CredentialContext;
  readonly #fail: (error: SandboxError) => void;
  readonly #tried: string[] = [];
  readonly #skipped: Credentials["skipped"];
  /** Batches of keys not yet offered: first all whose public key is known, then those that must be opened for it. */
  readonly #keyBatches: Credential[][];
  #asked = 0;
  #keyboardUseful = true;
  #askedByKeyboard = 0;
  /** A password is being tried; it is remembered, and forgotten when the server refuses it. */
  #tryingPassword = false;
  #offered = "";

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
    const known = credentials.usable.filter((credential) => credential.publicKey !== undefined);
    const closed = credentials.usable.filter((credential) => credential.publicKey === undefined);
    this.#keyBatches = [...(known.length > 0 ? [known] : []), ...closed.map((credential) => [credential])];
  }

  /** ssh2's authHandler: `left` is null before the server has said what it takes. */
  next(left: readonly string[] | null, proceed: (method: AnyAuthMethod) => void): void {
    this.#choose(left).then(proceed, (error: unknown) => {
      this.#fail(error instanceof SandboxError ? error : this.#failure(oneLine(String(error), 200)));
    });
  }

  /** What to say when the server ends it in the middle. */
  ended(why: string): SandboxError {
    this.#forgetPassword();
    return this.#failure(why);
  }

  async #choose(left: readonly string[] | null): Promise<AnyAuthMethod> {
    const username = this.#target.user;
    // "none" never hurts and makes the server name its methods (RFC 4252 5.2).
    if (left === null) return { type: "none", username };
    this.#offered = left.join(", ");
    const { auth } = this.#target;
    this.#forgetPassword();
    if (auth.publicKey && left.includes("publickey")) {
      const ring = await this.#nextKeys();
      if (ring !== undefined) return { type: "agent", username, agent: ring };
    }
    if (auth.keyboardInteractive && left.includes("keyboard-interactive") && this.#mayAskByKeyboard()) {
      this.#note("keyboard-interactive");
      this.#askedByKeyboard = 0;
      return {
        type: "keyboard-interactive",
        username,
        prompt: (_name, _instructions, _language, prompts, finish) => {
          this.#answer(prompts).then(finish, (error: unknown) => {
            this.#fail(error instanceof SandboxError ? error : this.#failure(String(error)));
          });
        },
      };
    }
    if (auth.password && left.includes("password") && this.#asked < passwordAttempts) {
      this.#note("password");
      const remembered = this.#rememberedPassword();
      if (remembered === undefined) this.#asked++;
      const password = remembered ?? (await this.#question(undefined, false));
      this.#tryingPassword = true;
      return { type: "password", username, password };
    }
    throw this.#failure("nothing was accepted");
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

  #mayAskByKeyboard(): boolean {
    // The last round failed without a question: the server has nothing to ask.
    if (this.#tried.includes("keyboard-interactive") && this.#askedByKeyboard === 0)
      this.#keyboardUseful = false;
    return this.#keyboardUseful && this.#asked < passwordAttempts;
  }

  async #answer(prompts: readonly ServerPrompt[]): Promise<string[]> {
    if (prompts.length > maxPrompts)
      throw this.#failure(`the server asks ${prompts.length} questions at once`);
    this.#askedByKeyboard += prompts.length;
    const [only] = prompts;
    const plain =
      prompts.length === 1 && only !== undefined && only.echo !== true && /password/i.test(only.prompt);
    const remembered = plain ? this.#rememberedPassword() : undefined;
    if (remembered !== undefined) {
      this.#tryingPassword = true;
      return [remembered];
    }
    const answers: string[] = [];
    this.#asked++;
    for (const { prompt, echo } of prompts) {
      answers.push(await this.#question(oneLine(prompt, 200), echo === true, plain));
    }
    this.#tryingPassword = plain;
    return answers;
  }

  #question(prompt: string | undefined, echo: boolean, isPassword = true): Promise<string> {
    const { asking, prompts, secrets } = this.#context;
    const { user, host, key } = this.#target;
    return asking.put(async (signal) => {
      const answer = await prompts.password({ user, host, attempt: this.#asked, prompt, echo }, signal);
      if (answer === undefined)
        throw new SandboxError("cancelled", `no password was given for ${user}@${host}`);
      if (isPassword) secrets.rememberPassword(key, answer);
      return answer;
    });
  }

  #forgetPassword(): void {
    if (this.#tryingPassword) this.#context.secrets.forgetPassword(this.#target.key);
    this.#tryingPassword = false;
  }

  #rememberedPassword(): string | undefined {
    return this.#context.secrets.password(this.#target.key);
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
