import type { Socket } from "node:net";
import type { SandboxError } from "../../core/errors.ts";
import { quoteCommand } from "../quote.ts";
import type { NodeTerminal, RunningCommand, Session, TerminalSize } from "../session.ts";
import { sshError, timedOut } from "../ssh/failures.ts";
import { abortable, onAbort, reasonOf, throwIfAborted } from "../waiting.ts";
import type { Channel } from "./channel.ts";
import { Channels, LineEnded } from "./channels.ts";
import type { Guard } from "./guard.ts";
import type { ProxyLine } from "./mux.ts";
import type { OpenSshTarget } from "./program.ts";

/** The connection of an installed ssh, which carries our commands besides its own. */
export class OpenSshSession implements Session {
  readonly name: string;
  readonly ending: AbortSignal;
  readonly closed: Promise<SandboxError>;
  readonly #target: OpenSshTarget;
  readonly #channels: Channels;
  readonly #line: Socket;
  readonly #guard: Guard | undefined;
  readonly #end = new AbortController();

  /**
   * `guard` watches the ssh where it was started for this session, and is to end with it; `lastWords` tells what it
   * said when it ended.
   */
  constructor(target: OpenSshTarget, line: ProxyLine, guard: Guard | undefined, lastWords: () => string) {
    this.name = `ssh ${target.user}@${target.host}:${target.port}`;
    this.#target = target;
    this.#line = line.socket;
    this.#guard = guard;
    this.#channels = new Channels(line.socket);
    this.ending = this.#end.signal;
    this.closed = this.#channels.ended.then(async (wrong) => {
      this.#end.abort(this.#lost(wrong?.message ?? (lastWords() || "the connection has ended")));
      // It holds its end of the line as long as it lives: only where we let go of ours it is still there.
      if (wrong === undefined) this.#guard?.release();
      else this.#guard?.end();
      await this.#guard?.gone;
      return reasonOf(this.#end.signal);
    });
  }

  async start(argv: readonly string[], signal: AbortSignal): Promise<RunningCommand> {
    return this.#start(argv, undefined, signal);
  }

  async terminal(argv: readonly string[], size: TerminalSize, signal: AbortSignal): Promise<NodeTerminal> {
    return this.#start(argv, size, signal);
  }

  close(): void {
    this.#end.abort(this.#lost("the session was closed"));
    if (this.#guard === undefined) this.#line.destroy();
    else this.#guard.end();
  }

  /** `size` where it is to have a terminal. */
  async #start(
    argv: readonly string[],
    size: TerminalSize | undefined,
    signal: AbortSignal,
  ): Promise<Channel> {
    throwIfAborted(signal);
    throwIfAborted(this.ending);
    const ms = this.#target.connectTimeoutMs;
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort(timedOut(this.#target, "channel", ms));
      // Where a channel is not opened in time, none will be.
      this.#end.abort(reasonOf(late.signal));
    }, ms);
    try {
      return await this.#begin(quoteCommand(argv), size, AbortSignal.any([signal, late.signal]));
    } catch (error) {
      // What the line carried and the session end in one turn, whoever hears of it first.
      throw error instanceof LineEnded ? await this.closed : error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #begin(commandLine: string, size: TerminalSize | undefined, signal: AbortSignal): Promise<Channel> {
    const opening = this.#channels.open();
    // It may be opened when nobody waits for it any more.
    void opening.then(
      (channel) => {
        if (signal.aborted) channel.stop();
      },
      () => {},
    );
    const channel = await abortable(opening, signal);
    const forget = onAbort(signal, () => channel.stop());
    const hasTerminal = size === undefined || (await channel.giveTerminal(size));
    const started = hasTerminal && (await channel.exec(commandLine));
    forget();
    throwIfAborted(signal);
    if (started) return channel;
    if (this.#line.destroyed) throw new LineEnded("the line has ended");
    if (!hasTerminal) {
      throw sshError("node-no-shell", this.#target, "the server gives no terminal");
    }
    const detail = "the server runs no commands";
    throw sshError("ssh-unsupported", this.#target, detail, { facts: { feature: detail } });
  }

  #lost(detail: string): SandboxError {
    return sshError("ssh-connection-lost", this.#target, detail);
  }
}
