import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Whose debug pods they are: one process of one window. */
export interface DebugPodOwner {
  /** Value of the pods' owner label; random. */
  readonly label: string;
  /** Where its PID means anything: host name, platform and PID namespace. */
  readonly machine: string;
  readonly pid: number;
  /** Tells the process from a later one of the same PID; "" where the platform does not say. */
  readonly start: string;
}

/** This process, under a new label. */
export function newOwner(): DebugPodOwner {
  const { pid } = process;
  return {
    label: randomBytes(8).toString("hex"),
    machine: thisMachine(),
    pid,
    start: startOf(pid),
  };
}

/** undefined where that cannot be told from here: it is, or was, a process of another machine. */
export function isAlive({ machine, pid, start }: DebugPodOwner): boolean | undefined {
  if (machine !== thisMachine()) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's (kill(2)).
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  return startOf(pid) === start;
}

/**
 * Windows that share a ledger may run in different systems of one host name: VS Code keeps what remote windows write with
 * the local ones', WSL has the name of its Windows, and containers may be given any.
 */
function thisMachine(): string {
  let pids = "";
  try {
    pids = readlinkSync("/proc/self/ns/pid");
  } catch {
    // No Linux.
  }
  return `${hostname()} ${process.platform} ${pids}`;
}

/** Clock ticks from boot to the start of a process, field 22 of proc_pid_stat(5). */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field may hold spaces and parentheses: what follows the last ")" is safe to split.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
