import { type NamespaceType, namespaceTypes } from "./namespaces.ts";
import type { Identification } from "./identify.ts";
import type { ContainerReport, HeldNamespace, Hold, Holder } from "./report.ts";
import type { NodeScan, ProcessScan } from "./scan.ts";

/** Of processes outside the sandbox no more than these are named for each Linux namespace. */
const mostOutsiders = 20;

/**
 * The sandbox's Linux namespaces, other than the node's, each with all that was seen to keep it alive (namespaces(7),
 * "Namespace lifetime"): those that a pod's containers are to share, or share, and every PID and user namespace, which
 * have a parent and an owner to tell; or `every` one, of a sandbox that no spec describes. Where the node's own could
 * not be read none is told: it might be the node's.
 */
export function heldNamespaces(
  containers: readonly ContainerReport[],
  scan: NodeScan,
  which: "shared" | "every" = "shared",
): HeldNamespace[] {
  const byPid = new Map([...scan.parents, ...scan.processes].map((process) => [process.pid, process]));
  return namespaceTypes.flatMap((type) =>
    sandboxInodes(containers, scan, type, which).map((inode) => {
      const lineage = scan.lineage.find((one) => one.type === type && one.inode === inode);
      return {
        type,
        inode,
        holds: holdsOf({ type, inode }, containers, scan, byPid),
        parent: lineage?.parent ?? null,
        owner: lineage?.owner ?? null,
      };
    }),
  );
}

function sandboxInodes(
  containers: readonly ContainerReport[],
  scan: NodeScan,
  type: NamespaceType,
  which: "shared" | "every",
): readonly string[] {
  const host = scan.host.namespaces[type];
  if (host.status !== "read") return [];
  const found = new Map<string, { containers: number; wanted: boolean }>();
  for (const { namespaces, expected } of containers) {
    const reading = namespaces[type];
    if (reading.status !== "read" || reading.inode === host.inode) continue;
    const before = found.get(reading.inode);
    found.set(reading.inode, {
      containers: (before?.containers ?? 0) + 1,
      wanted: before?.wanted === true || expected[type] === "POD",
    });
  }
  return [...found].flatMap(([inode, { containers: sharers, wanted }]) =>
    which === "every" || wanted || sharers > 1 || type === "pid" || type === "user" ? [inode] : [],
  );
}

function holdsOf(
  namespace: { readonly type: NamespaceType; readonly inode: string },
  containers: readonly ContainerReport[],
  scan: NodeScan,
  byPid: ReadonlyMap<number, ProcessScan>,
): Hold[] {
  const { type, inode } = namespace;
  const isIn = (process: ProcessScan): boolean => {
    const reading = process.namespaces[type];
    return reading.status === "read" && reading.inode === inode;
  };
  const holdOf = ({ pid, comm }: ProcessScan, container: string | null): Hold => ({
    kind: "process",
    pid,
    comm,
    container,
  });
  const mainsFirst = containers.toSorted((a, b) => Number(b.kind === "infra") - Number(a.kind === "infra"));
  const members = mainsFirst.flatMap((container) => {
    const pids = [container.pid, ...container.processes.map(({ pid }) => pid)];
    const first = pids
      .flatMap((pid) => (pid === null ? [] : (byPid.get(pid) ?? [])))
      .find((process) => isIn(process));
    return first === undefined ? [] : [holdOf(first, container.name)];
  });
  const inside = new Set(containers.flatMap(({ processes }) => processes.map(({ pid }) => pid)));
  const outsiders = [...byPid.values()]
    .filter((process) => !inside.has(process.pid) && isIn(process))
    .toSorted((a, b) => a.pid - b.pid)
    .slice(0, mostOutsiders)
    .map((process) => holdOf(process, null));
  const pins = scan.pins
    .filter((pin) => pin.type === type && pin.inode === inode)
    .map(({ path }): Hold => ({ kind: "pinned", path }));
  const descriptors = scan.descriptors
    .filter((descriptor) => descriptor.type === type && descriptor.inode === inode)
    .map(({ pid, fd }): Hold => ({ kind: "descriptor", pid, fd, comm: byPid.get(pid)?.comm ?? "" }));
  return [...members, ...outsiders, ...pins, ...descriptors];
}

export interface PodHolderInput {
  readonly found: Identification;
  readonly containers: readonly ContainerReport[];
  /** Of the same containers and scan. */
  readonly namespaces: readonly HeldNamespace[];
}

/**
 * What keeps a pod's Linux namespaces alive beside its containers' own processes. That nothing does is only told of a
 * scan that looked at the whole node.
 */
export function podHolder({ found, containers, namespaces }: PodHolderInput, scan: NodeScan): Holder {
  if (found.virtualisedBy !== undefined) return { kind: "virtualised", pid: null, paths: [] };
  if (found.sandbox !== undefined) return { kind: "process", pid: found.sandbox.main.pid, paths: [] };
  const shared = namespaces.filter(({ type }) => podTypes.includes(type));
  const holder = holderBeside(shared, containers);
  if (holder !== undefined) return holder;
  const readable = containers.some(
    ({ pid, namespaces: readings }) =>
      pid !== null && podTypes.every((type) => readings[type].status === "read"),
  );
  const seenAll = readable && !scan.hidden && scan.scope === "node";
  return { kind: seenAll ? "none" : "unknown", pid: null, paths: [] };
}

/**
 * What holds Linux namespaces beside the processes of the containers themselves: bind mounts, else another process,
 * which does as well as pause where it sits in one of them or only has one open. undefined where nothing was seen.
 */
export function holderBeside(
  namespaces: readonly HeldNamespace[],
  containers: readonly ContainerReport[],
): Holder | undefined {
  const beside = namespaces.flatMap(({ holds }) => holds.filter((hold) => isBeside(hold, containers)));
  const paths = [...new Set(beside.flatMap((hold) => (hold.kind === "pinned" ? [hold.path] : [])))];
  if (paths.length > 0) return { kind: "pinned", pid: null, paths };
  for (const kind of ["process", "descriptor"]) {
    const hold = beside.find((one) => one.kind === kind);
    if (hold !== undefined && hold.kind !== "pinned") return { kind: "process", pid: hold.pid, paths: [] };
  }
  return undefined;
}

/** Whether it lasts without the containers' processes: what one of these has open ends with it. */
export function isBeside(hold: Hold, containers: readonly ContainerReport[]): boolean {
  switch (hold.kind) {
    case "pinned":
      return true;
    case "process":
      return hold.container === null;
    case "descriptor":
      return !containers.some(({ processes }) => processes.some(({ pid }) => pid === hold.pid));
  }
}

/** The types that a pod's sandbox is there to hold, with or without a shared PID namespace. */
export const podTypes: readonly NamespaceType[] = ["net", "ipc", "uts"];
