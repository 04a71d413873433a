import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

/**
 * Which running lab something belongs to: "PID-STARTTIME-RANDOM". Folders and cgroups of the lab carry it as their name, so
 * that a later start can tell the leftovers of a crashed lab from the things of one that still runs.
 */
export type Owner = string;

const pattern = /^(\d+)-(\d+)-[0-9a-f]{8}$/;

/** A new owner, alive as long as this process. */
export function newOwner(): Owner {
  return `${process.pid}-${startTime(process.pid) ?? 0}-${randomBytes(4).toString("hex")}`;
}

/** False for a name that is no owner's: what has such a name is not the lab's to remove. */
export function isOwner(name: string): name is Owner {
  return pattern.test(name);
}

export function isAlive(owner: Owner): boolean {
  const [, pid = "", started = ""] = pattern.exec(owner) ?? [];
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
  }
  // A recycled PID has another start time; off Linux there is none to compare.
  const now = startTime(Number(pid));
  return now === undefined || now === Number(started);
}

/** Clock ticks since boot, field 22 of proc_pid_stat(5), counted after the last ")": comm may hold anything. */
function startTime(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[19]);
  } catch {
    return undefined;
  }
}
