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

/** A call of t with a message that has no comment. */
const literal = /\bl10n\.t\(\s*(?<message>"(?:[^"\\]|\\.)*")/g;

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
        .filter(({ groups }) => !/["{]/.test(groups?.["first"] ?? ""))
        .map(({ index }) => `${file}:${text.slice(0, index).split("\n").length}`),
    );
    expect(others).toEqual([]);
    const joined = sources.flatMap(({ file, text }) =>
      /\bl10n\.t\(\s*"(?:[^"\\]|\\.)*"\s*\+/.test(text) ? [file] : [],
    );
    expect(joined).toEqual([]);
  });

  test("are extracted wherever they are said, so that they can be translated", () => {
    // The extraction knows the translator by its import, and passes over one that is handed in.
    const passedOver = sources.flatMap(({ file, text }) =>
      [...text.matchAll(literal)]
        .map(({ groups }) => JSON.parse(groups?.["message"] ?? '""') as string)
        .filter((message) => extracted[message] === undefined)
        .map((message) => `${file}: ${message}`),
    );
    expect(passedOver).toEqual([]);
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
    const unsaid = sourcesOf("extension/core", "extension/app", "extension/ui", "webview").flatMap(
      ({ file, text }) =>
        (notForReaders.includes(file) ? [] : unsaidIn(text)).map((words) => `${file}: ${words}`),
    );
    expect(unsaid).toEqual([]);
  });

  test("of package.json are said by their keys", () => {
    const { contributes } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
      readonly contributes: object;
    };
    expect(plainIn(contributes)).toEqual([]);
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

    test("say which kind of namespace is meant", () => {
      const translations = {
        ...bundleOf(`l10n/bundle.l10n.${language}.json`),
        ...bundleOf(`package.nls.${language}.json`),
      };
      const bare = /(?<!(?:Linux|Kubernetes) )命名空间|пространств[а-я]* имён(?! (?:Linux|Kubernetes))/;
      expect(Object.values(translations).filter((text) => bare.test(text))).toEqual([]);
    });

    test("of findings begin with the container's name where it is emphasised", () => {
      const bundle = bundleOf(`l10n/bundle.l10n.${language}.json`);
      const messages = sources
        .filter(({ file }) => /^extension\/core\/(?:pod-)?findings\.ts$/.test(file))
        .flatMap(({ text }) => [...text.matchAll(literal)])
        .map(({ groups }) => JSON.parse(groups?.["message"] ?? '""') as string)
        .filter((message) => /^\{0\} (?:has|is|was) /.test(message));
      expect(messages.length).toBeGreaterThan(0);
      expect(messages.filter((message) => bundle[message]?.startsWith("{0} ") !== true)).toEqual([]);
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

/** What VS Code shows of contributions, where that is a text and no key of package.nls.json; names stay as they are. */
function plainIn(contribution: object): string[] {
  return Object.entries(contribution).flatMap(([key, value]: [string, unknown]) => {
    // A language model's, which reads English.
    if (key === "inputSchema") return [];
    if (typeof value === "string") {
      return shownKeys.test(key) && !/^(?:%[\w.-]+%|SSH)$/.test(value) ? [`${key}: ${value}`] : [];
    }
    if (Array.isArray(value) && /enumdescriptions$/i.test(key)) {
      return value
        .filter((text) => !/^%[\w.-]+%$/.test(String(text)))
        .map((text) => `${key}: ${String(text)}`);
    }
    return typeof value === "object" && value !== null ? plainIn(value) : [];
  });
}

const shownKeys =
  /^(?:title|shortTitle|label|description|markdownDescription|userDescription|deprecationMessage|patternErrorMessage|contents|altText|placeholder)$/;

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
  /^need [a-z]+;/,
  // The log's name of where debug pods were.
  /^Kubernetes namespace \$\{namespace\} of /,
  // Of a probe's answer that is not understood: for the log.
  /^it (?:is not whole|names no boot|does not say (?:who reads|what it read)|has no time or user)$/,
];

/** What is read by programs, by language models, and by those who write them. */
const notForReaders = [
  "extension/app/model-text.ts",
  "extension/core/snapshot/schema.ts",
  "extension/ui/language-model-tools.ts",
  "extension/ui/lesson-schema.ts",
  "extension/ui/nodes-target.ts",
  "extension/ui/target.ts",
];

/** English that looks like a sentence of the page: outside of l10n.t, of the log, of errors' own words and of comments. */
function unsaidIn(source: string): string[] {
  const code = source
    .replaceAll(/\/\*[\s\S]*?\*\/|(?<!["'`:\w])\/\/.*$/gm, "")
    .replaceAll(/\bl10n\.t\(\s*(?:"(?:[^"\\]|\\.)*"|\{[\s\S]*?\})/g, "")
    .replaceAll(/new (?:SandboxError|Error)\([\s\S]*?\);/g, "")
    .replaceAll(/\blog\??\.\w+\([\s\S]*?\);/g, "")
    .replaceAll(/\bcase "(?:[^"\\]|\\.)*"/g, "");
  const inMarkup = [...code.matchAll(/>\s*([A-Z][a-z]+(?: [\w',;:-]+)*[.…:?]?)\s*<\//g)];
  const inAttribute = [...code.matchAll(/(?:aria-label|title|placeholder|alt)="([^"]*[a-z][^"]*)"/g)];
  const sentences = [...code.matchAll(/["`]((?:[A-Z][a-z']+|[a-z]+)(?: [\w'’(),;:${}.-]+){3,}[.?]?)["`]/g)];
  return [...inMarkup, ...inAttribute, ...sentences]
    .map((match) => match[1] ?? "")
    .filter((words) => !technical.some((one) => one.test(words)));
}
