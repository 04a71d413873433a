import { SandboxError } from "../core/errors.ts";
import { Asking } from "./asking.ts";
import { Clock, Countdown, type Pausable } from "./clock.ts";
import { NotStarted, SshConnection } from "./connection.ts";
import { limited, logIn, openSocket, type LoggedIn, type SshContext } from "./ssh/establish.ts";
import { sshError } from "./ssh/failures.ts";
import type { SshTarget } from "./ssh/target.ts";
import type { RunLimits, RunRequest, RunResult } from "./transport.ts";
import { Places, reasonOf, Shared, throwIfAborted } from "./waiting.ts";

/** How often a login or a command that could not begin is tried in all. */
const maxTries = 3;

interface Attempt {
  readonly clock: Clock;
  readonly shared: Shared<SshConnection>;
}

/** One connection for each target, made when first needed and shared. */
export class SshPool {
  readonly #context: SshContext;
  readonly #connections = new Map<string, SshConnection>();
  /** All that are open, those included that take no new commands. */
  readonly #open = new Set<SshConnection>();
  readonly #attempts = new Map<string, Attempt>();
  readonly #places: Places;
  readonly #closed = new AbortController();

  constructor(context: SshContext) {
    this.#context = context;
    this.#places = new Places(Math.max(1, context.settings.maxConnections));
  }

  get size(): number {
    return this.#open.size;
  }

  /** See NodeTransport.run. */
  async run(target: SshTarget, request: RunRequest, limits: RunLimits): Promise<RunResult> {
    const elapsed = new AbortController();
    const countdown = new Countdown(limits.timeoutMs, () => {
      const seconds = String(Math.round(limits.timeoutMs / 100) / 10);
      elapsed.abort(sshError("probe-timeout", target, `no answer in ${seconds} s`, { facts: { seconds } }));
    });
    const signal = AbortSignal.any([limits.signal, elapsed.signal, this.#closed.signal]);
    try {
      for (let tries = 1; ; tries++) {
        const connection = await this.#connection(target, signal, countdown, false);
        try {
          return await connection.run(request, { signal, maxBytes: limits.maxBytes });
        } catch (error) {
          if (!(error instanceof NotStarted)) throw error;
          this.#context.log.info(`trying again on a new connection: ${error.message}`);
          if (tries === maxTries) throw error.reason;
        }
      }
    } finally {
      countdown.stop();
    }
  }

  /** Closes everything; running commands fail as `cancelled`. */
  close(): void {
    const reason = new SandboxError("cancelled", "connections are being closed");
    this.#closed.abort(reason);
    for (const connection of this.#open) connection.close(reason);
    this.#context.secrets.clear();
  }

  /** The open connection to a target, or a new one. `waiter` is paused while the user is asked something for it. */
  async #connection(
    target: SshTarget,
    signal: AbortSignal,
    waiter: Pausable,
    isJump: boolean,
  ): Promise<SshConnection> {
    throwIfAborted(signal);
    const existing = this.#connections.get(target.key);
    if (existing?.usable === true) return existing;
    let attempt = this.#attempts.get(target.key);
    if (attempt === undefined || attempt.shared.abandoned) {
      attempt = this.#begin(target, isJump);
      this.#attempts.set(target.key, attempt);
    }
    const leave = attempt.clock.join(waiter);
    try {
      return await attempt.shared.wait(signal);
    } finally {
      leave();
    }
  }

  #begin(target: SshTarget, isJump: boolean): Attempt {
    const clock = new Clock();
    const attempt: Attempt = {
      clock,
      shared: new Shared(async (abandoned) => {
        const signal = AbortSignal.any([abandoned, this.#closed.signal]);
        try {
          return await this.#connect(target, clock, signal, isJump);
        } finally {
          if (this.#attempts.get(target.key) === attempt) this.#attempts.delete(target.key);
        }
      }),
    };
    return attempt;
  }

  async #connect(
    target: SshTarget,
    clock: Clock,
    signal: AbortSignal,
    isJump: boolean,
  ): Promise<SshConnection> {
    // Jump hosts are not counted: they would wait for the places of those that they carry.
    const leave = isJump ? () => {} : await this.#takePlace(signal);
    try {
      const { session, release } = await this.#logIn(target, clock, signal);
      const { settings, log } = this.#context;
      const connection: SshConnection = new SshConnection(
        target,
        session,
        { idleMs: settings.idleMs, channelTimeoutMs: settings.connectTimeoutMs, log },
        {
          onIdle: (idle) => {
            if (this.#places.waiting > 0 && !isJump) idle.close();
          },
          onClosed: (closed) => {
            this.#open.delete(closed);
            if (this.#connections.get(target.key) === closed) this.#connections.delete(target.key);
            leave();
            release();
          },
        },
      );
      this.#open.add(connection);
      this.#connections.set(target.key, connection);
      if (signal.aborted) {
        connection.close();
        throw reasonOf(signal);
      }
      log.info(`connected to ${target.user}@${target.host}:${target.port} for node ${target.node}`);
      return connection;
    } catch (error) {
      leave();
      throw error;
    }
  }

  async #logIn(
    target: SshTarget,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<{ readonly session: LoggedIn; readonly release: () => void }> {
    const { via } = target;
    for (let tries = 1; ; tries++) {
      const asking = new Asking(clock, signal);
      this.#context.log.debug(
        `connecting to ${target.user}@${target.host}:${target.port} for node ${target.node}`,
      );
      const carried = via === undefined ? undefined : await this.#carry(via, target, clock, signal);
      try {
        const { connectTimeoutMs } = this.#context.settings;
        const stream = carried?.stream ?? (await openSocket(target, connectTimeoutMs, clock, signal));
        const session = await logIn(target, stream, this.#context, asking, clock, signal);
        return { session, release: carried?.release ?? (() => {}) };
      } catch (error) {
        carried?.release();
        const isLost = error instanceof SandboxError && error.reason === "ssh-connection-lost";
        if (!isLost || asking.count === 0 || tries === maxTries) throw error;
        this.#context.log.info(
          `connecting again, the line was lost while the user was asked: ${error.message}`,
        );
      }
    }
  }

  /** A stream to the target through its jump host. */
  async #carry(
    via: SshTarget,
    target: SshTarget,
    clock: Clock,
    signal: AbortSignal,
  ): ReturnType<SshConnection["forward"]> {
    for (let tries = 1; ; tries++) {
      const carrier = await this.#connection(via, signal, clock, true);
      try {
        const { connectTimeoutMs: ms } = this.#context.settings;
        return await limited("connect", target, { ms, clock, signal }, (stop) =>
          carrier.forward(target.host, target.port, stop),
        );
      } catch (error) {
        // It was lost without our noticing, as after the computer slept.
        if (carrier.usable || signal.aborted || tries === maxTries) throw error;
      }
    }
  }

  async #takePlace(signal: AbortSignal): Promise<() => void> {
    const taking = this.#places.take(signal);
    if (this.#places.waiting > 0) {
      const idle = [...this.#open].filter((connection) => connection.idle);
      idle.toSorted((one, other) => one.idleSince - other.idleSince)[0]?.close();
    }
    return taking;
  }
}
