import { SandboxError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { SshConfigLine } from "../library.ts";
import { matchesList } from "./patterns.ts";

/** A file of ssh_config(5) text. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

/** What evaluating a configuration needs from outside; the evaluation itself does no I/O. */
export interface ConfigSource {
  /** ssh-config's parser. Throws what it likes on broken text. */
  readonly parse: (text: string) => readonly SshConfigLine[];
  /** The readable files behind one Include pattern, in lexical order. `from` is the including file. */
  readonly include: (pattern: string, from: string) => Promise<readonly ConfigFile[]>;
  readonly log: Log;
}

/** Whom a configuration is asked about. */
export interface ConfigQuestion {
  /** The name as it was asked for, before HostName. */
  readonly host: string;
  /** The user asked for, or undefined to let the configuration say. */
  readonly user: string | undefined;
  readonly localUser: string;
}

/** Values by keyword in lower case: the first obtained wins, those of IdentityFile add up (ssh_config(5)). */
export type ConfigValues = ReadonlyMap<string, readonly string[]>;

/** OpenSSH stops at the same depth (readconf.c READCONF_MAX_DEPTH). */
const maxDepth = 16;

/**
 * Evaluates files in order for one host. `Match exec` and other criteria that would run something or that we cannot
 * judge do not match, and the log says so.
 * @throws SandboxError `ssh-config-invalid` (facts: file, detail).
 */
export async function evaluateConfig(
  files: readonly ConfigFile[],
  question: ConfigQuestion,
  source: ConfigSource,
): Promise<ConfigValues> {
  const values = new Map<string, string[]>();

  async function readFile(file: ConfigFile, depth: number): Promise<void> {
    if (depth > maxDepth) throw invalid(file.path, `Include is nested more than ${maxDepth} deep`);
    let lines: readonly SshConfigLine[];
    try {
      lines = source.parse(file.text);
    } catch (error) {
      throw invalid(file.path, error instanceof Error ? error.message : String(error), error);
    }
    await readLines(lines, file, depth);
  }

  async function readLines(lines: readonly SshConfigLine[], file: ConfigFile, depth: number): Promise<void> {
    for (const line of lines) {
      if (!("param" in line)) continue;
      if ("config" in line) {
        if (matchesSection(line, question, values, source.log)) await readLines(line.config, file, depth);
        continue;
      }
      const words = wordsOf(line.value);
      const keyword = line.param.toLowerCase();
      if (/[\r\n]/.test(keyword)) throw invalid(file.path, `${keyword.trim()} has no value`);
      if (keyword === "include") {
        for (const pattern of words) {
          for (const included of await source.include(pattern, file.path))
            await readFile(included, depth + 1);
        }
      } else if (keyword === "identityfile") {
        values.set(keyword, [...(values.get(keyword) ?? []), ...words]);
      } else if (!values.has(keyword)) {
        values.set(keyword, words);
      }
    }
  }

  for (const file of files) await readFile(file, 0);
  return values;
}

type Directive = Extract<SshConfigLine, { param: string }>;

function wordsOf(value: Directive["value"]): string[] {
  return typeof value === "string" ? [value] : value.map((word) => word.val);
}

function matchesSection(
  section: Directive,
  question: ConfigQuestion,
  values: ReadonlyMap<string, readonly string[]>,
  log: Log,
): boolean {
  if (section.param.toLowerCase() === "host") {
    // In this the case counts, as `ssh -G` shows.
    return matchesList(wordsOf(section.value), question.host);
  }
  const criteria = "criteria" in section ? Object.entries(section.criteria) : [];
  return criteria.every(([name, value]) => {
    const negated = name.startsWith("!");
    const criterion = name.slice(negated ? 1 : 0).toLowerCase();
    const subject = subjectOf(criterion, question, values);
    if (subject === undefined) {
      log.warn(`ssh config: "Match ${criterion}" is not supported, its section is skipped`);
      return false;
    }
    const patterns = wordsOf(value).flatMap((list) => list.split(","));
    return (criterion === "all" || matchesList(patterns, subject)) !== negated;
  });
}

/** What a criterion of Match is compared with; undefined when it is not supported. */
function subjectOf(
  criterion: string,
  question: ConfigQuestion,
  values: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  switch (criterion) {
    case "all":
      return "";
    case "host":
      return values.get("hostname")?.[0]?.replaceAll("%h", question.host) ?? question.host;
    case "originalhost":
      return question.host;
    case "user":
      return question.user ?? values.get("user")?.[0] ?? question.localUser;
    case "localuser":
      return question.localUser;
    default:
      return undefined;
  }
}

function invalid(file: string, detail: string, cause?: unknown): SandboxError {
  return new SandboxError("ssh-config-invalid", `${file}: ${detail}`, { cause, facts: { file, detail } });
}

/**
 * Replaces the %-tokens of ssh_config(5) TOKENS and, where allowed, ${ENVIRONMENT} variables.
 * @throws SandboxError `ssh-config-invalid` for a token that is unknown or a variable that is not set.
 */
export function expandTokens(
  text: string,
  tokens: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>> = {},
): string {
  return text.replaceAll(
    /%(.?)|\$\{([^}]*)\}/g,
    (whole, token: string | undefined, variable: string | undefined) => {
      const value = variable === undefined ? (token === "%" ? "%" : tokens[token ?? ""]) : env[variable];
      if (value === undefined)
        throw invalid("ssh config", `${JSON.stringify(whole)} in ${JSON.stringify(text)} is not known`);
      return value;
    },
  );
}
