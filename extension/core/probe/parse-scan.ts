import { parseCrictlPs, parseDockerInspect } from "../clients.ts";
import { inferPidParents, parseLsns } from "../lineage.ts";
import { parseCmdline, parseCount } from "../procfs.ts";
import type { LineageScan, NodeScan, ProcessScan } from "../scan.ts";
import { hostReference } from "./host-reference.ts";
import { parseBundles } from "./parse-bundles.ts";
import { parseDescriptors, parseNsfsFiles, parsePins } from "./parse-held.ts";
import { parseThreads } from "./parse-links.ts";
import { notAnAnswer, parseMeta } from "./parse-meta.ts";
import { parseProcesses } from "./parse-processes.ts";
import { parseRounds } from "./parse-rounds.ts";
import { mostProcesses } from "./script-parts.ts";
import { lastAnswer, splitSections, textsByPid } from "./sections.ts";

/**
 * Parses what a script or a Perl reader printed of a pod or a node. Lines that are not of the expected form are passed
 * over; an answer without its closing line, or without the facts that every comparison rests on, is the SandboxError
 * `probe-output`.
 */
export function parseScan(output: string): NodeScan {
  const sections = splitSections(lastAnswer(output, "meta"));
  if (!sections.has("end")) throw notAnAnswer("it ends early");
  const meta = parseMeta(sections.lines("meta"));

  const { whole, wasShown } = sections.has("processes") ? parseProcesses(sections) : parseRounds(sections);
  const threads = parseThreads(sections.lines("threads"), whole);
  const cmdlines = textsByPid(sections.lines("cmdline"), "cmdline");
  const runtimes = new Set(parsePids(sections.lines("runtimes")));
  const processOf = (pid: number): ProcessScan | undefined => {
    const process = whole.get(pid);
    return (
      process && {
        ...process,
        argv: parseCmdline(cmdlines.get(pid) ?? ""),
        isRuntime: runtimes.has(pid),
        threads: threads.get(pid) ?? [],
      }
    );
  };

  const pids = parsePids(sections.lines("pids"));
  const hidden = !wasShown(1);
  const listed = new Set(pids);
  const own: ProcessScan[] = [];
  const raced: number[] = [];
  for (const pid of pids) {
    const process = processOf(pid);
    if (process !== undefined) own.push(process);
    else if (!hidden || wasShown(pid)) raced.push(pid);
  }
  const parents = [...whole.keys()]
    .filter((pid) => pid > 2 && !listed.has(pid))
    .map(processOf)
    .filter((process) => process !== undefined);
  const processes = withParentsCgroups(own);
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
