import fc from "fast-check";
import { expect, test } from "vitest";
import { visibleStrings, visibleText } from "../../../extension/core/plain-text.ts";

test("ordinary text stays as it is, in any script", () => {
  expect(visibleText("nginx: master — Ω 日本 😀")).toBe("nginx: master — Ω 日本 😀");
});

test("what hides or reorders text is shown by its number", () => {
  expect(visibleText("a\u202Eb\u0007\n\u200B")).toBe(String.raw`a\u{202e}b\u{7}\n\u{200b}`);
});

test("one printable line, whatever comes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(visibleText(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    }),
  );
});

test("every string of a value is made visible and nothing else changes", () => {
  expect(visibleStrings({ a: ["\u0007", 1, null], b: { c: true } })).toEqual({
    a: [String.raw`\u{7}`, 1, null],
    b: { c: true },
  });
});
