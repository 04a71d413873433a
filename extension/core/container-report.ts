import * as l10n from "@vscode/l10n";
import { type NamespaceType, namespaceTypes, perNamespace } from "./namespaces.ts";
import type { ContainerReport, ProcessReport, Reading, ZombieReport } from "./report.ts";
import type { NodeScan, ProcessScan } from "./scan.ts";

/** The processes of one container on the node. */
export interface LiveProcesses {
  readonly main: ProcessScan;
  /** By PID; the main process among them. */
  readonly processes: readonly ProcessScan[];
}

/** What is known of a container beside what its processes show. */
export interface ContainerFacts extends Pick<
  ContainerReport,
  "name" | "kind" | "id" | "image" | "state" | "expected" | "targets"
> {
  /** undefined when it has no main process. */
  readonly live: LiveProcesses | undefined;
  /** Why it has none, a sentence without a final full stop; of no meaning when it has one. */
  readonly whyAbsent: string;
  /** "gVisor", "a virtual machine": then its processes on the node say nothing about its Linux namespaces. */
  readonly virtualisedBy: string | undefined;
}

/** The sandbox around a container: whose duty a zombie is depends on it. */
export interface Surroundings {
  readonly pausePid: number | undefined;
  /** PIDs of all processes of the sandbox. */
  readonly insidePids: ReadonlySet<number>;
  readonly takenAt: Date;
}

/** One column of a comparison, whatever the sandbox is. */
export function containerReport(
  facts: ContainerFacts,
  scan: NodeScan,
  surroundings: Surroundings,
): ContainerReport {
  const { name, kind, id, image, state, live, expected, targets, virtualisedBy } = facts;
  const known = { name, kind, id, image, state, expected, targets };
  if (live === undefined) {
    return { ...known, pid: null, processes: [], namespaces: nothingVisible(facts.whyAbsent), uidMap: null };
  }
  const { main } = live;
  const processes = live.processes.map((process) =>
    processReport(process, main, scan, surroundings, virtualisedBy !== undefined),
  );
  return virtualisedBy === undefined
    ? { ...known, pid: main.pid, processes, namespaces: main.namespaces, uidMap: main.uidMap ?? null }
    : {
        ...known,
        pid: main.pid,
        processes,
        namespaces: nothingVisible(
          l10n.t("the container runs in {0}: its Linux namespaces are in there", virtualisedBy),
        ),
        uidMap: null,
      };
}

function nothingVisible(reason: string): ContainerReport["namespaces"] {
  return perNamespace((): Reading => ({ status: "not-visible", reason }));
}

function processReport(
  process: ProcessScan,
  main: ProcessScan,
  scan: NodeScan,
  surroundings: Surroundings,
  virtualised: boolean,
): ProcessReport {
  return {
    pid: process.pid,
    nspid: process.nspids.at(-1) ?? null,
    ppid: process.ppid,
    startTime: new Date(scan.bootedAt + (process.startTicks / scan.ticksPerSecond) * 1000).toISOString(),
    state: process.state,
    comm: process.comm,
    argv: process.argv,
    elsewhere: virtualised ? [] : elsewhere(process, main),
    threads: virtualised ? [] : process.threads,
    zombie: process.state === "Z" ? zombieReport(process, main, scan, surroundings) : null,
  };
}

function elsewhere(process: ProcessScan, main: ProcessScan): NamespaceType[] {
  return namespaceTypes.filter((type) => {
    const [own, mains] = [process.namespaces[type], main.namespaces[type]];
    return own.status === "read" && mains.status === "read" && own.inode !== mains.inode;
  });
}

/**
 * The parent has to reap, and a process without one is given to PID 1 of its PID namespace or to a subreaper
 * (wait(2), prctl(2) PR_SET_CHILD_SUBREAPER). A process whose first thread has ended while others run looks like a
 * zombie but can be reaped by nobody (proc_pid_stat(5), pthreads(7)).
 */
function zombieReport(
  { ppid, threadCount }: ProcessScan,
  main: ProcessScan,
  scan: NodeScan,
  { pausePid, insidePids, takenAt }: Surroundings,
): ZombieReport {
  const seenSince = takenAt.toISOString();
  const duty = (): ZombieReport["duty"] => {
    if (threadCount > 1) return "nobody";
    if (ppid === pausePid) return "pause";
    if (ppid === main.pid) return "main";
    if (insidePids.has(ppid)) return "process";
    const outside = ppid === 1 || [...scan.parents, ...scan.processes].some(({ pid }) => pid === ppid);
    return outside ? "outside" : "nobody";
  };
  const whose = duty();
  return { duty: whose, dutyPid: whose === "nobody" ? null : ppid, seenSince };
}
