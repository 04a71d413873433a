import type { Socket } from "node:net";
import type { SandboxError } from "../../core/errors.ts";
import { quoteCommand } from "../quote.ts";
import type { RunningCommand, Session } from "../session.ts";
import { sshError, timedOut } from "../ssh/failures.ts";
import { abortable, onAbort, reasonOf, throwIfAborted } from "../waiting.ts";
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
      return await this.#begin(quoteCommand(argv), AbortSignal.any([signal, late.signal]));
    } catch (error) {
      // What the line carried and the session end in one turn, whoever hears of it first.
      throw error instanceof LineEnded ? await this.closed : error;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#end.abort(this.#lost("the session was closed"));
    if (this.#guard === undefined) this.#line.destroy();
    else this.#guard.end();
  }

  async #begin(commandLine: string, signal: AbortSignal): Promise<RunningCommand> {
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
    const started = await channel.exec(commandLine);
    forget();
    throwIfAborted(signal);
    if (started) return channel;
    if (this.#line.destroyed) throw new LineEnded("the line has ended");
    const detail = "the server runs no commands";
    throw sshError("ssh-unsupported", this.#target, detail, { facts: { feature: detail } });
  }

  #lost(detail: string): SandboxError {
    return sshError("ssh-connection-lost", this.#target, detail);
  }
}
