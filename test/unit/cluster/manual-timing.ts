import type { Timing } from "../../../extension/cluster/timing.ts";

/** A clock that moves when told to. Chance is always 0: the longest delays. */
export class ManualTiming implements Timing {
  private now = 0;
  private timers: { readonly at: number; readonly callback: () => void }[] = [];

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.now + ms, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  random(): number {
    return 0;
  }

  /** Milliseconds until each timer still running, soonest first. */
  get pending(): readonly number[] {
    return this.timers.map(({ at }) => at - this.now).toSorted((a, b) => a - b);
  }

  /** Moves the clock on and calls what is due, in order. */
  advance(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const due = this.timers.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.now = due.at;
      this.timers = this.timers.filter((other) => other !== due);
      due.callback();
    }
    this.now = until;
  }
}
