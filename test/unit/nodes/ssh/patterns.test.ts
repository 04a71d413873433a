import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesList, matchesPattern } from "../../../../extension/nodes/ssh/patterns.ts";

describe("patterns of ssh_config(5)", () => {
  it.each([
    ["*", "", true],
    ["*.example.com", "a.example.com", true],
    ["*.example.com", "example.com", false],
    ["10.0.0.?", "10.0.0.7", true],
    ["10.0.0.?", "10.0.0.", false],
    ["10.0.0.?", "10.0.0.17", false],
    ["a.c", "abc", false],
    ["a*b*c", "a--b--b--c", true],
    ["", "", true],
    ["", "x", false],
  ])("%j on %j: %j", (pattern, text, expected) => {
    expect(matchesPattern(pattern, text)).toBe(expected);
  });

  it("agrees with a regular expression", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "."), maxLength: 10 });
    fc.assert(
      fc.property(
        letters,
        fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 10 }),
        (pattern, text) => {
          const source = pattern
            .replaceAll(".", String.raw`\.`)
            .replaceAll("*", ".*")
            .replaceAll("?", ".");
          expect(matchesPattern(pattern, text)).toBe(new RegExp(`^${source}$`, "s").test(text));
        },
      ),
    );
  });

  it("is not made slow by a pattern", () => {
    expect(matchesPattern("*a".repeat(200), "a".repeat(199) + "b")).toBe(false);
  });

  it("lets a negated pattern win, wherever it stands", () => {
    expect(matchesList(["*", "!bad"], "bad")).toBe(false);
    expect(matchesList(["!bad", "*"], "bad")).toBe(false);
    expect(matchesList(["!bad", "*"], "good")).toBe(true);
    expect(matchesList(["!bad"], "good")).toBe(false);
    expect(matchesList([], "good")).toBe(false);
  });
});
