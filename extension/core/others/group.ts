import { isContainerId } from "../cgroup.ts";
import { type NamespaceType, namespaceTypes } from "../namespaces.ts";
import { oneLine } from "../one-line.ts";
import { isRuntimeInit } from "../programs.ts";
import type { OtherSandbox } from "../report.ts";
import type { NodeScan, ProcessScan } from "../scan.ts";
import { isGvisor, olderFirst, type OtherContainer, otherContainers } from "./containers.ts";
import { infraOf, isPause } from "./joined.ts";
import { apart, hasEnded, type Owner, ownersOf } from "./owners.ts";
import { Union } from "./union.ts";

/** A sandbox on a node that is no pod of Kubernetes, with what it consists of. */
export interface OtherGroup extends Omit<OtherSandbox, "node"> {
  /** The infra container first, else in the order of their start; empty for kind `processes`. */
  readonly containers: readonly OtherContainer[];
  readonly infra: OtherContainer | undefined;
  /** Processes of no container: the sandbox itself for kind `processes`, else those that sit in its Linux namespaces. */
  readonly loose: readonly ProcessScan[];
  /** The kernel of its own that all of it has; undefined where there is none, or not all of it has one. */
  readonly virtualisedBy: string | undefined;
}

export interface Grouping {
  /** The one with the oldest process first. */
  readonly groups: readonly OtherGroup[];
  /** Whose each process is, by PID. */
  readonly owners: ReadonlyMap<number, Owner>;
}

/**
 * Types by which containers are one sandbox. Not user: engines without root give all their containers the same one;
 * not mnt, cgroup and time, which no engine's "container:" joins.
 */
export const joiningTypes: readonly NamespaceType[] = ["net", "ipc", "uts", "pid"];

/** Types by which a process of no container counts to a container that it sits in. */
const enteredTypes: readonly NamespaceType[] = [...joiningTypes, "mnt"];

/**
 * Finds everything on a node that sits in Linux namespaces of its own without being of a Kubernetes pod. What a pod's
 * Linux namespaces are entered by is the pod's outsider and told with the pod. Where the node's own Linux namespaces
 * could not be read, nothing is joined and no process of its own is found: either would be a guess.
 */
export function groupOthers(scan: NodeScan): Grouping {
  const owners = ownersOf(scan);
  const containers = otherContainers(scan, owners);
  const joined = joinContainers(containers, scan);
  const entered = new Entrances(joined, scan);
  const inPods = placesOf(
    scan.processes.filter(({ pid }) => owners.get(pid)?.kind === "pod"),
    scan,
    namespaceTypes,
  );

  const raced = new Set(scan.raced);
  const kernel = hasKernelThreads(scan);
  const visitors = new Map<OtherContainer, ProcessScan[]>();
  const loose: ProcessScan[] = [];
  for (const process of scan.processes) {
    if (owners.get(process.pid)?.kind !== "none" || raced.has(process.pid)) continue;
    if (hasEnded(process) || isRuntimeInit(process) || apart(process, scan).length === 0) continue;
    // The kernel's own, some of which (kdevtmpfs) have a mount namespace of their own, are nobody's sandbox.
    if (kernel && process.ppid === 2) continue;
    const host = entered.containerOf(process, scan);
    if (host !== undefined) visitors.set(host, [...(visitors.get(host) ?? []), process]);
    else if (!places(process, scan, namespaceTypes).some((place) => inPods.has(place))) loose.push(process);
  }

  const groups = [
    ...joined.map((members) => containerGroup(members, visitors, scan)),
    ...joinProcesses(loose, scan).map(processGroup),
  ].toSorted((a, b) => olderFirst(oldestOf(a), oldestOf(b)));
  return { groups, owners };
}

/** Finds a sandbox again by its key, or by that of any container or process that is in it now. */
export function findGroup(groups: readonly OtherGroup[], key: string): OtherGroup | undefined {
  return (
    groups.find((group) => group.key === key) ??
    groups.find(
      ({ containers, loose }) =>
        containers.some(({ id }) => key === containerKey(id)) ||
        loose.some((process) => key === processKey(process)),
    )
  );
}

/** All processes of a sandbox, those that only sit in its Linux namespaces too. */
export function processesOf({ containers, loose }: OtherGroup): readonly ProcessScan[] {
  return [...containers.flatMap(({ processes }) => processes), ...loose];
}

export function oldestOf(group: OtherGroup): ProcessScan {
  const [first, ...rest] = [...group.containers.map(({ main }) => main), ...group.loose];
  if (first === undefined) throw new Error("a sandbox without processes");
  return rest.reduce((oldest, next) => (olderFirst(next, oldest) < 0 ? next : oldest), first);
}

// ---- joining

function joinContainers(containers: readonly OtherContainer[], scan: NodeScan): OtherContainer[][] {
  const union = new Union();
  for (const { key, main, podmanPod } of containers) {
    for (const place of places(main, scan, joiningTypes)) union.join(`container ${key}`, place);
    if (podmanPod !== undefined) union.join(`container ${key}`, `pod ${podmanPod}`);
  }
  return [...Map.groupBy(containers, ({ key }) => union.find(`container ${key}`)).values()];
}

/**
 * Joined by any Linux namespace that is not the node's, and with its parent; gVisor's processes beside each other by
 * their bundle too.
 */
