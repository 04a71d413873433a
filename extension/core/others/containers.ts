import { baseName, isRuntimeInit, kernelOf } from "../programs.ts";
import type { BundleScan, NodeScan, ProcessScan } from "../scan.ts";
import { hasEnded, launcherOf, type Owner } from "./owners.ts";

/** A container that is none of a Kubernetes pod, with its processes. */
export interface OtherContainer {
  readonly id: string;
  readonly key: string;
  /** As its engine calls it, or the first digits of its ID. Untrusted text. */
  readonly name: string;
  readonly main: ProcessScan;
  /** By PID; the main process among them. */
  readonly processes: readonly ProcessScan[];
  readonly podmanPod: string | undefined;
  readonly bundle: BundleScan | undefined;
  /** Who started it and waits for it; undefined where that was not read. */
  readonly parent: ProcessScan | undefined;
  readonly virtualisedBy: string | undefined;
}

/** The containers that live on the node beside its pods, the one that started first at the start. */
export function otherContainers(scan: NodeScan, owners: ReadonlyMap<number, Owner>): OtherContainer[] {
  const byPid = new Map(scan.processes.map((process) => [process.pid, process]));
  const launchers = scan.processes
    .flatMap((process) => {
      const launcher = launcherOf(process);
      return launcher === undefined ? [] : [{ process, launcher }];
    })
    // An exec's monitor names the container too: the oldest is the container's own.
    .toSorted((a, b) => olderFirst(a.process, b.process));
  const raced = new Set(scan.raced);
  const groups = new Map<string, { id: string; processes: ProcessScan[] }>();
  for (const process of scan.processes) {
    const owner = owners.get(process.pid);
    if (owner?.kind !== "container" || isRuntimeInit(process)) continue;
    const group = groups.get(owner.key) ?? { id: owner.id, processes: [] };
    group.processes.push(process);
    groups.set(owner.key, group);
  }
  return [...groups]
    .flatMap(([key, { id, processes }]): OtherContainer[] => {
      const main = mainProcess(processes, raced);
      if (main === undefined) return [];
      const bundle = scan.bundles.find((one) => one.id === id);
      // Of a user's own engine the one that is the container's parent is believed.
      const launched = launchers.find(
        ({ launcher, process }) => launcher.id === id && (process.isRuntime || process.pid === main.ppid),
      );
      return [
        {
          id,
          key,
          name: nameOf(id, bundle, launched?.launcher.name, scan),
          main,
          processes: processes.toSorted((a, b) => a.pid - b.pid),
          podmanPod: main.cgroup.podmanPod,
          bundle,
          parent: byPid.get(main.ppid) ?? launched?.process,
          virtualisedBy: virtualisedBy(main, launched?.process),
        },
      ];
    })
    .toSorted((a, b) => olderFirst(a.main, b.main));
}

function nameOf(
  id: string,
  bundle: BundleScan | undefined,
  launched: string | undefined,
  scan: NodeScan,
): string {
  const client = scan.clients.find((one) => one.id === id && one.name !== undefined);
  const name = bundle?.name ?? client?.name ?? launched ?? "";
  // Docker writes its names with a slash in front.
  return name.replace(/^\//, "") || id.slice(0, 12);
}

/**
 * Of those whose parent is not of the container, the one that started first: what was exec'd later has an outside
 * parent too, and so may have the child of one that could not be read. gVisor's container is its sandbox process; the
 * file server beside it is not, nor is a gVisor that a program of the container runs.
 */
function mainProcess(processes: readonly ProcessScan[], raced: ReadonlySet<number>): ProcessScan | undefined {
  const inside = new Set([...processes.map(({ pid }) => pid), ...raced]);
  const living = processes.filter((process) => !hasEnded(process)).toSorted(olderFirst);
  const started = living.filter(({ ppid }) => !inside.has(ppid));
  return started.find((process) => isGvisor(process) && !isGofer(process)) ?? started[0] ?? living[0];
}

/**
 * The kernel of its own that a container has: told by who started it, or by gVisor's own process in its place; not by
 * another program of it, for a container that runs virtual machines is an ordinary one.
 */
function virtualisedBy(main: ProcessScan, launcher: ProcessScan | undefined): string | undefined {
  return kernelOf([launcher?.argv[0] ?? "", ...(isGvisor(main) ? ["runsc"] : [])]);
}

/** gVisor's own processes on the node, as runsc names them (its container.go and sandbox.go). */
export function isGvisor({ argv }: ProcessScan): boolean {
  return /^runsc(?:-sandbox|-gofer)?$/.test(baseName(argv[0] ?? ""));
}

function isGofer({ argv }: ProcessScan): boolean {
  return baseName(argv[0] ?? "") === "runsc-gofer" || argv.includes("gofer");
}

export function olderFirst(a: ProcessScan, b: ProcessScan): number {
  return a.startTicks - b.startTicks || a.pid - b.pid;
}
