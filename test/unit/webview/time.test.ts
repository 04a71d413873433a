import { expect, test } from "vitest";
import { momentWords } from "../../../webview/time.ts";

const moment = (...parts: [number, number, number, number, number, number]): string =>
  new Date(...parts).toISOString();

test("the time alone on the same day, with its day on another", () => {
  const beside = moment(2026, 10, 23, 12, 40, 0);
  expect(momentWords(moment(2026, 10, 23, 9, 3, 7), beside)).toBe("09:03:07");
  expect(momentWords(moment(2026, 10, 22, 23, 59, 59), beside)).toBe("2026-11-22 23:59:59");
  expect(momentWords(moment(2025, 10, 23, 12, 40, 0), beside)).toBe("2025-11-23 12:40:00");
});

test("what is no date stays as it is", () => {
  expect(momentWords("never", "2026-11-23T12:00:00.000Z")).toBe("never");
});
