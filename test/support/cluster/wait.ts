import { setTimeout as sleep } from "node:timers/promises";

export interface WaitOptions {
  /** Milliseconds. */
  readonly timeoutMs: number;
  /** Milliseconds between two looks. */
  readonly everyMs?: number;
  /** Appended to the error: the last lines of a log, for example. */
  readonly explain?: () => string;
}

/**
 * Looks until `look` answers something other than undefined. For what gives no event: a server's first answer,
 * a process of somebody else. An error thrown by `look` ends the wait.
 */
export async function waitUntil<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  options: WaitOptions,
): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) {
      const detail = options.explain?.() ?? "";
      throw new Error(
        `Gave up after ${options.timeoutMs} ms waiting for ${what}${detail === "" ? "" : `\n${detail}`}`,
      );
    }
    await sleep(options.everyMs ?? 50);
  }
}
