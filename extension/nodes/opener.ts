import { asSandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { Asking } from "./asking.ts";
import type { Clock } from "./clock.ts";
import { Busy, type Destination, type Session } from "./session.ts";
import type { Steps } from "./steps.ts";
import { delay, Places } from "./waiting.ts";

/** How often it is tried in all where the other side is busy, or hung up while the user was asked. */
const maxTries = 4;
/** The same where the line went for another reason. */
const maxTriesWhenLost = 2;
/** Milliseconds before the second try; doubled for each further one. Half of it is chance. */
const backoffMs = 400;
/** For so many milliseconds after a loss others are likely to come back too, as when a laptop wakes. */
const aftermathMs = 2_000;
/** Over how many milliseconds they are spread then. */
const spreadMs = 500;

export interface Manner {
  readonly clock: Clock;
  readonly steps: Steps;
  /** Aborts when nobody wants the session any more. */
  readonly signal: AbortSignal;
  /** Not counted: those that it will carry have the places, and wait for it. */
  readonly isJump: boolean;
}

/** Opens sessions: not too many at once, not all at the same moment, and again where that may help. */
export class Opener {
  readonly #log: Log;
  readonly #random: () => number;
  readonly #places: Places;
  /** performance.now() of the last time that a session ended without our doing. */
  #lostAt = Number.NEGATIVE_INFINITY;

  /**
   * @param atOnce - sessions being opened at once: each costs both sides a key exchange.
   * @param random - gives a number from 0 up to 1 by chance.
   */
  constructor(log: Log, atOnce: number, random: () => number) {
    this.#log = log;
    this.#places = new Places(atOnce);
    this.#random = random;
  }

  /** A session ended without our doing. */
  noteLoss(): void {
    this.#lostAt = performance.now();
  }

  /** @throws SandboxError. */
  async open(destination: Destination, manner: Manner): Promise<Session> {
    const { clock, signal, isJump } = manner;
    if (performance.now() - this.#lostAt < aftermathMs) await delay(this.#random() * spreadMs, signal);
    const done = isJump ? () => {} : await this.#places.take(signal);
    // One that waits for the user may take minutes: it makes way for the others.
    const leave = clock.join({ pause: done, resume: () => {} });
    try {
      return await this.#tryOften(destination, manner);
    } finally {
      leave();
      done();
    }
  }

  async #tryOften(destination: Destination, { clock, steps, signal }: Manner): Promise<Session> {
    for (let tries = 1; ; tries++) {
      const asking = new Asking(clock, signal);
      this.#log.debug(`opening ${destination.key} for node ${destination.node}`);
      try {
        return await destination.open({ clock, asking, signal, trace: steps.tell });
      } catch (error) {
        const isBusy = error instanceof Busy;
        const reason = isBusy ? error.reason : asSandboxError(error);
        const mayPass = isBusy || reason.reason === "ssh-connection-lost";
        const most = isBusy || asking.count > 0 ? maxTries : maxTriesWhenLost;
        if (!mayPass || tries >= most || signal.aborted) throw reason;
        const ms = backoffMs * 2 ** (tries - 1) * (0.5 + this.#random() / 2);
        this.#log.info(`trying again in ${Math.round(ms)} ms: ${reason.message}`);
        await delay(ms, signal);
      }
    }
  }
}
