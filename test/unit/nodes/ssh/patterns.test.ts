import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesFileName, matchesList, matchesPattern } from "../../../../extension/nodes/ssh/patterns.ts";
import { excessOf } from "../../../support/linear.ts";

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

  it("matches nothing with a pattern that OpenSSH finds too long", () => {
    expect(matchesList(["*".repeat(1023)], "x")).toBe(true);
    expect(matchesList(["*".repeat(1024)], "x")).toBe(false);
    expect(matchesList(["!" + "*".repeat(1023), "*"], "x")).toBe(false);
    expect(matchesList(["*".repeat(1024), "*"], "x")).toBe(false);
  });
});

describe("file names by glob(7)", () => {
  it.each([
    ["*.conf", "a.conf", true],
    ["*.conf", ".conf", false],
    [".*", ".conf", true],
    ["\\.x", ".x", true],
    ["[a-c]?", "b1", true],
    ["[a-c]?", "d1", false],
    ["[!a-c]", "d", true],
    ["[^a]", "a", false],
    ["[]x]", "]", true],
    ["[a-]", "-", true],
    ["[", "[", true],
    ["[a", "[a", true],
    ["a\\*", "a*", true],
    ["a\\*", "ab", false],
    ["a\\", "a\\", true],
  ])("%j on %j: %j", (segment, name, expected) => {
    expect(matchesFileName(segment, name)).toBe(expected);
  });

  it("takes anything", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        (segment, name) => typeof matchesFileName(segment, name) === "boolean",
      ),
    );
  });

  it.each(["*[a-z]", "[", "[]", "\\[", "*", "]["])("costs what the length of %j costs", async (piece) => {
    const match = (length: number): boolean =>
      matchesFileName(piece.repeat(length / piece.length), "a".repeat(255));
    expect(await excessOf(match, 20_000)).toBeLessThanOrEqual(0);
  });
});
