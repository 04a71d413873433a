import { SandboxError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Machine } from "../settings.ts";
import { BadLine, parseLine, type ConfigLine } from "./config-line.ts";
import { expand, tokensOf, type Login } from "./expand.ts";
import { keywordOf } from "./keywords.ts";
import { matchesList } from "./patterns.ts";
import { parseProxyJump } from "./proxy-jump.ts";

/** A file of ssh_config(5) text. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
  /** The machine's own, which speaks for everybody: relative paths and ~ mean something else in it. */
  readonly system: boolean;
}

/** What evaluating a configuration needs from outside; the evaluation itself does no I/O. */
export interface ConfigSource {
  /** The files behind one Include pattern, in lexical order; `from` has it. @throws BadLine. */
  readonly include: (pattern: string, from: ConfigFile) => Promise<readonly ConfigFile[]>;
  /** Whether a command of `Match exec` ends with 0. @throws SandboxError `ssh-untrusted`; BadLine. */
  readonly exec: (command: string) => Promise<boolean>;
  readonly log: Log;
}

/** Whom a configuration is asked about. */
export interface ConfigQuestion {
  /** The name as it was asked for, before HostName. */
  readonly alias: string;
  /** What is given wins over the configuration, as on ssh's command line. */
  readonly user: string | undefined;
  readonly port: number | undefined;
  readonly machine: Machine;
}

/** What a configuration says, by keyword in lower case (ssh_config(5)); older names of keywords are resolved. */
export interface ConfigValues {
  /** The host to connect to: HostName, or the alias, in lower case. */
  readonly host: string;
  readonly login: Login;
  /** All words of a keyword: of IdentityFile and CertificateFile those of every line. undefined = not set. */
  all(keyword: string): readonly string[] | undefined;
  first(keyword: string): string | undefined;
  /** Set in a file of the user's own, not by the machine's. */
  isUsers(keyword: string): boolean;
}

/** Values of one keyword that adds up (readconf.h SSH_MAX_IDENTITY_FILES). */
const maxAdded = 100;
/** OpenSSH stops at the same depth (readconf.c READCONF_MAX_DEPTH). */
const maxDepth = 16;
/** Both passes together; no configuration is near it, but files that include themselves are soon. */
const maxFiles = 4_000;
const maxCharacters = 32 * 1024 * 1024;

/**
 * Evaluates files in order for one host, as `ssh -G` does: the first value of a keyword wins. A second time, where
 * `Match final` or CanonicalizeHostname says so (readconf.c, ssh.c main).
 *
 * Criteria of Match that depend on more than the way to the host (localnetwork, sessiontype, command, version) are not
 * judged: the log says so, and their sections are skipped.
 * @throws SandboxError `ssh-config-invalid` (facts: detail; file and line where it is one line's fault); what `exec` throws.
 */
export async function evaluateConfig(
  files: readonly ConfigFile[],
  question: ConfigQuestion,
  source: ConfigSource,
): Promise<ConfigValues> {
  const evaluation = new Evaluation(question, source);
  for (const file of files) await evaluation.read(file);
  if (evaluation.beginFinalPass()) {
    for (const file of files) await evaluation.read(file);
  }
  return evaluation;
}

interface Setting {
  readonly words: readonly string[];
  readonly system: boolean;
}

/** Where a file is read: inside which section of which other. */
interface Place {
  readonly file: ConfigFile;
  readonly depth: number;
  /** Included from a section that does not apply: it is only checked. */
  readonly never: boolean;
}

class Evaluation implements ConfigValues {
  readonly #question: ConfigQuestion;
  readonly #source: ConfigSource;
  readonly #settings = new Map<string, Setting>();
  readonly #warned = new Set<string>();
  #finalHost: string | undefined;
  #wantsFinalPass = false;
  #files = 0;
  #characters = 0;

  constructor(question: ConfigQuestion, source: ConfigSource) {
    this.#question = question;
    this.#source = source;
  }

  all(keyword: string): readonly string[] | undefined {
    return this.#settings.get(keyword)?.words;
  }

  first(keyword: string): string | undefined {
    return this.all(keyword)?.[0];
  }

