import { SandboxError } from "../core/errors.ts";

/** Why a signal aborted: the SandboxError that it was aborted with, or `cancelled`. */
export function reasonOf(signal: AbortSignal): SandboxError {
  const reason: unknown = signal.reason;
  return reason instanceof SandboxError
    ? reason
    : new SandboxError("cancelled", "cancelled", { cause: reason });
}

/** @throws SandboxError when the signal has aborted. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw reasonOf(signal);
}

/** Calls `listener` when the signal aborts, at once if it has; the function returned forgets about it. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) {
    listener();
    return () => {};
  }
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

/** The outcome of `work`, or the abort if that comes first; `work` itself goes on, its outcome is then dropped. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let forget = (): void => {};
  try {
    return await Promise.race([
      work,
      new Promise<never>((_resolve, reject) => {
        forget = onAbort(signal, () => reject(reasonOf(signal)));
      }),
    ]);
  } finally {
    forget();
  }
}

/** One piece of work that several wait for: started by the first, aborted when the last one has given up. */
export class Shared<T> {
  readonly #work: (signal: AbortSignal) => Promise<T>;
  readonly #abort = new AbortController();
  #running: Promise<T> | undefined;
  #waiting = 0;
  #settled = false;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#work = work;
  }

  /** True when it was given up: who comes later needs a new one. */
  get abandoned(): boolean {
    return this.#abort.signal.aborted;
  }

  async wait(signal: AbortSignal): Promise<T> {
    throwIfAborted(signal);
    this.#waiting++;
    this.#running ??= this.#work(this.#abort.signal).finally(() => {
      this.#settled = true;
    });
    try {
      return await abortable(this.#running, signal);
    } finally {
      if (--this.#waiting === 0 && !this.#settled) this.#abort.abort(reasonOf(signal));
    }
  }
}

/** A number of places, handed out in the order in which they are asked for. */
export class Places {
  #count: number;
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(count: number) {
    this.#count = count;
    this.#free = count;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Resolves with the function that gives the place back. */
  async take(signal: AbortSignal): Promise<() => void> {
    throwIfAborted(signal);
    if (this.#free > 0) {
      this.#free--;
    } else {
      await new Promise<void>((resolve, reject) => {
        const enter = (): void => {
          forget();
          resolve();
        };
        const forget = onAbort(signal, () => {
          const at = this.#queue.indexOf(enter);
          if (at >= 0) this.#queue.splice(at, 1);
          reject(reasonOf(signal));
        });
        this.#queue.push(enter);
      });
    }
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#give();
    };
  }

  #give(): void {
    this.#free++;
    while (this.#free > 0) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#free--;
      next();
    }
  }

  /** No more than so many in all, but one at least: takes effect as places are given back. */
  limit(count: number): void {
    const fewer = this.#count - Math.max(1, count);
    if (fewer <= 0) return;
    this.#count -= fewer;
    this.#free -= fewer;
  }
}

/** Resolves after `ms` milliseconds. @throws SandboxError when the signal aborts first. */
export async function delay(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await abortable(
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms);
      }),
      signal,
    );
  } finally {
    clearTimeout(timer);
  }
}
