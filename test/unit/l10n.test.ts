import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { getL10nJson } from "@vscode/l10n-dev";
import { beforeAll, describe, expect, test } from "vitest";

const root = path.join(import.meta.dirname, "../..");
const languages = ["ru", "zh-cn"] as const;

/** English message (or message/comment) -> translation. */
type Bundle = Readonly<Record<string, string>>;

interface Source {
  readonly file: string;
  readonly text: string;
}

function sourcesOf(...folders: readonly string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /(?<!\.d)\.tsx?$/.test(file))
      .map((file) => ({ file: path.posix.join(folder, file.replaceAll(path.sep, "/")) }))
      .map(({ file }) => ({ file, text: readFileSync(path.join(root, file), "utf8") })),
  );
}

function bundleOf(file: string): Bundle {
  return JSON.parse(readFileSync(path.join(root, file), "utf8")) as Bundle;
}

/** "{0}", "{1}" and the marks of what is strong: a translation has each as often as the message, in any order. */
function placesOf(message: string): readonly string[] {
  return (message.match(/\{\d+\}|\*\*/g) ?? []).toSorted();
}

/** Links of welcome views and settings; "\n" separates a welcome view's buttons. */
function linksOf(message: string): readonly string[] {
  return (message.match(/\]\([^)]*\)|`[^`]*`|#[\w.]+#|\n/g) ?? []).toSorted();
}

const sources = sourcesOf("extension", "webview");

/** A call of t with its first argument's first character, wherever the lines are broken. */
const call = /\bl10n\.t\(\s*(?<first>[\s\S])/g;

describe("texts for people", () => {
  /** A message with a comment, which tells it from another of the same words, has both. */
  let extracted: Readonly<Record<string, string | { readonly message: string }>> = {};

  beforeAll(async () => {
    extracted = await getL10nJson(
      sources.map(({ file, text }) => ({ extension: path.extname(file), contents: text })),
    );
  }, 60_000);

  test("are found in every room that has some", () => {
    expect(Object.keys(extracted)).toEqual(expect.arrayContaining(["Read again", "The rest is the node's."]));
  });

  test("are literals, so that they can be found", () => {
    const others = sources.flatMap(({ file, text }) =>
      [...text.matchAll(call)]
        .filter(({ groups }) => !/["'{]/.test(groups?.["first"] ?? ""))
        .map(({ index }) => `${file}:${text.slice(0, index).split("\n").length}`),
    );
    expect(others).toEqual([]);
    const joined = sources.flatMap(({ file, text }) =>
      /\bl10n\.t\(\s*"(?:[^"\\]|\\.)*"\s*\+/.test(text) ? [file] : [],
    );
    expect(joined).toEqual([]);
  });

  test("are asked for when they are shown, and not when a file is loaded, as the language is not known then", () => {
    const early = sources.flatMap(({ file, text }) => {
      const lines = text.split("\n");
      return lines.flatMap((line, index) =>
        /\bl10n\.t\(/.test(line) && isAtLoad(lines, index) ? [`${file}:${index + 1}`] : [],
      );
    });
    expect(early).toEqual([]);
  });

  test("are all said through l10n", () => {
    const unsaid = sourcesOf("extension/core", "webview").flatMap(({ file, text }) =>
      (notForReaders.includes(file) ? [] : unsaidIn(text)).map((words) => `${file}: ${words}`),
    );
    expect(unsaid).toEqual([]);
  });

  describe.each(languages)("in %s", (language) => {
    test("are all there, none that is no longer said, with the same places to fill", () => {
      const bundle = bundleOf(`l10n/bundle.l10n.${language}.json`);
      expect(Object.keys(bundle).toSorted()).toEqual(Object.keys(extracted).toSorted());
      for (const [message, translation] of Object.entries(bundle)) {
        const english = extracted[message];
        const said = typeof english === "string" ? english : (english?.message ?? "");
        expect(placesOf(translation), message).toEqual(placesOf(said));
        expect(translation.trim(), message).not.toBe("");
      }
    });

    test("of package.json too, with their links", () => {
      const english = bundleOf("package.nls.json");
      const bundle = bundleOf(`package.nls.${language}.json`);
      expect(Object.keys(bundle).toSorted()).toEqual(Object.keys(english).toSorted());
      for (const [key, translation] of Object.entries(bundle)) {
        expect(linksOf(translation), key).toEqual(linksOf(english[key] ?? ""));
      }
    });
  });
});

/** Whether a line is in a statement of the file's outermost level that is no function: found by its indentation. */
function isAtLoad(lines: readonly string[], index: number): boolean {
  const start = lines.slice(0, index + 1).findLastIndex((line) => /^[^\s)}\]/*]/.test(line));
  const head = lines.slice(start, index + 1).join("\n");
  if (!/^(?:export )?const /.test(head)) return false;
  // A function of its own around the call postpones it.
  return !/=>|\bfunction\b/.test(head);
}

/** Not for people, or the same in every language. */
const technical = [
  // Programs and what they print.
  /^(?:sudo|docker|podman|crictl|kubectl|nsenter|readlink|lsns|ps|exec|if|echo|printf|grep|sort|find|ls|for) /,
  /^set -- /,
  // Of a probe's answer that is not understood: for the log.
  /^it (?:is not whole|names no boot|does not say (?:who reads|what it read)|has no time or user)$/,
];

/** What is read by programs and by those who write them: the schema of a snapshot, which is published in English. */
const notForReaders = ["extension/core/snapshot/schema.ts"];

/** English that looks like a sentence of the page: outside of l10n.t, of errors' own words and of comments. */
function unsaidIn(source: string): string[] {
  const code = source
    .replaceAll(/\/\*[\s\S]*?\*\/|(?<!["'`:\w])\/\/.*$/gm, "")
    .replaceAll(/\bl10n\.t\(\s*(?:"(?:[^"\\]|\\.)*"|\{[\s\S]*?\})/g, "")
    .replaceAll(/new (?:SandboxError|Error)\([\s\S]*?\);/g, "");
  const inMarkup = [...code.matchAll(/>\s*([A-Z][a-z]+(?: [\w',;:-]+)*[.…:?]?)\s*<\//g)];
  const inAttribute = [...code.matchAll(/(?:aria-label|title|placeholder|alt)="([^"]*[a-z][^"]*)"/g)];
  const sentences = [...code.matchAll(/["`]((?:[A-Z][a-z']+|[a-z]+)(?: [\w'’(),;:${}.-]+){3,}[.?]?)["`]/g)];
  return [...inMarkup, ...inAttribute, ...sentences]
    .map((match) => match[1] ?? "")
    .filter((words) => !technical.some((one) => one.test(words)));
}
