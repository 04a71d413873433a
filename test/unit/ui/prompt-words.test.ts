import { describe, expect, test } from "vitest";
import type { PasswordQuestion } from "../../../extension/nodes/prompts.ts";
import { keepButtonWords, passphraseWords, passwordWords } from "../../../extension/ui/prompt-words.ts";

const login: PasswordQuestion = {
  purpose: "login",
  user: "core",
  host: "10.0.0.5",
  attempt: 1,
  prompt: undefined,
  echo: false,
};

describe("what is asked for", () => {
  test("is said: whose password, on which host, and whether it is kept", () => {
    const words = passwordWords(login);
    expect(words.prompt(false)).toMatch(/^Password of core on 10\.0\.0\.5\. It stays in memory/);
    expect(words.prompt(true)).toMatch(
      /^Password of core on 10\.0\.0\.5\. .*it is kept in VS Code's secret storage/,
    );
  });

  test("for root is not to log in with, whatever program asks", () => {
    const words = passwordWords({ ...login, purpose: "root" });
    expect(words.title).toBe("Becoming root");
    expect(words.prompt(false)).toContain("Password to become root, of core on 10.0.0.5.");
  });

  test("says when the last answer was wrong", () => {
    expect(passwordWords({ ...login, attempt: 2 }).prompt(false)).toMatch(
      /^That was not right \(attempt 2 of 3\)\. Password/,
    );
    expect(passphraseWords({ keyFile: "/k", attempt: 3 }).prompt(false)).toContain("attempt 3 of 3");
  });

  test("is one line, whatever a server puts into it", () => {
    const words = passwordWords({
      ...login,
      prompt: "Password:\n\u001B[2JClick $(here)",
      host: "a\nb",
    });
    expect(words.prompt(false)).not.toMatch(/\p{Cc}/u);
  });
});

describe("what may be kept", () => {
  test.each([
    [{}, true],
    [{ purpose: "root" }, true],
    [{ prompt: "Password for core:" }, true],
    [{ prompt: "Verification code:" }, false],
    [{ prompt: "One-time password or name", echo: true }, false],
  ] as const)("of the question %j: %j", (changes, mayKeep) => {
    const words = passwordWords({ ...login, ...changes });
    expect(words.mayKeep).toBe(mayKeep);
    expect(/storage|memory/.test(words.prompt(false))).toBe(mayKeep);
  });

  test("is told by the button in words, not by its icon alone", () => {
    expect(keepButtonWords(true)).toContain(": on");
    expect(keepButtonWords(false)).toContain(": off");
  });
});
