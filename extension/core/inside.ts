import { namespaceTypes } from "./namespaces.ts";
import type { IdRange, ProcessReport, ThreadReport, ZombieReport } from "./report.ts";
import { listOf } from "./words.ts";

/** What the kernel's state letter means (proc_pid_stat(5)). */
export function stateWords({ state }: Pick<ProcessReport, "state">): string {
  switch (state) {
    case "R":
      return "running";
    case "S":
      return "sleeping";
    case "D":
      return "waiting for I/O, cannot be interrupted";
    case "I":
      return "idle";
    case "T":
      return "stopped";
    case "t":
      return "stopped by a debugger";
    case "Z":
      return "zombie";
    case "X":
      return "dead";
    default:
      return `state ${state}`;
  }
}

/** "ended, to be reaped by pause, PID 30208" */
export function dutyWords({ duty, dutyPid }: ZombieReport): string {
  const pid = dutyPid === null ? "" : `, PID ${String(dutyPid)}`;
  switch (duty) {
    case "pause":
      return `ended, to be reaped by pause${pid}`;
    case "main":
      return `ended, to be reaped by its container's main process${pid}`;
    case "process":
      return `ended, to be reaped by its parent${pid}`;
    case "outside":
      return `ended, to be reaped from outside the sandbox${pid}`;
    case "nobody":
      return "ended, nobody's to reap: its own threads still run, or its parent could not be read";
  }
}

/** "in another net and mnt Linux namespace than the main process"; "" where it is in the same ones. */
export function elsewhereWords({ elsewhere }: ProcessReport): string {
  return elsewhere.length === 0
    ? ""
    : `in another ${listOf(elsewhere)} Linux namespace than the main process`;
}

/** "thread 30250 sits elsewhere: net 4026532999" */
export function threadWords({ tid, namespaces }: ThreadReport): string {
  const places = namespaceTypes.flatMap((type) => {
    const { [type]: inode } = namespaces;
    return inode === undefined ? [] : [`${type} ${inode}`];
  });
  return `thread ${String(tid)} sits elsewhere: ${listOf(places)}`;
}

/** Each user ID is the same inside and outside: the whole range of 32 bits but the last, which means "none". */
export function isIdentity(map: readonly IdRange[]): boolean {
  const [only] = map;
  return map.length === 1 && only?.inside === 0 && only.outside === 0 && only.count >= 4_294_967_295;
}

/** A line for each range: "0–65535 inside = 100000–165535 on the node"; one line in words where there is no map. */
export function uidMapLines(map: readonly IdRange[]): readonly string[] {
  if (isIdentity(map)) return ["same user IDs as the node"];
  if (map.length === 0) return ["no user ID of the node exists inside"];
  return map.map(
    ({ inside, outside, count }) => `${range(inside, count)} inside = ${range(outside, count)} on the node`,
  );
}

function range(first: number, count: number): string {
  return count === 1 ? String(first) : `${String(first)}–${String(first + count - 1)}`;
}
