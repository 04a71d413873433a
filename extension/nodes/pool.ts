import { SandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { Clock, Countdown, type Pausable } from "./clock.ts";
import { NodeConnection, NotStarted, type NodeRequest } from "./connection.ts";
import { Opener, type Manner } from "./opener.ts";
import type { Destination, NodeTerminal, Opening, Session, TerminalSize } from "./session.ts";
import { Steps } from "./steps.ts";
import type { AccessTrace, RunLimits, RunResult } from "./transport.ts";
import { delay, Places, reasonOf, Shared, throwIfAborted } from "./waiting.ts";

/** How often a command that could not begin is tried in all. */
const maxStarts = 3;
/** How long a session may keep its place by ever new commands while others wait for one. */
const turnMs = 5_000;
/** More at once would keep a laptop from everything else for seconds. */
const usualOpening = 8;
/** How long closing waits for the other sides. */
const closeMs = 10_000;

export interface PoolOptions {
  /** To nodes, at once; those to jump hosts come on top. */
  readonly maxSessions: number;
  /** Being opened at once; 8 where nothing is said. */
  readonly maxOpening?: number | undefined;
  /** Milliseconds without a command after which a session is closed. */
  readonly idleMs: number;
  readonly log: Log;
  /** A number from 0 up to 1 by chance. */
  readonly random?: () => number;
}

export interface PoolLimits extends RunLimits {
  /** Pauses the time limit, where somebody else asks the user something for this command. */
  readonly clock?: Clock;
}

/** A session in use. */
export interface Lease {
  readonly session: Session;
  /** To be called when it is no longer needed; more than once does no harm. */
  readonly release: () => void;
}

interface Attempt {
  readonly clock: Clock;
  readonly steps: Steps;
  readonly shared: Shared<NodeConnection>;
}

/** Whoever waits for a session. */
interface Waiter {
  readonly signal: AbortSignal;
  /** Paused while the user is asked something for the session. */
  readonly clock: Pausable;
  readonly trace: AccessTrace | undefined;
  /** A jump host's session carries others and counts for none: it would wait for the places of those that it carries. */
  readonly isJump: boolean;
}

/** One session for each destination, opened when first needed and shared. */
export class NodePool {
  readonly #options: PoolOptions;
  readonly #opener: Opener;
  readonly #connections = new Map<string, NodeConnection>();
  /** All that are open, those included that take no new commands. */
  readonly #open = new Set<NodeConnection>();
  readonly #attempts = new Map<string, Attempt>();
  /** What `close` waits for: sessions being opened and sessions not yet over. */
  readonly #unfinished = new Set<Promise<unknown>>();
  readonly #places: Places;
  readonly #closed = new AbortController();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#opener = new Opener(options.log, options.maxOpening ?? usualOpening, options.random ?? Math.random);
    this.#places = new Places(Math.max(1, options.maxSessions));
  }

  /** Sessions that are not over yet, those to jump hosts included. */
  get size(): number {
    return this.#open.size;
  }

  /** Runs a command at a destination; see NodeTransport.run. */
  async run(destination: Destination, request: NodeRequest, limits: PoolLimits): Promise<RunResult> {
    const { maxBytes } = limits;
    return this.#within(destination, limits, async (connection, signal, onStarted) =>
      connection.run(request, { signal, maxBytes }, onStarted),
    );
  }

  /** Starts a command with a terminal at a destination; see TerminalTransport.terminal. The limits are for that alone. */
  async terminal(
    destination: Destination,
    { argv, size }: { readonly argv: readonly string[]; readonly size: TerminalSize },
    limits: Omit<PoolLimits, "maxBytes">,
  ): Promise<NodeTerminal> {
    return this.#within(destination, limits, async (connection, signal) =>
      connection.terminal(argv, size, signal),
    );
  }

  /** Has something done in a session of the destination, in another one where it could not begin. */
  async #within<T>(
    destination: Destination,
    limits: Omit<PoolLimits, "maxBytes">,
    work: (connection: NodeConnection, signal: AbortSignal, onStarted: () => void) => Promise<T>,
  ): Promise<T> {
    const elapsed = new AbortController();
    const { node, facts } = destination;
    const countdown = new Countdown(limits.timeoutMs, () =>
      elapsed.abort(probeTimeout({ ...facts, node }, limits.timeoutMs)),
    );
    const leave = limits.clock?.join(countdown);
    const signal = AbortSignal.any([limits.signal, elapsed.signal, this.#closed.signal]);
    const waiter: Waiter = { signal, clock: countdown, trace: limits.trace, isJump: false };
    try {
      for (let tries = 0; ;) {
        const { connection, isNew } = await this.#connection(destination, waiter);
        try {
          return await work(connection, signal, () => {
            if (isNew) limits.trace?.("command", connection.session.name);
          });
        } catch (error) {
          if (!(error instanceof NotStarted)) throw error;
          if (error.onlyWaited) continue;
          if (++tries === maxStarts) throw error.reason;
          this.#options.log.info(`trying again in a new session: ${error.message}`);
        }
      }
    } finally {
      leave?.();
      countdown.stop();
    }
  }

  /** The session of a jump host, for another one that is being opened. @throws SandboxError. */
  async session(destination: Destination, opening: Omit<Opening, "asking">): Promise<Lease> {
    const { connection } = await this.#connection(destination, { ...opening, isJump: true });
    return { session: connection.session, release: connection.use() };
  }

  /**
   * Closes everything; running commands fail as `cancelled`. Resolves when all that was made is undone, or after ten
   * seconds. Never rejects.
   */
  async close(): Promise<void> {
    const reason = new SandboxError("cancelled", "connections are being closed");
    this.#closed.abort(reason);
    for (const connection of this.#open) connection.close(reason);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), closeMs);
    try {
      // What was being opened may have become a session meanwhile.
      while (this.#unfinished.size > 0 && !late.signal.aborted) {
        const finished = Promise.allSettled(this.#unfinished);
        await Promise.race([finished, delay(2 * closeMs, late.signal).catch(() => {})]);
      }
      if (late.signal.aborted) this.#options.log.warn("some connections to nodes did not end in time");
    } finally {
      clearTimeout(timer);
      late.abort();
    }
  }

  /** The open session of a destination, or a new one. */
  async #connection(
    destination: Destination,
    waiter: Waiter,
  ): Promise<{ readonly connection: NodeConnection; readonly isNew: boolean }> {
    throwIfAborted(waiter.signal);
    const { key } = destination;
    const existing = this.#connections.get(key);
    if (existing !== undefined) this.#makeWay(existing);
    if (existing?.usable === true) return { connection: existing, isNew: false };
    let attempt = this.#attempts.get(key);
    if (attempt === undefined || attempt.shared.abandoned) {
      attempt = this.#begin(destination, waiter.isJump);
      this.#attempts.set(key, attempt);
    }
    const leave = attempt.clock.join(waiter.clock);
    const deafen = waiter.trace === undefined ? () => {} : attempt.steps.join(waiter.trace);
    try {
      return { connection: await attempt.shared.wait(waiter.signal), isNew: true };
    } finally {
      deafen();
      leave();
    }
  }

  #begin(destination: Destination, isJump: boolean): Attempt {
    const clock = new Clock();
    const steps = new Steps();
    const attempt: Attempt = {
      clock,
      steps,
      shared: new Shared(async (abandoned) => {
        const signal = AbortSignal.any([abandoned, this.#closed.signal]);
        const connecting = this.#connect(destination, { clock, steps, signal, isJump });
        this.#awaitAtClose(connecting);
        try {
          return await connecting;
        } finally {
          if (this.#attempts.get(destination.key) === attempt) this.#attempts.delete(destination.key);
        }
      }),
    };
    return attempt;
  }

  async #connect(destination: Destination, how: Manner): Promise<NodeConnection> {
    const { signal, isJump } = how;
    const leave = isJump ? () => {} : await this.#takePlace(signal);
    let session: Session;
    try {
      session = await this.#opener.open(destination, how);
    } catch (error) {
      leave();
      throw error;
    }
    const { idleMs, log } = this.#options;
    const connection = new NodeConnection(
      destination,
      session,
      { idleMs, log, hasPlace: !isJump },
      {
        onDone: (done) => this.#makeWay(done),
        onLost: () => this.#opener.noteLoss(),
        onClosed: (closed) => {
          this.#open.delete(closed);
          if (this.#connections.get(destination.key) === closed) this.#connections.delete(destination.key);
          leave();
        },
      },
    );
    this.#open.add(connection);
    this.#awaitAtClose(connection.closed);
    if (signal.aborted) {
      connection.close();
      throw reasonOf(signal);
    }
    this.#connections.set(destination.key, connection);
    log.info(`connected to ${session.name} for node ${destination.node}`);
    return connection;
  }

  /** Where others wait for a connection, one that is idle or has had its turn leaves them its place. */
  #makeWay(connection: NodeConnection): void {
    if (this.#places.waiting === 0 || !connection.hasPlace || !connection.usable) return;
    if (connection.idle) connection.close();
    else if (connection.ageMs > turnMs) connection.retire("others wait for a connection");
  }

  async #takePlace(signal: AbortSignal): Promise<() => void> {
    const taking = this.#places.take(signal);
    if (this.#places.waiting > 0) {
      const idle = [...this.#open].filter(
        // Not one that is being closed for somebody else.
        (connection) => connection.idle && connection.usable && connection.hasPlace,
      );
      idle.toSorted((one, other) => one.idleSince - other.idleSince)[0]?.close();
    }
    return taking;
  }

  #awaitAtClose(work: Promise<unknown>): void {
    const done = (): void => {
      this.#unfinished.delete(work);
    };
    this.#unfinished.add(work);
    work.then(done, done);
  }
}

/** `place` are facts: the node, and what else there is to say. */
export function probeTimeout(
  place: Readonly<Record<string, string>> & { readonly node: string },
  ms: number,
): SandboxError {
  const seconds = String(Math.round(ms / 100) / 10);
  return new SandboxError("probe-timeout", `${place.node}: no answer in ${seconds} s`, {
    facts: { ...place, seconds },
  });
}
