import { type NamespaceType, namespaceTypes } from "./namespaces.ts";

/** The fields of /proc/PID/stat that we use (proc_pid_stat(5)). */
export interface ProcStat {
  readonly pid: number;
  /** At most 15 bytes; may hold spaces, parentheses and newlines. */
  readonly comm: string;
  /** R S D Z T t X I ... */
  readonly state: string;
  readonly ppid: number;
  /** Field 22: clock ticks since boot. With the PID it names a process within one boot. */
  readonly startTicks: number;
  /** Field 20. A zombie counts itself; more than 1 means that only its first thread has ended (measured, 6.18). */
  readonly threadCount: number;
}

/**
 * Parses the whole text of /proc/PID/stat, or undefined when it is not one.
 * The comm ends at the LAST parenthesis: it is the process's own to choose.
 */
export function parseStat(text: string): ProcStat | undefined {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < open) return undefined;
  const pid = parseCount(text.slice(0, open).trim());
  // Fields from the third on: state, ppid, ...; starttime is field 22, so index 19 here.
  const fields = text
    .slice(close + 1)
    .trim()
    .split(/\s+/);
  const state = fields[0] ?? "";
  const ppid = parseCount(fields[1] ?? "");
  const threadCount = parseCount(fields[17] ?? "");
  const startTicks = parseCount(fields[19] ?? "");
  if (pid === undefined || ppid === undefined || startTicks === undefined || threadCount === undefined) {
    return undefined;
  }
  // More fields follow: where they are missing the text was cut, and the last number may be a part of one.
  if (fields.length < 21 || !/^[A-Za-z]$/.test(state)) return undefined;
  return { pid, comm: text.slice(open + 1, close), state, ppid, startTicks, threadCount };
}

/**
 * Parses the line `NSpid:` of /proc/PID/status: one PID for each nested PID namespace, the outermost (the reader's)
 * first. Empty when the text is not such a line (kernels before 4.1 have none).
 */
export function parseNspid(line: string): readonly number[] {
  const match = /^NSpid:((?:\s+\d+)+)\s*$/.exec(line);
  if (match === null) return [];
  const pids = (match[1] ?? "").trim().split(/\s+/).map(parseCount);
  return pids.every((pid) => pid !== undefined) ? pids : [];
}

/** A namespace link's text, such as `net:[4026532177]`; undefined when it is not one. */
export function parseNamespaceLink(text: string): { type: NamespaceType; inode: string } | undefined {
  const match = /^([a-z]+):\[([1-9]\d{0,19})\]$/.exec(text);
  if (match === null) return undefined;
  const [, name, inode = ""] = match;
  const type = namespaceTypes.find((candidate) => candidate === name);
  return type === undefined ? undefined : { type, inode };
}

/** /proc/PID/cmdline: arguments, each ended by NUL. A process may overwrite it with any bytes. */
export function parseCmdline(text: string): readonly string[] {
  if (text === "") return [];
  return (text.endsWith("\0") ? text.slice(0, -1) : text).split("\0");
}

/** A non-negative integer that a JavaScript number holds exactly. */
export function parseCount(text: string): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
