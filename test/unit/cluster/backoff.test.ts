import * as fc from "fast-check";
import { expect, test } from "vitest";
import { retryDelayMs } from "../../../extension/cluster/backoff.ts";

const unreachable = { reason: "api-unreachable", retryAfterMs: undefined } as const;

test("doubles from one second to thirty", () => {
  const delays = [1, 2, 3, 4, 5, 6, 7].map((count) => retryDelayMs({ ...unreachable, count }, 0));
  expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test("takes off up to half of it by chance", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (count, chance) => {
        const longest = retryDelayMs({ ...unreachable, count }, 0);
        const delay = retryDelayMs({ ...unreachable, count }, chance);
        expect(delay).toBeLessThanOrEqual(longest);
        expect(delay).toBeGreaterThanOrEqual(longest / 2);
      },
    ),
  );
});

test("asks slowly where only a person can help", () => {
  expect(retryDelayMs({ reason: "forbidden", retryAfterMs: undefined, count: 1 }, 0)).toBe(60_000);
});

test("waits as long as the server asks, within reason", () => {
  expect(retryDelayMs({ reason: "api-error", retryAfterMs: 45_000, count: 1 }, 0)).toBe(45_000);
  expect(retryDelayMs({ reason: "api-error", retryAfterMs: 9_999_000, count: 1 }, 0)).toBe(300_000);
  expect(retryDelayMs({ reason: "api-error", retryAfterMs: 1, count: 3 }, 0)).toBe(4_000);
});
