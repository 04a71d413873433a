import type { Duplex } from "node:stream";
import type { SandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { fromSshError, sshError, timedOut } from "./ssh/failures.ts";
import { runOnChannel, type CommandLimits } from "./command.ts";
import type { LoggedIn } from "./ssh/establish.ts";
import { quoteCommand } from "./quote.ts";
import type { SshTarget } from "./ssh/target.ts";
import type { RunRequest, RunResult } from "./transport.ts";
import { abortable, onAbort, Places } from "./waiting.ts";

/** Below sshd's default of ten sessions in a connection (sshd_config(5) MaxSessions): the rest wait their turn. */
const maxChannels = 8;
/** How long a cancelled command may take to go away before its connection gets no new ones. */
const zombieMs = 5_000;

/** How long the other side may take to say goodbye. */
const closeMs = 500;

/**
 * The command did not begin, or the connection was lost before the server said that it had and before any of its
 * stdin was sent. It may be tried again on another connection.
 */
export class NotStarted extends Error {
  readonly reason: SandboxError;

  constructor(reason: SandboxError) {
    super(reason.message, { cause: reason });
    this.name = "NotStarted";
    this.reason = reason;
  }
}

/** A command that was started. In an object, as a promise cannot hold a promise. */
interface Begun {
  readonly answer: Promise<RunResult>;
}

interface Place {
  /** May be called twice. */
  free(): void;
}

/** What a connection tells the pool. */
export interface ConnectionEvents {
  /** Nobody uses it any more. */
  onIdle(connection: SshConnection): void;
  /** It is closed; called once. */
  onClosed(connection: SshConnection): void;
}

/** One logged-in connection, shared by several commands. Closes itself when idle. */
export class SshConnection {
  readonly target: SshTarget;
  readonly #session: LoggedIn;
  readonly #log: Log;
  readonly #idleMs: number;
  readonly #channelTimeoutMs: number;
  readonly #events: ConnectionEvents;
  readonly #places = new Places(maxChannels);
  readonly #lost = new AbortController();
  /** Commands and dependent connections. */
  #users = 0;
  #channels = 0;
  /** Aborted when it takes no new commands. */
  readonly #retired = new AbortController();
  #used = false;
  #closed = false;
  #idleSince = performance.now();
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(
    target: SshTarget,
    session: LoggedIn,
    options: { readonly idleMs: number; readonly channelTimeoutMs: number; readonly log: Log },
    events: ConnectionEvents,
  ) {
    this.target = target;
    this.#session = session;
    this.#log = options.log;
    this.#idleMs = options.idleMs;
    this.#channelTimeoutMs = options.channelTimeoutMs;
    this.#events = events;
    let last: unknown;
    session.client.on("error", (error: Error) => {
      last ??= error;
    });
    // The other side said goodbye: nothing new can be sent.
    session.client.on("end", () => this.#turnAway("the server closed the connection"));
    session.client.on("close", () => this.#onClose(last));
    this.#startIdling();
  }

  /** Whether new commands may use it. */
  get usable(): boolean {
    return !this.#retired.signal.aborted && !this.#lost.signal.aborted;
  }

  get idle(): boolean {
    // A new one is about to be used by whom it was made for.
    return this.#used && this.#users === 0;
  }

  /** performance.now() of the last time that it became idle. */
  get idleSince(): number {
    return this.#idleSince;
  }

  /**
   * Runs one command.
   * @throws NotStarted, or SandboxError once the command may have begun.
   */
  async run(request: RunRequest, limits: CommandLimits): Promise<RunResult> {
    const done = this.#use();
    try {
      const { answer } = await this.#begin(request, limits);
      return await answer;
    } finally {
      done();
    }
  }

  /** Opens a stream from the server to another host, for a jump. `release` must be called when it is closed. */
  async forward(
    host: string,
    port: number,
    signal: AbortSignal,
  ): Promise<{ readonly stream: Duplex; readonly release: () => void }> {
    const release = this.#use();
    try {
      const opening = this.#lostOr<Duplex>((resolve, reject) => {
        this.#session.client.forwardOut("127.0.0.1", 0, host, port, (error, stream) => {
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
      return { stream: await abortable(opening, signal), release };
    } catch (error) {
      release();
      if (isRefusal(error)) {
        const detail = `the jump host cannot reach ${host}:${port}: ${error.message}`;
        throw sshError("ssh-unreachable", this.target, detail, { cause: error, facts: { step: "connect" } });
      }
      throw fromSshError(error, this.target, "connect");
    }
  }

  /** Takes no new commands; closes once the running ones are done. */
  retire(): void {
    this.#turnAway("the server has no more sessions for us");
    if (this.#users === 0) this.close();
  }

  /** Ends it at once. Commands that run fail with `reason`, by default `ssh-connection-lost`. */
  close(
    reason: SandboxError = sshError("ssh-connection-lost", this.target, "the connection was closed"),
  ): void {
    clearTimeout(this.#idleTimer);
    if (!this.#lost.signal.aborted) this.#lost.abort(reason);
    this.#session.client.end();
    // end() waits for the other side, which may be gone; so may a jump host that would have to tell us.
    setTimeout(() => this.#onClose(undefined), closeMs).unref();
  }

  /** Sends those who wait for a place to another connection. */
  #turnAway(why: string): void {
    this.#retired.abort(sshError("ssh-connection-lost", this.target, why));
  }

  #use(): () => void {
    clearTimeout(this.#idleTimer);
    this.#used = true;
    this.#users++;
    let done = false;
    return () => {
      if (done) return;
      done = true;
      if (--this.#users > 0 || this.#lost.signal.aborted) return;
      if (this.#retired.signal.aborted) this.close();
      else {
        this.#startIdling();
        this.#events.onIdle(this);
      }
    };
  }

  #startIdling(): void {
    this.#idleSince = performance.now();
    this.#idleTimer = setTimeout(() => {
      this.#log.debug(`${this.#name()}: idle, closing`);
      this.close();
    }, this.#idleMs).unref();
  }

  /** Starts the command as soon as there is room for it. */
  async #begin(request: RunRequest, limits: CommandLimits): Promise<Begun> {
    for (;;) {
      const place = await this.#takePlace(limits.signal);
      try {
        return await this.#exec(request, limits, place).catch((error: unknown) => {
          if (!isRefusal(error)) throw error;
          // sshd frees a session only when it has dealt with all that came with its end, such as our next request.
          return this.#exec(request, limits, place);
        });
      } catch (error) {
        if (!isRefusal(error)) throw error;
        // sshd's MaxSessions is lower than we thought: with others running, wait for one of them to end.
        if (this.#channels > 1) {
          this.#places.shrink();
          place.free();
          this.#log.info(`${this.#name()}: the server allows ${this.#channels} sessions at once`);
          continue;
        }
        place.free();
        // Sessions that we gave up still count on the server; only a new connection helps.
        const detail = `the server opens no session: ${error.message}`;
        this.#turnAway(detail);
        throw new NotStarted(
          sshError("ssh-unsupported", this.target, detail, {
            cause: error,
            facts: { feature: "session channel" },
          }),
        );
      }
    }
  }

  /**
   * A place among the channels that the server lets us have. It is to be freed when the server is done with the
   * channel, not when we are: the session of a cancelled command counts until the command has ended.
   */
  async #takePlace(signal: AbortSignal): Promise<Place> {
    let leave: () => void;
    try {
      leave = await this.#places.take(AbortSignal.any([signal, this.#lost.signal, this.#retired.signal]));
    } catch (error) {
      throw signal.aborted ? error : new NotStarted(fromSshError(error, this.target, "channel"));
    }
    this.#channels++;
    let zombie: NodeJS.Timeout | undefined;
    const forget = onAbort(signal, () => {
      zombie = setTimeout(() => this.retire(), zombieMs).unref();
    });
    let isFree = false;
    return {
      free: () => {
        if (isFree) return;
        isFree = true;
        forget();
        clearTimeout(zombie);
        this.#channels--;
        leave();
      },
    };
  }

  /** Opens a channel and starts the command on it. */
  async #exec(request: RunRequest, limits: CommandLimits, place: Place): Promise<Begun> {
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(timedOut(this.target, "channel", this.#channelTimeoutMs)),
      this.#channelTimeoutMs,
    );
    const givenUp = AbortSignal.any([limits.signal, late.signal]);
    const ended = AbortSignal.any([givenUp, this.#lost.signal]);
    const opening = this.#lostOr<Begun>((resolve, reject) => {
      this.#session.client.exec(quoteCommand(request.argv), (error, channel) => {
        if (error) {
          if (givenUp.aborted) place.free();
          reject(error);
          return;
        }
        channel.once("close", () => place.free());
        // At once: the exit status may be in the same packet, and whoever listens later misses it.
        resolve({ answer: runOnChannel(channel, request.stdin, this.target, { ...limits, signal: ended }) });
      });
    });
    try {
      return await abortable(opening, givenUp);
    } catch (error) {
      if (isRefusal(error) || limits.signal.aborted) throw error;
      // Where a channel is not opened in time, none will be.
      if (late.signal.aborted) this.retire();
      // Nothing was sent to the command yet, so it may be sent again.
      if (this.#lost.signal.aborted) throw new NotStarted(fromSshError(error, this.target, "channel"));
      place.free();
      // ssh2 says no more than this when the server refuses "exec", as those for file transfer only do.
      if (error instanceof Error && error.message === "Unable to exec") {
        const detail = "the server runs no commands";
        throw sshError("ssh-unsupported", this.target, detail, { cause: error, facts: { feature: detail } });
      }
      throw fromSshError(error, this.target, "channel");
    } finally {
      clearTimeout(timer);
    }
  }

  /** A call to ssh2 that would hang for ever when the connection goes. */
  #lostOr<T>(call: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T> {
    return abortable(
      new Promise<T>((resolve, reject) => {
        try {
          call(resolve, reject);
        } catch (error) {
          // ssh2 throws where the line is gone already and it has not told yet: nothing was sent.
          if (!this.#lost.signal.aborted) this.#lost.abort(fromSshError(error, this.target, "channel"));
          this.#session.stream.destroy();
          reject(error);
        }
      }),
      this.#lost.signal,
    );
  }

  #onClose(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    if (!this.#lost.signal.aborted) {
      const failure = fromSshError(
        error ?? new Error("the server closed the connection"),
        this.target,
        "command",
      );
      this.#log.info(`connection lost: ${failure.message}`);
      this.#lost.abort(failure);
    }
    this.#session.stream.destroy();
    this.#events.onClosed(this);
  }

  #name(): string {
    const { user, host, port } = this.target;
    return `${user}@${host}:${port}`;
  }
}

/** The server said no to a channel (RFC 4254 5.1): ssh2 puts the code into `reason`. */
function isRefusal(error: unknown): error is Error & { readonly reason: number } {
  return error instanceof Error && "reason" in error && typeof error.reason === "number";
}
