import { readdir, readFile, readlink } from "node:fs/promises";
import { readProcess } from "./oracle-node.ts";

/** Where a bench looks for what should not be there. */
export interface Places {
  /** Paths of all files where one might be left, on this machine or on a node. */
  files(): Promise<readonly string[]>;
  /** PIDs of more processes than our own descendants, such as those of the machines of a Net. */
  processes(): Promise<readonly number[]>;
}

/** All that could be left over at one moment, one line each. */
export type Snapshot = ReadonlySet<string>;

/** Our descendants and others, our sockets, and files. */
export async function takeSnapshot(places: Places): Promise<Snapshot> {
  const pids = new Set([...(await descendants(process.pid)), ...(await places.processes())]);
  const found = await Promise.all([places.files(), sockets()]);
  return new Set([...[...pids].flatMap(describe), ...found.flat()]);
}

/** What is there now and was not before. */
export async function leftovers(before: Snapshot, places: Places): Promise<string[]> {
  return [...(await takeSnapshot(places))].filter((line) => !before.has(line)).toSorted();
}

async function descendants(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const children = await Promise.all(
    threads.map(async (thread) => readFile(`/proc/${pid}/task/${thread}/children`, "utf8").catch(() => "")),
  );
  const direct = children.join(" ").split(" ").filter(Boolean).map(Number);
  return [...direct, ...(await Promise.all(direct.map(descendants))).flat()];
}

/** Nothing for one that has ended; a zombie is told as such. */
function describe(pid: number): string[] {
  const found = readProcess(pid);
  if (found === undefined) return [];
  const { startTime, state, name, command } = found;
  return [`process ${pid} since ${startTime} (${state}): ${command || name}`];
}

/** Of this process; by their inodes, so that one that took another's descriptor is a new one. */
async function sockets(): Promise<string[]> {
  const links = await Promise.all(
    (await readdir("/proc/self/fd")).map(async (fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
  );
  return links.filter((link) => link.startsWith("socket:"));
}
