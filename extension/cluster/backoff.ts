import type { ErrorReason } from "../core/errors.ts";

const firstMs = 1_000;
const longestMs = 30_000;
/** A server may ask for more patience than we have by ourselves, but not for ever. */
const longestRetryAfterMs = 300_000;
const slowMs = 60_000;

/** Only a person can mend these: asking often would fill audit logs and start credential plugins over and over. */
const slowReasons: readonly ErrorReason[] = [
  "forbidden",
  "unauthorized",
  "credentials-failed",
  "kubeconfig-missing",
  "kubeconfig-invalid",
  "context-missing",
];

export interface Failure {
  readonly reason: ErrorReason;
  /** What the server asked for with Retry-After, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** How many attempts failed in a row, this one included. */
  readonly count: number;
}

/**
 * Milliseconds until the next attempt: exponential from one second, at most 30 s, minus up to half of it by chance so that the
 * clients of a restarted API server do not all come back at once.
 * @param chance - 0 <= x < 1.
 */
export function retryDelayMs({ reason, retryAfterMs, count }: Failure, chance: number): number {
  const longest = slowReasons.includes(reason) ? slowMs : Math.min(longestMs, firstMs * 2 ** (count - 1));
  const own = Math.round(longest * (1 - chance / 2));
  return Math.max(own, Math.min(retryAfterMs ?? 0, longestRetryAfterMs));
}
