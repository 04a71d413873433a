import type { Duplex } from "node:stream";
import type { SandboxError } from "../../core/errors.ts";
import type { ClientChannel, ExecOptions, SshClient } from "../library.ts";
import { quoteCommand } from "../quote.ts";
import {
  Refused,
  terminalName,
  type Exit,
  type NodeTerminal,
  type RunningCommand,
  type Session,
  type TerminalSize,
} from "../session.ts";
import { abortable } from "../waiting.ts";
import { fromSshError, sshError, timedOut } from "./failures.ts";
import type { SshTarget } from "./target.ts";

/** How long the other side may take to say goodbye. */
const closeMs = 500;

/** A client that is logged in, and the stream below it. */
export interface LoggedIn {
  readonly client: SshClient;
  readonly stream: Duplex;
}

/** A connection of the built-in client. */
export class SshSession implements Session {
  readonly name: string;
  readonly ending: AbortSignal;
  readonly closed: Promise<SandboxError>;
  readonly #target: SshTarget;
  readonly #client: SshClient;
  readonly #stream: Duplex;
  readonly #end = new AbortController();
  /** Aborted with why when it is over. */
  readonly #over = new AbortController();
  readonly #settle: (why: SandboxError) => void;

  constructor(target: SshTarget, { client, stream }: LoggedIn) {
    const { user, host, port } = target;
    this.name = `${user}@${host}:${port}`;
    this.#target = target;
    this.#client = client;
    this.#stream = stream;
    this.ending = this.#end.signal;
    ({ promise: this.closed, resolve: this.#settle } = Promise.withResolvers<SandboxError>());
    let last: unknown;
    client.on("error", (error: Error) => {
      last ??= error;
    });
    // The other side said goodbye: nothing new can be sent.
    client.on("end", () => this.#end.abort());
    client.on("close", () => this.#isOver(last ?? new Error("the server closed the connection")));
  }

  async start(argv: readonly string[]): Promise<RunningCommand> {
    return this.#exec(argv, {}, (channel) => this.#commandOn(channel));
  }

  async terminal(argv: readonly string[], { columns: cols, rows }: TerminalSize): Promise<NodeTerminal> {
    // The size in pixels is not known.
    const pty = { term: terminalName, cols, rows, width: 0, height: 0 };
    return this.#exec(argv, { pty }, (channel) => ({
      ...this.#commandOn(channel),
      kind: "stream" as const,
      resize: (size: TerminalSize) => {
        // ssh2 sends it on a channel that is closed, too.
        if (channel.writable) channel.setWindow(size.rows, size.columns, 0, 0);
      },
    }));
  }

  /** `onChannel` is called in the turn in which the other side says that the command runs. */
  async #exec<T extends RunningCommand>(
    argv: readonly string[],
    options: ExecOptions,
    onChannel: (channel: ClientChannel) => T,
  ): Promise<T> {
    const line = quoteCommand(argv);
    const ms = this.#target.connectTimeoutMs;
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort(timedOut(this.#target, "channel", ms));
      // Where a channel is not opened in time, none will be.
      this.#end.abort();
    }, ms);
    try {
      return await abortable(
        this.#call<T>((resolve, reject) => {
          this.#client.exec(line, options, (error, channel) => {
            if (error) reject(error);
            else if (late.signal.aborted) channel.close();
            // At once: the exit status may be in the same packet, and whoever listens later misses it.
            else resolve(onChannel(channel));
          });
        }),
        late.signal,
      );
    } catch (error) {
      if (isRefusal(error)) throw new Refused(error.message, { cause: error });
      // ssh2 says no more than this when the server refuses a request, as those for file transfer only do.
      const said = error instanceof Error ? error.message : "";
      if (said === "Unable to request a pseudo-terminal") {
        throw sshError("node-no-shell", this.#target, "the server gives no terminal", { cause: error });
      }
      if (said === "Unable to exec") {
        const detail = "the server runs no commands";
        throw sshError("ssh-unsupported", this.#target, detail, { cause: error, facts: { feature: detail } });
      }
      throw fromSshError(error, this.#target, "channel");
    } finally {
      clearTimeout(timer);
    }
  }

  async forward(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
    try {
      const opening = this.#call<Duplex>((resolve, reject) => {
        this.#client.forwardOut("127.0.0.1", 0, host, port, (error, stream) => {
          if (error) reject(error);
          else resolve(stream);
        });
      });
      // Given up while it was being opened: it must not stay open.
      opening.then(
        (stream) => {
          if (signal.aborted) stream.destroy();
        },
        () => {},
      );
      return await abortable(opening, signal);
    } catch (error) {
      if (isRefusal(error)) {
        const detail = `the jump host cannot reach ${host}:${port}: ${error.message}`;
        throw sshError("ssh-unreachable", this.#target, detail, { cause: error, facts: { step: "connect" } });
      }
      throw fromSshError(error, this.#target, "connect");
    }
  }

  close(): void {
    this.#end.abort();
    this.#client.end();
    // end() waits for the other side, which may be gone; so may a jump host that would have to tell us.
    setTimeout(() => this.#isOver(new Error("the connection was closed")), closeMs).unref();
  }

  /** A call to ssh2 that would hang for ever when the connection goes. */
  #call<T>(call: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T> {
    return abortable(
      new Promise<T>((resolve, reject) => {
        try {
          call(resolve, reject);
        } catch (error) {
          // ssh2 throws where the line is gone already and it has not told yet: nothing was sent.
          this.#isOver(error);
          reject(fromSshError(error, this.#target, "channel"));
        }
      }),
      this.#over.signal,
    );
  }

  #isOver(error: unknown): void {
    if (this.#over.signal.aborted) return;
    const why = fromSshError(error, this.#target, "command");
    this.#over.abort(why);
    this.#end.abort();
    this.#stream.destroy();
    this.#settle(why);
  }

  #commandOn(channel: ClientChannel): RunningCommand {
    let exit: Exit | undefined;
    channel.on("exit", (code: number | null) => {
      exit = { code };
    });
    const closed = new Promise<void>((resolve) => channel.once("close", () => resolve()));
    const stderrEnded = new Promise<void>((resolve) => channel.stderr.once("end", () => resolve()));
    const over = this.#over.signal;
    // Ends too, as far as anybody can tell, when what carries it is gone. What is chained to `closed` would pile up there.
    const orOver = (work: Promise<unknown>): Promise<void> =>
      abortable(work, over).then(
        () => {},
        () => {},
      );
    return {
      stdin: channel,
      stdout: channel,
      stderr: channel.stderr,
      // A channel that the line's end has closed tells the status, but not that the output is whole.
      exit: orOver(Promise.all([closed, stderrEnded])).then(() => (over.aborted ? undefined : exit)),
      gone: orOver(closed),
      stop: () => {
        if (this.#over.signal.aborted) return;
        // RFC 4254 6.9; sshd passes it on to the command.
        channel.signal("TERM");
        channel.close();
        // What is not read keeps the channel from closing.
        channel.resume();
        channel.stderr.resume();
      },
    };
  }
}

/** The server said no to a channel (RFC 4254 5.1): ssh2 puts the code into `reason`. */
function isRefusal(error: unknown): error is Error & { readonly reason: number } {
  return error instanceof Error && "reason" in error && typeof error.reason === "number";
}
