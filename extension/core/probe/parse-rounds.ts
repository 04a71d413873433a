import { type CgroupMembership, parseCgroup } from "../cgroup.ts";
import { parseNspid, parseStat, type ProcStat } from "../procfs.ts";
import { parseUidMap } from "../uid-map.ts";
import { parseLinks, readings, sameLinks } from "./parse-links.ts";
import type { ReadProcess, ReadProcesses } from "./read-processes.ts";
import { mostRanges } from "./script-parts.ts";
import { type Sections, textsByPid } from "./sections.ts";

/**
 * The processes as the scripts print them: every kind of file of all of them, round by round.
 *
 * Why two processes with the same inode are in the same Linux namespace: the links of all processes were read, and then
 * the links of all processes once more, in the same order. A process that showed the same both times, and kept its start
 * time, is taken to have been in its namespace from its first reading to its second; what does not is thrown away. These
 * intervals overlap: each begins before the first round ends, and ends after the second round has begun. In the time
 * that two have in common both namespaces lived, and inodes of living namespaces differ. Threads, bind mounts,
 * descriptors and lineage are read between the rounds, so the same holds for them.
 * A process that left and came back to the number in between deceives nobody but its like: of two intervals in the same
 * order one end of each lies within the other, so it was with any process that stayed at one of its two readings.
 */
export function parseRounds(sections: Sections): ReadProcesses {
  const before = parseStats(sections.lines("before"));
  const after = parseStats(sections.lines("after"));
  const links = parseLinks(sections.lines("links"));
  const again = parseLinks(sections.lines("again"));
  const files = sections.lines("files");
  const cgroups = textsByPid(files, "cgroup");
  const statuses = textsByPid(files, "status");
  const uidMaps = textsByPid(files, "uid_map");
  const supported = new Set([...links.values()].flatMap((ofProcess) => [...ofProcess.keys()]));
  const memberships = new Map<string, CgroupMembership>();
  const membershipOf = (text: string): CgroupMembership => {
    const known = memberships.get(text) ?? parseCgroup(text);
    memberships.set(text, known);
    return known;
  };

  const uidMapOf = (pid: number): ReadProcess["uidMap"] => {
    const text = uidMaps.get(pid);
    // The file is there for everybody to read: where others have lines, one without has a map without ranges.
    if (text === undefined) return uidMaps.size === 0 ? undefined : [];
    const ranges = parseUidMap(text);
    return ranges !== undefined && ranges.length > mostRanges ? undefined : ranges;
  };
  const processOf = (pid: number, first: ProcStat): ReadProcess | undefined => {
    const last = after.get(pid);
    if (last === undefined || first.startTicks !== last.startTicks) return undefined;
    // It became another program meanwhile (a runtime that starts a container): its links may be from before.
    if (first.comm !== last.comm && !isKernelWorker(first, last)) return undefined;
    if (!sameLinks(links.get(pid), again.get(pid))) return undefined;
    return {
      pid,
      ppid: last.ppid,
      state: last.state,
      comm: last.comm,
      startTicks: last.startTicks,
      threadCount: last.threadCount,
      nspids: parseNspid(statuses.get(pid) ?? ""),
      cgroup: membershipOf(cgroups.get(pid) ?? ""),
      namespaces: readings(links.get(pid), supported, last.state),
      uidMap: uidMapOf(pid),
    };
  };

  const whole = new Map<number, ReadProcess>();
  for (const [pid, first] of before) {
    const process = processOf(pid, first);
    if (process !== undefined) whole.set(pid, process);
  }
  return { whole, wasShown: (pid) => before.has(pid) };
}

/** A worker of the kernel bears the name of the queue that it works at (wq_worker_comm in kernel/workqueue.c). */
function isKernelWorker(...stats: readonly ProcStat[]): boolean {
  return stats.every(({ comm }) => comm.startsWith("kworker/"));
}

function parseStats(lines: readonly string[]): ReadonlyMap<number, ProcStat> {
  const stats = new Map<number, ProcStat>();
  for (const [pid, text] of textsByPid(lines, "stat")) {
    const stat = parseStat(text);
    // Seen from another PID namespace than procfs was mounted in, the PIDs would differ: not a row to trust.
    if (stat !== undefined && stat.pid === pid) stats.set(pid, stat);
  }
  return stats;
}
