import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Clock, Countdown } from "../../../extension/nodes/clock.ts";
import { abortable, Places, reasonOf, Shared } from "../../../extension/nodes/waiting.ts";
import { SandboxError } from "../../../extension/core/errors.ts";

const calm = new AbortController().signal;

describe("time limits", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("count only while nobody waits for the user", async () => {
    const elapsed = vi.fn<() => void>();
    const clock = new Clock();
    const countdown = new Countdown(1_000, elapsed);
    const leave = clock.join(countdown);
    vi.advanceTimersByTime(600);
    let answer = (): void => {};
    const holding = clock.hold(
      () =>
        new Promise<void>((resolve) => {
          answer = resolve;
        }),
    );
    vi.advanceTimersByTime(60_000);
    const late = vi.fn<() => void>();
    clock.join(new Countdown(100, late));
    vi.advanceTimersByTime(60_000);
    expect(late).not.toHaveBeenCalled();
    answer();
    await holding;
    vi.advanceTimersByTime(399);
    expect(elapsed).not.toHaveBeenCalled();
    expect(late).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(1);
    expect(elapsed).toHaveBeenCalledOnce();
    leave();
  });

  it("nest, and go on when the question fails or the timer leaves", async () => {
    const elapsed = vi.fn<() => void>();
    const clock = new Clock();
    const countdown = new Countdown(100, elapsed);
    const leave = clock.join(countdown);
    clock.pause();
    await expect(clock.hold(() => Promise.reject(new Error("x")))).rejects.toThrow("x");
    vi.advanceTimersByTime(1_000);
    expect(elapsed).not.toHaveBeenCalled();
    leave();
    vi.advanceTimersByTime(100);
    expect(elapsed).toHaveBeenCalledOnce();
  });

  it("do not start again once stopped", () => {
    const elapsed = vi.fn<() => void>();
    const countdown = new Countdown(100, elapsed);
    countdown.pause();
    countdown.stop();
    countdown.resume();
    vi.advanceTimersByTime(1_000);
    expect(elapsed).not.toHaveBeenCalled();
  });
});

describe("giving up", () => {
  it("tells why", async () => {
    const error = new SandboxError("ssh-timeout", "late");
    expect(reasonOf(AbortSignal.abort(error))).toBe(error);
    expect(reasonOf(AbortSignal.abort()).reason).toBe("cancelled");
    await expect(abortable(new Promise(() => {}), AbortSignal.abort(error))).rejects.toBe(error);
  });

  it("shared work runs once and goes on while anybody waits", async () => {
    const signals: AbortSignal[] = [];
    let finish = (_value: number): void => {};
    const shared = new Shared<number>(
      (signal) =>
        new Promise((resolve) => {
          signals.push(signal);
          finish = resolve;
        }),
    );
    const impatient = new AbortController();
    const first = shared.wait(impatient.signal);
    const second = shared.wait(calm);
    impatient.abort();
    await expect(first).rejects.toMatchObject({ reason: "cancelled" });
    expect(signals.map((signal) => signal.aborted)).toEqual([false]);
    finish(7);
    expect(await second).toBe(7);
    expect(shared.abandoned).toBe(false);
  });

  it("shared work is aborted when the last one gives up", async () => {
    const signals: AbortSignal[] = [];
    const shared = new Shared<never>((signal) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    const all = new AbortController();
    const waiting = [shared.wait(all.signal), shared.wait(all.signal)];
    all.abort();
    await Promise.allSettled(waiting);
    expect(signals[0]?.aborted).toBe(true);
    expect(shared.abandoned).toBe(true);
  });
});

describe("places", () => {
  it("are handed on in order, and not to those who left", async () => {
    const places = new Places(1);
    const order: string[] = [];
    const leave = await places.take(calm);
    const gone = new AbortController();
    const enter = async (name: string, signal: AbortSignal): Promise<void> => {
      const done = await places.take(signal);
      order.push(name);
      done();
      done();
    };
    const a = enter("a", calm);
    const b = enter("b", gone.signal);
    const c = enter("c", calm);
    expect(places.waiting).toBe(3);
    gone.abort();
    await expect(b).rejects.toMatchObject({ reason: "cancelled" });
    leave();
    await Promise.all([a, c]);
    expect(order).toEqual(["a", "c"]);
  });

  it("become fewer as they are given back", async () => {
    const places = new Places(2);
    const [one, two] = [await places.take(calm), await places.take(calm)];
    places.limit(1);
    one();
    const third = places.take(calm);
    expect(places.waiting).toBe(1);
    two();
    (await third)();
  });
});
