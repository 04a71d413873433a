import { constants, type Stats } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { Machine } from "../settings.ts";
import { BadLine } from "./config-line.ts";
import { expandHome } from "./expand.ts";
import { hasWildcards, matchesFileName } from "./patterns.ts";
import { invalid, type ConfigFile } from "./ssh-config.ts";

/** No config of a sane size is longer; protects against something endless, such as /dev/zero. */
const maxFileBytes = 4 * 1024 * 1024;
/** Of one Include. */
const maxPaths = 1_000;

/**
 * A text file, or undefined when it is not there. Other errors are thrown as they are, and what `check` throws.
 * Only files and devices (/dev/null) are read: from a pipe nothing may ever come.
 */
export async function readTextFile(
  path: string,
  check: (stats: Stats) => void = () => {},
  maxBytes = maxFileBytes,
): Promise<string | undefined> {
  try {
    // Opening a pipe would wait for its writer.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = await file.stat();
      if (!stats.isFile() && !stats.isCharacterDevice()) throw new Error(`${path} is no file`);
      check(stats);
      const chunks: Buffer[] = [];
      let length = 0;
      for (;;) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(64 * 1024));
        if (bytesRead === 0) return Buffer.concat(chunks).toString("utf8");
        chunks.push(buffer.subarray(0, bytesRead));
        length += bytesRead;
        if (length > maxBytes) throw new Error(`${path} is larger than ${maxBytes} bytes`);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

/**
 * The files that a configuration begins with: the one that is set ("" = none is), else the user's own and the machine's,
 * where they are.
 * @throws SandboxError `ssh-config-invalid` (facts: file, detail).
 */
export async function configFiles(set: string, machine: Machine): Promise<ConfigFile[]> {
  const read = async (
    path: string,
    system: boolean,
    check?: (stats: Stats) => void,
  ): Promise<ConfigFile[]> => {
    try {
      const text = await readTextFile(path, check);
      return text === undefined ? [] : [{ path, text, system }];
    } catch (error) {
      throw invalid(path, 0, error instanceof Error ? error.message : String(error));
    }
  };
  if (set === "") {
    const own = join(machine.home, ".ssh", "config");
    const system = join(machine.systemFolder, "ssh_config");
    return [...(await read(own, false, checkOwner(own, machine))), ...(await read(system, true))];
  }
  const files = await read(expandSetting(set, machine), false);
  if (files.length === 0) throw invalid(set, 0, "there is no such file");
  return files;
}

function expandSetting(path: string, machine: Machine): string {
  try {
    return expandHome(path, machine);
  } catch (error) {
    throw error instanceof BadLine ? invalid(path, 0, error.message) : error;
  }
}

/**
 * A file that decides where we connect to and what is run must be the user's or root's, and nobody else may write to it
 * (readconf.c read_config_file_depth, SSHCONF_CHECKPERM).
 */
export function checkOwner(path: string, machine: Machine): (stats: Stats) => void {
  return ({ uid, mode }) => {
    if (machine.platform === "win32") return;
    if ((uid !== 0 && uid !== machine.uid) || (mode & 0o022) !== 0)
      throw new Error(`bad owner or permissions on ${path}: others may write to it`);
  };
}

/**
 * The files behind an Include pattern: ~ and wildcards in any segment; relative to ~/.ssh or, in the system's file, to
 * its folder (ssh_config(5)). In lexical order. Folders are passed over, as ssh does.
 * @throws BadLine for what is there and cannot be read.
 */
export async function includedFiles(
  pattern: string,
  from: ConfigFile,
  machine: Machine,
): Promise<ConfigFile[]> {
  const { system } = from;
  if (system && pattern.startsWith("~")) throw new BadLine(`${pattern}: there is no ~ in the system's file`);
  const expanded = expandHome(pattern, machine);
  const base = system ? machine.systemFolder : join(machine.home, ".ssh");
  const paths = await expandWildcards(
    isAbsolute(expanded) ? expanded : join(base, expanded),
    // Elsewhere a backslash takes the character behind it as it is.
    machine.platform === "win32" ? /[/\\]/ : "/",
  );
  const files: ConfigFile[] = [];
  for (const path of paths) {
    try {
      const text = await readTextFile(path, checkOwner(path, machine));
      if (text !== undefined) files.push({ path, text, system });
    } catch (error) {
      if (await isFolder(path)) continue;
      throw new BadLine(error instanceof Error ? error.message : String(error));
    }
  }
  return files;
}

async function isFolder(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    () => false,
  );
}

async function expandWildcards(path: string, separator: string | RegExp): Promise<string[]> {
  const [first = "", ...segments] = path.split(separator);
  let found = [first];
  for (const segment of segments) {
    const next: string[] = [];
    for (const folder of found) {
      next.push(...(await childrenOf(folder, segment)));
      if (next.length > maxPaths) throw new BadLine(`${path} matches more than ${maxPaths} files`);
    }
    found = next;
  }
  return found;
}

async function childrenOf(folder: string, segment: string): Promise<string[]> {
  if (!hasWildcards(segment)) return [`${folder}/${segment}`];
  const names = await readdir(`${folder}/`).catch(() => []);
  return names
    .filter((name) => matchesFileName(segment, name))
    .toSorted()
    .map((name) => `${folder}/${name}`);
}
