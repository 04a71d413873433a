import { parseCount } from "../procfs.ts";

/** What a scan script printed, by section. */
export interface Sections {
  has(name: string): boolean;
  /** The section's lines; none where there is no such section. */
  lines(name: string): readonly string[];
}

/**
 * The last whole answer in what a node printed: from its opening section to the line `#end`. What a login script prints
 * before may look like a part of an answer. All of it where no answer is whole.
 */
export function lastAnswer(output: string, opening: string): string {
  const lines = `\n${output}\n`;
  const end = lines.lastIndexOf("\n#end\n");
  const begin = end < 0 ? -1 : lines.lastIndexOf(`\n#${opening}\n`, end);
  return begin < 0 ? output : lines.slice(begin + 1, end + "\n#end".length);
}

/** Whether a node printed anything that looks like a part of an answer. */
export function looksLikeAnswer(output: string): boolean {
  return /^#[a-z]{1,20}$/m.test(output);
}

/**
 * `#name` lines open a section, the first of its name; anything before the first one (a login banner) is passed over.
 * No line of a file can look like one: each comes behind the file's path.
 */
export function splitSections(output: string): Sections {
  const sections = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of output.split("\n")) {
    const name = /^#([a-z]{1,20})$/.exec(line)?.[1];
    if (name !== undefined && !sections.has(name)) {
      current = [];
      sections.set(name, current);
    } else {
      current?.push(line);
    }
  }
  return { has: (name) => sections.has(name), lines: (name) => sections.get(name) ?? [] };
}

/** Lines `/proc/PID/FILE:text`, joined again for each PID: a comm or an argument may hold newlines. */
export function textsByPid(lines: readonly string[], file: string): ReadonlyMap<number, string> {
  const texts = new Map<number, string[]>();
  const prefix = new RegExp(`^/proc/(\\d{1,10})/${file}:`);
  for (const line of lines) {
    const match = prefix.exec(line);
    const pid = parseCount(match?.[1] ?? "");
    if (match === null || pid === undefined) continue;
    const text = line.slice(match[0].length);
    const earlier = texts.get(pid);
    if (earlier === undefined) texts.set(pid, [text]);
    else earlier.push(text);
  }
  return new Map([...texts].map(([pid, parts]) => [pid, parts.join("\n")]));
}
