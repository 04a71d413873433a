import { readdir, readFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import type { ConfigFile } from "./ssh-config.ts";
import { matchesPattern } from "./patterns.ts";
import type { Machine } from "../settings.ts";

/** No ssh file of a sane size is longer; protects against an Include of something endless. */
const maxFileBytes = 4 * 1024 * 1024;

/** A text file, or undefined when it is not there. Other errors are thrown as they are. */
export async function readTextFile(path: string): Promise<string | undefined> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > maxFileBytes) throw new Error(`${path} is larger than ${maxFileBytes} bytes`);
    return bytes.toString("utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

/** "~" and "~/..." as the user's home folder; other users' homes are not looked up. */
export function expandHome(path: string, home: string): string {
  return path === "~" ? home : /^~[/\\]/.test(path) ? join(home, path.slice(2)) : path;
}

/**
 * The files behind an Include pattern: ~ and wildcards in any segment, relative to ~/.ssh or, in the system's file,
 * to its folder (ssh_config(5)). In lexical order; what cannot be read is left out.
 */
export async function includedFiles(pattern: string, from: string, machine: Machine): Promise<ConfigFile[]> {
  const expanded = expandHome(pattern, machine.home);
  const isSystem = dirname(from) === machine.systemFolder;
  const base = isSystem ? machine.systemFolder : join(machine.home, ".ssh");
  const paths = await expandWildcards(isAbsolute(expanded) ? expanded : join(base, expanded));
  const files = await Promise.all(
    paths.map(async (path): Promise<ConfigFile[]> => {
      const text = await readTextFile(path).catch(() => undefined);
      return text === undefined ? [] : [{ path, text }];
    }),
  );
  return files.flat();
}

async function expandWildcards(path: string): Promise<string[]> {
  const [first = "", ...segments] = path.split(/[/\\]/);
  let found = [first];
  for (const segment of segments) {
    found = (await Promise.all(found.map((folder) => childrenOf(folder, segment)))).flat();
  }
  return found;
}

async function childrenOf(folder: string, segment: string): Promise<string[]> {
  if (!/[*?]/.test(segment)) return [`${folder}/${segment}`];
  const names = await readdir(`${folder}/`).catch(() => []);
  return names
    .filter((name) => matchesPattern(segment, name) && (segment.startsWith(".") || !name.startsWith(".")))
    .toSorted()
    .map((name) => `${folder}/${name}`);
}
