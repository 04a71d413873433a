import { asSandboxError, SandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { runCommand, type CommandLimits, type CommandRequest } from "./command.ts";
import { Refused, type Destination, type NodeTerminal, type Session, type TerminalSize } from "./session.ts";
import type { RunResult } from "./transport.ts";
import { abortable, delay, onAbort, Places } from "./waiting.ts";

/** How long a cancelled command may take to go away before its session gets no new ones. */
const zombieMs = 5_000;
/**
 * Milliseconds before a refused command is asked for again. sshd frees a session only when it has dealt with all that
 * came with its end, such as our next request, and under load a while later.
 */
const refusedMs = [0, 25, 50, 100, 200, 400];

/** What to run: see RunRequest; `stdin` and `dialogue` are the command's. */
export interface NodeRequest extends CommandRequest {
  readonly argv: readonly string[];
}

/**
 * The command did not begin, or the session was lost before the other side said that it had and before any of its
 * stdin was sent. It may be tried again in another session.
 */
export class NotStarted extends Error {
  override readonly name = "NotStarted";
  readonly reason: SandboxError;
  /** It only waited for its turn in a session that we gave up: that says nothing against the next one. */
  readonly onlyWaited: boolean;

  constructor(reason: SandboxError, onlyWaited = false) {
    super(reason.message, { cause: reason });
    this.reason = reason;
    this.onlyWaited = onlyWaited;
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

/** Starts a command in a place, which it frees once the command is gone. `ended` aborts when nobody waits for it. */
type Start<T> = (place: Place, ended: AbortSignal) => Promise<T>;

export interface ConnectionOptions {
  /** Milliseconds without a command after which it is closed. */
  readonly idleMs: number;
  /** It takes one of the pool's places, which others may wait for. */
  readonly hasPlace: boolean;
  readonly log: Log;
}

/** What a connection tells the pool. */
export interface ConnectionEvents {
  /** A command is done, or what it carried. */
  onDone(connection: NodeConnection): void;
  /** It comes to its end, and that is not our doing; called once at most, before anybody who uses it hears of it. */
  onLost(): void;
  /** It is over, and undone; called once. */
  onClosed(connection: NodeConnection): void;
}

/** One open session, shared by several commands. Closes itself when idle. */
export class NodeConnection {
  readonly hasPlace: boolean;
  readonly #destination: Destination;
  readonly #session: Session;
  readonly #log: Log;
  readonly #idleMs: number;
  readonly #events: ConnectionEvents;
  readonly #places: Places;
  readonly #openedAt = performance.now();
  readonly #lost = new AbortController();
  /** Aborted when it takes no new commands. */
  readonly #retired = new AbortController();
  /** Resolves when the session is over, and undone. */
  readonly closed: Promise<void>;
  /** Commands and dependent sessions. */
  #users = 0;
  /** Commands that the other side counts. */
  #commands = 0;
  #used = false;
  #isGivenUp = false;
  #idleSince = performance.now();
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(
    destination: Destination,
    session: Session,
    options: ConnectionOptions,
    events: ConnectionEvents,
  ) {
    this.#destination = destination;
    this.#session = session;
    this.hasPlace = options.hasPlace;
    this.#log = options.log;
    this.#idleMs = options.idleMs;
    this.#events = events;
    this.#places = new Places(destination.maxCommands);
    onAbort(session.ending, () => {
      if (!this.#lost.signal.aborted) events.onLost();
      this.#turnAway("the other side takes no more commands");
    });
    this.closed = session.closed.then((reason) => this.#onClosed(reason));
    this.#startIdling();
  }

  get session(): Session {
    return this.#session;
  }

  /** Whether new commands may use it. */
  get usable(): boolean {
    return !this.#retired.signal.aborted && !this.#lost.signal.aborted && !this.#session.ending.aborted;
  }

  get idle(): boolean {
    // A new one is about to be used by whom it was made for.
    return this.#used && this.#users === 0;
  }

  /** performance.now() of the last time that it became idle. */
  get idleSince(): number {
    return this.#idleSince;
  }

  /** Milliseconds since it was opened. */
  get ageMs(): number {
    return performance.now() - this.#openedAt;
  }

  /**
   * Runs one command; `onStarted` is called when the other side has said that it began.
   * @throws NotStarted, or SandboxError once the command may have begun.
   */
  async run(request: NodeRequest, limits: CommandLimits, onStarted?: () => void): Promise<RunResult> {
    const done = this.use();
    try {
      const { signal } = limits;
      const { answer } = await this.#begin(signal, async (place, ended): Promise<Begun> => {
        const command = await this.#session.start(request.argv, signal);
        void command.gone.then(() => place.free());
        // In the turn in which it began: whoever listens later misses what it printed.
        const running = runCommand(command, request, { ...limits, signal: ended }, this.#where());
        // Whoever asked for the command may have given up before it was started.
        running.catch(() => {});
        return { answer: running };
      });
      onStarted?.();
      return await answer;
    } finally {
      done();
    }
  }

  /**
   * Starts a command with a terminal, which counts as running until it is gone. `signal` ends the starting alone.
   * @throws as `run`.
   */
  async terminal(argv: readonly string[], size: TerminalSize, signal: AbortSignal): Promise<NodeTerminal> {
    const done = this.use();
    try {
      const terminal = await this.#begin(signal, async (place, ended) => {
        const started = await this.#session.terminal(argv, size, signal);
        void started.gone.then(() => place.free());
        // Given up while it was being started: nobody has it, so nobody else will stop it.
        if (ended.aborted) started.stop();
        return started;
      });
      void terminal.gone.then(done);
      return terminal;
    } catch (error) {
      done();
      throw error;
    }
  }

  /** Keeps it from being idle until the function returned is called. */
  use(): () => void {
    clearTimeout(this.#idleTimer);
    this.#used = true;
    this.#users++;
    let done = false;
    return () => {
      if (done) return;
      done = true;
      this.#users--;
      if (this.#lost.signal.aborted) return;
      if (this.#users === 0) {
        if (this.#retired.signal.aborted) this.close();
        else this.#startIdling();
      }
      this.#events.onDone(this);
    };
  }

  /** Takes no new commands; closes once the running ones are done. */
  retire(why: string): void {
    this.#isGivenUp = true;
    this.#turnAway(why);
    if (this.#users === 0) this.close();
  }

  /** Ends it at once. Commands that run fail with `reason`, by default `ssh-connection-lost`. */
  close(reason: SandboxError = this.#error("ssh-connection-lost", "the connection was closed")): void {
    clearTimeout(this.#idleTimer);
    if (!this.#lost.signal.aborted) this.#lost.abort(reason);
    this.#session.close();
  }

  /** Sends those who wait for a place to another session. */
  #turnAway(why: string): void {
    this.#retired.abort(this.#error("ssh-connection-lost", why));
  }

  #startIdling(): void {
    this.#idleSince = performance.now();
    this.#idleTimer = setTimeout(() => {
      this.#log.debug(`${this.#session.name}: idle, closing`);
      this.close();
    }, this.#idleMs).unref();
  }

  /** Starts a command as soon as there is room for it. */
  async #begin<T>(signal: AbortSignal, start: Start<T>): Promise<T> {
    for (;;) {
      const place = await this.#takePlace(signal);
      try {
        return await this.#startAgain(signal, start, place);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        const others = this.#commands - 1;
        place.free();
        // The other side allows less than we thought: with others running, wait for one of them to end.
        if (others > 0) {
          this.#places.limit(others);
          this.#log.info(`${this.#session.name}: the server allows ${others} commands at once`);
          continue;
        }
        // Commands that we gave up still count on the other side; only a new session helps.
        const detail = `the server opens no session: ${error.message}`;
        this.#turnAway(detail);
        throw new NotStarted(
          this.#error("ssh-unsupported", detail, { cause: error, facts: { feature: "session channel" } }),
        );
      }
    }
  }

  /**
   * A place among the commands that the other side lets us have. It is to be freed when that is done with the command,
   * not when we are: a cancelled one counts until it has ended.
   */
  async #takePlace(signal: AbortSignal): Promise<Place> {
    let leave: () => void;
    try {
      leave = await this.#places.take(AbortSignal.any([signal, this.#lost.signal, this.#retired.signal]));
    } catch (error) {
      throw signal.aborted ? error : new NotStarted(asSandboxError(error), this.#isGivenUp);
    }
    this.#commands++;
    let zombie: NodeJS.Timeout | undefined;
    const forget = onAbort(signal, () => {
      zombie = setTimeout(() => this.retire("a cancelled command goes on"), zombieMs).unref();
    });
    let isFree = false;
    return {
      free: () => {
        if (isFree) return;
        isFree = true;
        forget();
        clearTimeout(zombie);
        this.#commands--;
        leave();
      },
    };
  }

  /** A refusal may pass by itself; where others run, it is their ends that help. */
  async #startAgain<T>(signal: AbortSignal, start: Start<T>, place: Place): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.#start(signal, start, place);
      } catch (error) {
        const ms = refusedMs[tries];
        if (!(error instanceof Refused) || ms === undefined || (tries > 0 && this.#commands > 1)) throw error;
        try {
          await delay(ms, signal);
        } catch (aborted) {
          place.free();
          throw aborted;
        }
      }
    }
  }

  async #start<T>(signal: AbortSignal, start: Start<T>, place: Place): Promise<T> {
    const ended = AbortSignal.any([signal, this.#lost.signal]);
    const starting = start(place, ended);
    starting.catch(() => {
      if (signal.aborted) place.free();
    });
    try {
      return await abortable(starting, ended);
    } catch (error) {
      if (error instanceof Refused || signal.aborted) throw error;
      place.free();
      // Nothing was sent to the command yet, so it may be sent again.
      const failure = asSandboxError(error);
      if (this.#lost.signal.aborted || failure.reason === "ssh-connection-lost") {
        throw new NotStarted(failure);
      }
      throw failure;
    }
  }

  #onClosed(reason: SandboxError): void {
    clearTimeout(this.#idleTimer);
    if (!this.#lost.signal.aborted) {
      this.#log.info(`connection lost: ${reason.message}`);
      this.#lost.abort(reason);
    }
    this.#events.onClosed(this);
  }

  #where(): Readonly<Record<string, string>> & { readonly node: string } {
    const { node, facts } = this.#destination;
    return { ...facts, node };
  }

  #error(
    reason: "ssh-connection-lost" | "ssh-unsupported",
    detail: string,
    options: { cause?: unknown; facts?: Readonly<Record<string, string>> } = {},
  ): SandboxError {
    return new SandboxError(reason, `${this.#session.name}: ${detail}`, {
      cause: options.cause,
      facts: { ...this.#where(), detail, ...options.facts },
    });
  }
}
