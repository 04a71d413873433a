import { parseCgroup } from "../cgroup.ts";
import { parseCrictlPs, parseDockerInspect } from "../clients.ts";
import { inferPidParents, parseLsns } from "../lineage.ts";
import { parseCmdline, parseCount, parseNspid, parseStat, type ProcStat } from "../procfs.ts";
import type { LineageScan, NodeScan, ProcessScan } from "../scan.ts";
import { parseUidMap } from "../uid-map.ts";
import { hostReference } from "./host-reference.ts";
import { parseBundles } from "./parse-bundles.ts";
import { parseDescriptors, parseNsfsFiles, parsePins } from "./parse-held.ts";
import { parseLinks, parseThreads, readings, sameLinks } from "./parse-links.ts";
import { notAnAnswer, parseMeta } from "./parse-meta.ts";
import { mostProcesses, mostRanges } from "./script-parts.ts";
import { lastAnswer, splitSections, textsByPid } from "./sections.ts";

/**
 * Parses what the pod script or the node script printed. Lines that are not of the expected form are passed over; an
 * answer without its closing line, or without the facts that every comparison rests on, is the SandboxError
 * `probe-output`.
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
export function parseScan(output: string): NodeScan {
  const sections = splitSections(lastAnswer(output, "meta"));
  if (!sections.has("end")) throw notAnAnswer("it ends early");
  const meta = parseMeta(sections.lines("meta"));

  const before = parseStats(sections.lines("before"));
  const after = parseStats(sections.lines("after"));
  const links = parseLinks(sections.lines("links"));
  const again = parseLinks(sections.lines("again"));
  const threads = parseThreads(sections.lines("threads"), links);
  const files = sections.lines("files");
  const cgroups = textsByPid(files, "cgroup");
  const statuses = textsByPid(files, "status");
  const uidMaps = textsByPid(files, "uid_map");
  const cmdlines = textsByPid(sections.lines("cmdline"), "cmdline");
  const runtimes = new Set(parsePids(sections.lines("runtimes")));
  const supported = new Set([...links.values()].flatMap((ofProcess) => [...ofProcess.keys()]));

  const uidMapOf = (pid: number): ProcessScan["uidMap"] => {
    const text = uidMaps.get(pid);
    // The file is there for everybody to read: where others have lines, one without has a map without ranges.
    if (text === undefined) return uidMaps.size === 0 ? undefined : [];
    const ranges = parseUidMap(text);
    return ranges !== undefined && ranges.length > mostRanges ? undefined : ranges;
  };
  const processOf = (pid: number): ProcessScan | undefined => {
    const first = before.get(pid);
    const last = after.get(pid);
    if (first === undefined || last === undefined || first.startTicks !== last.startTicks) return undefined;
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
      argv: parseCmdline(cmdlines.get(pid) ?? ""),
      cgroup: parseCgroup(cgroups.get(pid) ?? ""),
      namespaces: readings(links.get(pid), supported, last),
      isRuntime: runtimes.has(pid),
      threads: threads.get(pid) ?? [],
      uidMap: uidMapOf(pid),
    };
  };

  const pids = parsePids(sections.lines("pids"));
  const hidden = !before.has(1);
  const whole: ProcessScan[] = [];
  const raced: number[] = [];
  for (const pid of pids) {
    const process = processOf(pid);
    if (process !== undefined) whole.push(process);
    else if (!hidden || before.has(pid)) raced.push(pid);
  }
  const listed = new Set(pids);
  const parents = [...before.keys()]
    .filter((pid) => pid > 2 && !listed.has(pid))
    .map(processOf)
    .filter((process) => process !== undefined);
  const processes = withParentsCgroups(whole);
  const read = [...processes, ...parents];
  const known = new Set(read.map(({ pid }) => pid));
  const nsfs = parseNsfsFiles(sections.lines("nsfs"), meta.nsDevice);
  return {
    ...meta,
    host: hostReference(processOf(1), processOf(2)),
    processes,
    parents,
    bundles: parseBundles(
      sections.lines("bundles"),
      read.filter(({ isRuntime }) => isRuntime),
    ),
    clients: [
      ...sections.lines("crictl").flatMap(parseCrictlPs),
      ...sections
        .lines("docker")
        .map(parseDockerInspect)
        .filter((client) => client !== undefined),
    ],
    pins: parsePins(sections.lines("pins"), nsfs),
    descriptors: parseDescriptors(sections.lines("descriptors")).filter(({ pid }) => known.has(pid)),
    lineage: lineageOf(sections.lines("lineage"), read),
    hidden,
    raced,
    truncated: pids.length >= mostProcesses[meta.scope],
  };
}

function parsePids(lines: readonly string[]): readonly number[] {
  return lines
    .flatMap((line) => line.split(" "))
    .map(parseCount)
    .filter((pid) => pid !== undefined);
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

/** On cgroup v1 a zombie's own cgroup reads "/" (measured): it counts to its parent's container, whose duty it is. */
function withParentsCgroups(all: readonly ProcessScan[]): readonly ProcessScan[] {
  const byPid = new Map(all.map((process) => [process.pid, process]));
  return all.map((process) => {
    const parent = byPid.get(process.ppid);
    if (parent === undefined || process.state !== "Z" || process.cgroup.containerId !== undefined)
      return process;
    return { ...process, cgroup: parent.cgroup };
  });
}

/** What lsns says; of PID namespaces that it does not tell of, what the processes tell. */
function lineageOf(lines: readonly string[], processes: readonly ProcessScan[]): readonly LineageScan[] {
  const said = lines.map(parseLsns).filter((line) => line !== undefined);
  const known = new Set(said.map(({ inode }) => inode));
  return [...said, ...inferPidParents(processes).filter(({ inode }) => !known.has(inode))];
}
