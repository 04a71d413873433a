import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import { afterEach, expect, test } from "vitest";
import { causeWords } from "../../../extension/core/cause-words.ts";
import { errorText } from "../../../extension/core/error-text.ts";
import { SandboxError } from "../../../extension/core/errors.ts";

afterEach(() => l10n.config({ contents: {} }));

test("a known cause is told in the reader's language, another as it is", () => {
  l10n.config({ contents: { "it is not installed": "не установлено" } });
  const error = (detail: string): SandboxError =>
    new SandboxError("ssh-program", detail, { facts: { detail } });
  expect(errorText(error("it is not installed")).title).toContain(": не установлено");
  expect(errorText(error("ssh: out of memory")).title).toContain(": ssh: out of memory");
});

test("each known cause is still said somewhere, in these words", () => {
  const extension = path.join(import.meta.dirname, "../../../extension");
  const said = ["nodes", "cluster"]
    .flatMap((room) =>
      readdirSync(path.join(extension, room), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .map((file) => readFileSync(path.join(extension, room, file), "utf8")),
    )
    .join("\n");
  const source = readFileSync(path.join(extension, "core/cause-words.ts"), "utf8");
  const known = [...source.matchAll(/case ("(?:[^"\\]|\\.)*")/g)].map(([, literal = ""]) => literal);
  expect(known.length).toBeGreaterThan(0);
  expect(known.filter((literal) => !said.includes(literal))).toEqual([]);
  for (const literal of known) {
    const cause = JSON.parse(literal) as string;
    expect(causeWords(cause)).toBe(cause);
  }
});