  isUsers(keyword: string): boolean {
    return this.#settings.get(keyword)?.system === false;
  }

  get host(): string {
    if (this.#finalHost !== undefined) return this.#finalHost;
    const { alias } = this.#question;
    return expand(this.first("hostname") ?? alias, { h: alias }).toLowerCase();
  }

  get login(): Login {
    const { alias, user, port, machine } = this.#question;
    const jump = this.first("proxyjump");
    return {
      alias,
      host: this.host,
      port: port ?? Number(this.first("port") ?? 22),
      user: user ?? this.first("user") ?? machine.user,
      keyAlias: this.first("hostkeyalias")?.toLowerCase(),
      jump: jump === undefined ? undefined : parseProxyJump(jump)?.at(-1)?.host,
    };
  }

  /** False where one pass is enough. */
  beginFinalPass(): boolean {
    const canonicalize = this.first("canonicalizehostname") ?? "no";
    if (!this.#wantsFinalPass && canonicalize === "no") return false;
    this.#finalHost = attempt(`HostName of ${this.#question.alias}`, () => this.host);
    return true;
  }

  async read(file: ConfigFile): Promise<void> {
    await this.#read({ file, depth: 0, never: false });
  }

  async #read(place: Place): Promise<void> {
    const { file } = place;
    this.#characters += file.text.length;
    if (++this.#files > maxFiles || this.#characters > maxCharacters)
      throw invalid(file.path, 0, "too much is included: do files include each other?");
    let active = !place.never;
    let number = 0;
    for (const text of file.text.split("\n")) {
      number++;
      try {
        const line = parseLine(text);
        if (line !== undefined) active = await this.#apply(line, active, place);
      } catch (error) {
        throw error instanceof BadLine ? invalid(file.path, number, error.message) : error;
      }
    }
  }

  /** Whether the section is still, or now, one that applies. */
  async #apply(line: ConfigLine, active: boolean, place: Place): Promise<boolean> {
    switch (line.keyword) {
      case "host":
        if (line.words.includes("")) throw new BadLine("Host has an empty name");
        // In this the case counts.
        return !place.never && matchesList(line.words, this.#question.alias);
      case "match":
        return (await this.#matches(line.words, place)) && !place.never;
      case "include":
        await this.#include(line.words, active, place);
        return active;
      default:
        this.#set(line, active, place.file.system);
        return active;
    }
  }

  #set(line: ConfigLine, active: boolean, system: boolean): void {
    const keyword = keywordOf(line.keyword);
    if (keyword === undefined) {
      const ignored = this.first("ignoreunknown")?.toLowerCase().split(",") ?? [];
      if (!matchesList(ignored, line.keyword)) throw new BadLine(`${line.keyword} is no keyword`);
      return;
    }
    const words = keyword.read(line);
    if (!active || words === undefined) return;
    // Of ProxyJump and ProxyCommand the one obtained first wins; but ssh takes a ProxyCommand behind `ProxyJump none`.
    if (keyword.name === "proxyjump" && this.#settings.has("proxycommand")) return;
    const jump = this.first("proxyjump");
    if (keyword.name === "proxycommand" && jump !== undefined && parseProxyJump(jump) !== undefined) return;
    const before = this.#settings.get(keyword.name);
    if (before === undefined) this.#settings.set(keyword.name, { words, system });
    else if (keyword.adds === true && !before.words.includes(words[0] ?? "")) {
      if (before.words.length >= maxAdded)
        throw new BadLine(`there are more than ${maxAdded} of ${line.keyword}`);
      this.#settings.set(keyword.name, { words: [...before.words, ...words], system: before.system });
    }
  }

  async #include(patterns: readonly string[], active: boolean, place: Place): Promise<void> {
    for (const pattern of patterns) {
      if (pattern === "") throw new BadLine("Include has an empty path");
      if (place.depth >= maxDepth) throw new BadLine(`Include is nested more than ${maxDepth} deep`);
      const { login } = this;
      const path = expand(pattern, tokensOf(login, this.#question.machine), this.#question.machine.env);
      for (const file of await this.#source.include(path, place.file)) {
        await this.#read({ file, depth: place.depth + 1, never: !active });
      }
    }
  }

  /** Quotes, escapes and name=value as in OpenSSH since 9.9; before, it knew double quotes only in this line. */
  async #matches(words: readonly string[], place: Place): Promise<boolean> {
    let matches = true;
    const left = [...words];
    let criteria = 0;
    for (let word = left.shift(); word !== undefined; word = left.shift()) {
      const [, negation, name = "", value] = /^(!?)([^=]*)(?:=([^]*))?$/.exec(word) ?? [];
      const criterion = name.toLowerCase();
      if (criterion === "all") {
        if (criteria > 1 || left.length > 0) throw new BadLine("Match all takes no other criteria");
        return matches && negation === "";
      }
      criteria++;
      let fits: boolean | undefined;
      if (criterion === "canonical" || criterion === "final") {
        if (criterion === "final") this.#wantsFinalPass = true;
        fits = this.#finalHost !== undefined;
      } else {
        fits = await this.#fits(criterion, value ?? valueOf(left), matches && !place.never);
      }
      // What cannot be judged does not match, negated or not.
      if (fits === undefined || fits === (negation === "!")) matches = false;
    }
    if (criteria === 0) throw new BadLine("Match has no criteria");
    return matches;
  }

  /** undefined = cannot be judged. `matters` = everything before it matches. */
  async #fits(criterion: string, value: string, matters: boolean): Promise<boolean | undefined> {
    if (value === "") throw new BadLine(`Match ${criterion} has no value`);
    const { alias, machine } = this.#question;
    switch (criterion) {
      case "host":
        return matchesList(value.toLowerCase().split(","), this.host);
      case "originalhost":
        return matchesList(value.toLowerCase().split(","), alias.toLowerCase());
      case "user":
        return matchesList(value.split(","), this.login.user);
      case "localuser":
        return matchesList(value.split(","), machine.user);
      case "tagged":
        return matchesList(value.split(","), this.first("tag") ?? "");
      case "exec": {
        const { login } = this;
        const command = expand(value, tokensOf(login, machine));
        if (!matters) return false;
        refuseShellText(value, login);
        return this.#source.exec(command);
      }
      case "localnetwork":
      case "sessiontype":
      case "command":
      case "version":
        this.#warn(`"Match ${criterion}" is not supported, its section is skipped`);
        return undefined;
      default:
        throw new BadLine(`Match knows no ${JSON.stringify(criterion)}`);
    }
  }

  #warn(message: string): void {
    if (!this.#warned.has(message)) this.#source.log.warn(`ssh config: ${message}`);
    this.#warned.add(message);
  }
}

/** The next word, perhaps behind a `=` of its own. */
function valueOf(words: string[]): string {
  const word = words.shift() ?? "";
  return word === "=" ? (words.shift() ?? "") : word.replace(/^=/, "");
}

/**
 * A host or user that would mean something to the shell is not put into a command line (as OpenSSH 9.6, after
 * CVE-2023-51385). Only what the command takes is looked at.
 * @throws BadLine.
 */
export function refuseShellText(command: string, { alias, host, user }: Login): void {
  const taken = { h: host, n: alias, r: user };
  for (const [token, text] of Object.entries(taken)) {
    const dangerous = token === "r" ? /^-|['`";&<>|(){}\n]|\s-|\\$/ : /^-|['`"$\\;&<>|(){}\s\p{Cc}]/u;
    if (command.includes(`%${token}`) && dangerous.test(text))
      throw new BadLine(`${JSON.stringify(text)} cannot be put into a command (%${token})`);
  }
}

export function invalid(file: string, line: number, detail: string): SandboxError {
  const place = line === 0 ? file : `${file}:${line}`;
  return new SandboxError("ssh-config-invalid", `${place}: ${detail}`, {
    facts: { file, detail, ...(line > 0 && { line: String(line) }) },
  });
}

/** What is wrong with the values for one host. */
export function badHost(what: string, detail: string): SandboxError {
  return new SandboxError("ssh-config-invalid", `${what}: ${detail}`, { facts: { host: what, detail } });
}

/** Work on values whose line is not known any more. */
export function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof BadLine ? badHost(what, error.message) : error;
  }
}
