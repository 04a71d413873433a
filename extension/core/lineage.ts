import { namespaceTypes } from "./namespaces.ts";
import type { LineageScan, ProcessScan } from "./scan.ts";

/**
 * One line of `lsns -n -r -o NS,TYPE,PNS,ONS` (util-linux 2.38 and newer): inode, type, parent and owner, where 0 stands
 * for what there is none of or the reader may not see. undefined when it is no such line.
 */
export function parseLsns(line: string): LineageScan | undefined {
  const [, inode, name, parent, owner] =
    /^([1-9]\d{0,19}) ([a-z]{2,6}) (0|[1-9]\d{0,19}) (0|[1-9]\d{0,19})$/.exec(line) ?? [];
  const type = namespaceTypes.find((candidate) => candidate === name);
  if (inode === undefined || type === undefined) return undefined;
  return {
    inode,
    type,
    parent: parent === "0" ? undefined : parent,
    owner: owner === "0" ? undefined : owner,
  };
}

/**
 * The parents of PID namespaces as far as the processes tell them: a namespace's first process has the PID 1 in it, and
 * where that process's own parent is in a PID namespace exactly one level further out, this is the parent namespace.
 * For a PID namespace is made within its maker's (copy_pid_ns in the kernel's kernel/pid_namespace.c) and may be
 * entered from one of its ancestors only (pidns_install there), and an orphan goes to a process on the level of
 * the parent that it lost (find_new_reaper in kernel/exit.c).
 */
export function inferPidParents(processes: readonly ProcessScan[]): readonly LineageScan[] {
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  const found = new Map<string, LineageScan>();
  for (const init of processes) {
    const outside = byPid.get(init.ppid);
    const { pid: own } = init.namespaces;
    const around = outside?.namespaces.pid;
    if (init.nspids.at(-1) !== 1 || own.status !== "read" || around?.status !== "read") continue;
    if (outside?.nspids.length !== init.nspids.length - 1 || own.inode === around.inode) continue;
    found.set(own.inode, { inode: own.inode, type: "pid", parent: around.inode, owner: undefined });
  }
  return [...found.values()];
}