function joinProcesses(processes: readonly ProcessScan[], scan: NodeScan): ProcessScan[][] {
  const union = new Union();
  const pids = new Set(processes.map(({ pid }) => pid));
  for (const process of processes) {
    for (const place of places(process, scan, namespaceTypes)) union.join(`process ${process.pid}`, place);
    // Linux namespaces in Linux namespaces (a browser's): all of it is new, but who started it is apart too.
    if (pids.has(process.ppid)) union.join(`process ${process.pid}`, `process ${process.ppid}`);
    const bundle = gvisorBundle(process);
    if (bundle !== undefined) union.join(`process ${process.pid}`, `bundle ${bundle}`);
  }
  const sets = Map.groupBy(processes.toSorted(olderFirst), ({ pid }) => union.find(`process ${pid}`));
  return [...sets.values()];
}

/** The Linux namespaces of these types, other than the node's, that a process is in, each as "type:inode". */
function places(process: ProcessScan, scan: NodeScan, types: readonly NamespaceType[]): string[] {
  return apart(process, scan).flatMap((type) => {
    const reading = process.namespaces[type];
    return types.includes(type) && reading.status === "read" ? [`${type}:${reading.inode}`] : [];
  });
}

function placesOf(
  processes: readonly ProcessScan[],
  scan: NodeScan,
  types: readonly NamespaceType[],
): ReadonlySet<string> {
  return new Set(processes.flatMap((process) => places(process, scan, types)));
}

/** Which container a Linux namespace belongs to: the oldest whose main process is in it, else the oldest with any. */
class Entrances {
  readonly #byPlace = new Map<string, OtherContainer>();

  constructor(joined: readonly (readonly OtherContainer[])[], scan: NodeScan) {
    const containers = joined.flat().toSorted((a, b) => olderFirst(a.main, b.main));
    for (const container of containers) this.#add(container, [container.main], scan);
    for (const container of containers) this.#add(container, container.processes, scan);
  }

  #add(container: OtherContainer, processes: readonly ProcessScan[], scan: NodeScan): void {
    for (const place of placesOf(processes, scan, enteredTypes)) {
      if (!this.#byPlace.has(place)) this.#byPlace.set(place, container);
    }
  }

  containerOf(process: ProcessScan, scan: NodeScan): OtherContainer | undefined {
    return places(process, scan, enteredTypes)
      .map((place) => this.#byPlace.get(place))
      .find((container) => container !== undefined);
  }
}

/** Whether PID 2 is kthreadd, the parent of all kernel threads; in a PID namespace of a container's it is not. */
function hasKernelThreads({ processes }: NodeScan): boolean {
  return processes.some(({ pid, ppid, comm }) => pid === 2 && ppid === 0 && comm === "kthreadd");
}

function gvisorBundle(process: ProcessScan): string | undefined {
  if (!isGvisor(process)) return undefined;
  const { argv } = process;
  const at = argv.indexOf("--bundle");
  const joined = argv.find((word) => word.startsWith("--bundle="));
  return joined?.slice("--bundle=".length) ?? (at < 0 ? undefined : argv[at + 1]);
}

// ---- naming

function containerGroup(
  members: readonly OtherContainer[],
  visitors: ReadonlyMap<OtherContainer, readonly ProcessScan[]>,
  scan: NodeScan,
): OtherGroup {
  const infra = infraOf(members, scan);
  const containers = members.toSorted((a, b) => Number(b === infra) - Number(a === infra));
  const inPodman = members.some(({ podmanPod }) => podmanPod !== undefined);
  const kind = inPodman ? "podman-pod" : members.length > 1 ? "containers" : "container";
  // What runs in it tells more of a pod than its pause container, unless there is nothing else.
  const telling = kind === "podman-pod" ? containers.filter((container) => !isPause(container)) : containers;
  const [holding] = containers;
  return {
    key: holding === undefined ? "" : keyOf(holding),
    kind,
    title: titleOf((telling.length > 0 ? telling : containers).map(({ name }) => name)),
    containers,
    infra,
    loose: members.flatMap((member) => visitors.get(member) ?? []).toSorted(olderFirst),
    virtualisedBy: containers.every((container) => container.virtualisedBy !== undefined)
      ? holding?.virtualisedBy
      : undefined,
  };
}

/** A name is not an ID, nor is what a cgroup inside another container is called: then its process tells it apart. */
function keyOf({ id, main }: OtherContainer): string {
  return isContainerId(id) && main.cgroup.nestedIn === undefined ? containerKey(id) : processKey(main);
}

function processGroup(processes: readonly ProcessScan[]): OtherGroup {
  const [oldest] = processes;
  return {
    key: oldest === undefined ? "" : processKey(oldest),
    kind: "processes",
    title: titleOf([...new Set(processes.map(programName))]),
    containers: [],
    infra: undefined,
    loose: processes,
    virtualisedBy: processes.some(isGvisor) ? "gVisor" : undefined,
  };
}

function containerKey(id: string): string {
  return `container:${id}`;
}

function processKey({ pid, startTicks }: ProcessScan): string {
  return `process:${pid}:${startTicks}`;
}

const mostNames = 4;

function titleOf(names: readonly string[]): string {
  const named = names.slice(0, mostNames).join(", ");
  return oneLine(names.length > mostNames ? `${named}, …` : named, 100);
}

/**
 * What a process of no container is called: its service, machine or LXC container where it has one, else its program.
 * Sessions, users' managers and other scopes only say who started it.
 */
export function programName({ cgroup: { unit }, comm, pid }: ProcessScan): string {
  const telling =
    unit !== undefined &&
    !/^user@\d+\.service$/.test(unit) &&
    (!unit.endsWith(".scope") || unit.startsWith("machine-"));
  return oneLine(telling ? unit : comm, 60) || `PID ${pid}`;
}
