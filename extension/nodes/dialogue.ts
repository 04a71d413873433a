import type { Writable } from "node:stream";
import { SandboxError } from "../core/errors.ts";
import { oneLine } from "../core/one-line.ts";

/** What a command prints on its way to becoming root; none of it can be in anything else that the node prints. */
export interface DialogueTexts {
  /** On stdout: a shell of ours runs. */
  readonly begun: string;
  /** On stderr: a line with the password is waited for. undefined where none can be asked for. */
  readonly prompt: string | undefined;
  /** On stdout: what was asked for runs now, as root. The answer begins with the next byte. */
  readonly ready: string;
}

/** A command that may ask for a password before it takes its stdin. */
export interface Dialogue extends DialogueTexts {
  /**
   * The password for this attempt, 1 to 3; one above 1 says that the last was refused. `signal` aborts when it is not
   * wanted any more. Time spent here should count for no limit.
   * @throws SandboxError, which ends the command.
   */
  password(attempt: number, signal: AbortSignal): Promise<string>;
  /** What became of the last password. Not called where that stays unknown. */
  judged(accepted: boolean): void;
  /** The command ends without having become root. */
  failed(error: SandboxError): void;
}

/** As sudo's own passwd_tries (sudoers(5)). */
const passwordAttempts = 3;

/** What is to be done with the command. */
export interface Conversing {
  readonly stdin: Writable;
  /** Everything that the command reads once it is ready. */
  readonly script: string;
  readonly signal: AbortSignal;
  /** Ends the command. */
  fail(error: SandboxError): void;
  /** For errors. */
  readonly facts: Readonly<Record<string, string>>;
}

/**
 * The conversation with a command that becomes root: a password is written only where its prompt was printed, and the
 * script only behind the ready line, so that neither can be taken for the other whatever the program in between does.
 */
export class Conversation {
  readonly #dialogue: Dialogue;
  readonly #command: Conversing;
  readonly #begun: Seeker;
  readonly #ready: Seeker;
  readonly #prompt: Seeker | undefined;
  readonly #passwords = new Set<string>();
  /** Aborts what is being asked of the user. */
  readonly #over = new AbortController();
  #hasBegun = false;
  #isReady = false;
  #attempts = 0;
  #isAsking = false;
  #lastSaid = "";

  constructor(dialogue: Dialogue, command: Conversing) {
    this.#dialogue = dialogue;
    this.#command = command;
    this.#begun = new Seeker(dialogue.begun);
    this.#ready = new Seeker(dialogue.ready);
    this.#prompt = dialogue.prompt === undefined ? undefined : new Seeker(dialogue.prompt);
  }

  /** Hears stdout. Tells where in this piece the answer begins, once; what came before is none of it. */
  hearOutput(chunk: Buffer): number | undefined {
    if (this.#isReady) return undefined;
    this.#hasBegun ||= this.#begun.endIn(chunk) !== undefined;
    const end = this.#ready.endIn(chunk);
    if (end === undefined) return undefined;
    this.#isReady = true;
    if (this.#attempts > 0 && !this.#isAsking) this.#dialogue.judged(true);
    this.#over.abort();
    this.#command.stdin.end(this.#command.script);
    return end;
  }

  /** Hears stderr. */
  hearErrors(chunk: Buffer): void {
    if (this.#isReady) return;
    let rest = chunk;
    for (;;) {
      const end = this.#prompt?.endIn(rest);
      if (end === undefined) break;
      this.#lastSaid = "";
      rest = rest.subarray(end);
      this.#answer();
    }
    this.#lastSaid = (this.#lastSaid + rest.toString("utf8")).slice(-maxSaid);
  }

  /** Stops asking. Call it when the command is over, whatever came of it. */
  stop(): void {
    this.#over.abort();
  }

  /** Why the command, which has ended by itself, did not become root; undefined where that is not what failed. */
  failure(): SandboxError | undefined {
    if (this.#isReady || !this.#hasBegun) return undefined;
    const said = this.#said();
    const wasTried = this.#attempts > 0 && !this.#isAsking;
    // Of a password that was right in vain nothing is lost but having to type it again.
    if (wasTried) this.#dialogue.judged(false);
    const refused = wasTried && (said === "" || /incorrect|try again|authentication fail/i.test(said));
    const error = this.#error(refused ? "become-password" : "become-failed", said);
    this.#dialogue.failed(error);
    return error;
  }

  /** Text without the passwords that were given: a program may print what it reads. */
  redact(text: string): string {
    let clean = text;
    for (const password of this.#passwords) clean = clean.replaceAll(password, "…");
    return clean;
  }

  #answer(): void {
    // Only what has got an answer asks again.
    if (this.#isAsking) return;
    if (this.#attempts > 0) this.#dialogue.judged(false);
    if (this.#attempts === passwordAttempts) {
      const error = this.#error("become-password", `${passwordAttempts} passwords were refused`);
      this.#dialogue.failed(error);
      this.#command.fail(error);
      return;
    }
    this.#attempts++;
    this.#isAsking = true;
    this.#dialogue.password(this.#attempts, AbortSignal.any([this.#command.signal, this.#over.signal])).then(
      (typed) => {
        if (this.#over.signal.aborted) return;
        this.#isAsking = false;
        // Behind a line's end the rest would be read as something else.
        const [password = ""] = typed.split(/[\r\n\0]/u, 1);
        if (password !== "") this.#passwords.add(password);
        this.#command.stdin.write(`${password}\n`);
      },
      (error: unknown) => {
        if (this.#over.signal.aborted) return;
        this.#command.fail(
          error instanceof SandboxError
            ? error
            : new SandboxError("internal", "the password could not be asked for", { cause: error }),
        );
      },
    );
  }

  /** The last line that the program printed: before it stand warnings, a lecture, a banner. */
  #said(): string {
    const lines = this.#lastSaid.split("\n").filter((line) => line.trim() !== "");
    const said = oneLine(this.redact(lines.at(-1) ?? ""), 300);
    // OpenDoas' and OpenBSD's doas.c, with -n.
    return /^doas: auth\w+ (required|failed)/i.test(said)
      ? "doas wants a password, which it reads from a terminal only: a rule with nopass is needed"
      : said;
  }

  #error(reason: "become-password" | "become-failed", said: string): SandboxError {
    const detail = said === "" ? "the program ended without a word" : said;
    return new SandboxError(reason, `becoming root: ${detail}`, {
      facts: { ...this.#command.facts, detail },
    });
  }
}

const empty = Buffer.alloc(0);
/** Of what was said before it ended, in characters. */
const maxSaid = 4000;

/** Looks for a text in what comes in pieces, in time linear in their length. */
class Seeker {
  readonly #text: Buffer;
  /** What the last piece ended with, shorter than the text. */
  #tail: Buffer = empty;

  constructor(text: string) {
    this.#text = Buffer.from(text, "utf8");
  }

  /** Where in this piece the text ends, the first time; undefined where it does not. */
  endIn(piece: Buffer): number | undefined {
    const joined = Buffer.concat([this.#tail, piece]);
    const start = joined.indexOf(this.#text);
    if (start < 0) {
      this.#tail = joined.subarray(Math.max(0, joined.length - this.#text.length + 1));
      return undefined;
    }
    const end = start + this.#text.length - this.#tail.length;
    this.#tail = empty;
    return end;
  }
}
