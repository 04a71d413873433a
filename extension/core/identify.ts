import type { Pod, PodContainer } from "./pod.ts";
import type { NodeScan, ProcessScan } from "./scan.ts";
import type { Holder, SandboxReport } from "./report.ts";

/** The processes of one container ID on the node. */
export interface LiveContainer {
  readonly id: string;
  readonly main: ProcessScan;
  /** By PID; the main process among them. */
  readonly processes: readonly ProcessScan[];
}

export interface Identification {
  /** The container runs of the pod's spec that live on the node, by container name. */
  readonly byName: ReadonlyMap<string, LiveContainer>;
  /** The infra (pause) container; undefined where the runtime needs none, or none was found. */
  readonly sandbox: LiveContainer | undefined;
  /** Sandboxes of earlier attempts that still have processes. */
  readonly leftovers: readonly LiveContainer[];
  /** Runs in the pod's cgroup that neither the pod's status nor the node explains: the status is older than the node. */
  readonly unexplained: readonly LiveContainer[];
  /** What the pod runs in, where it has a kernel of its own ("gVisor", "a virtual machine (Kata Containers)"). */
  readonly virtualisedBy: string | undefined;
  readonly confidence: SandboxReport["sandbox"]["confidence"];
  readonly evidence: readonly string[];
}

/** Tells which of the node's processes are the pod's containers and which one is its sandbox. */
export function identify(pod: Pod, scan: NodeScan, runtimeHandler: string | undefined): Identification {
  const live = liveContainers(pod, scan);
  const byName = new Map<string, LiveContainer>();
  const unclaimed: LiveContainer[] = [];
  for (const container of live) {
    const owner = ownerOf(container, pod, scan);
    if (owner === undefined) {
      unclaimed.push(container);
      continue;
    }
    const rival = byName.get(owner.name);
    if (rival === undefined || beats(container, rival, owner)) byName.set(owner.name, container);
  }

  const proven = unclaimed.map((container) => ({ container, proof: sandboxProof(container, scan) }));
  const sandboxes = proven
    .filter(({ proof }) => proof.confidence !== "unknown")
    .toSorted(
      (a, b) =>
        Number(b.proof.confidence === "certain") - Number(a.proof.confidence === "certain") ||
        // The newest attempt counts; what is left of an older one is a leftover.
        b.container.main.startTicks - a.container.main.startTicks,
    );
  // Containers that joined a sandbox are no attempts of their own, even where they run a pause program too: the
  // sandbox is what started first in the newest attempt's Linux namespaces.
  const attempt = sandboxes.filter(({ container }) => sameAttempt(container, sandboxes[0]?.container));
  const chosen =
    sandboxes[0]?.proof.confidence === "certain"
      ? sandboxes[0]
      : attempt.toSorted((a, b) => a.container.main.startTicks - b.container.main.startTicks)[0];
  const leftovers = sandboxes.filter((one) => one !== chosen && !attempt.includes(one));
  return {
    byName,
    sandbox: chosen?.container,
    leftovers: leftovers.map(({ container }) => container),
    unexplained: proven
      .map(({ container }) => container)
      .filter((one) => one !== chosen?.container && !leftovers.some(({ container }) => container === one)),
    virtualisedBy: virtualisation(pod, scan, unclaimed, runtimeHandler),
    confidence: chosen?.proof.confidence ?? "unknown",
    evidence: chosen?.proof.evidence ?? [],
  };
}

/**
 * Groups the pod's processes by container ID. A group without a main process (all ended meanwhile), or whose main
 * process the runtime has not yet let go, does not live.
 */
function liveContainers(pod: Pod, scan: NodeScan): LiveContainer[] {
  const named = new Set(
    pod.containers.flatMap(({ id, previousIds }) => (id === undefined ? previousIds : [id, ...previousIds])),
  );
  const groups = new Map<string, ProcessScan[]>();
  for (const process of scan.processes) {
    const { podUid, containerId: id } = process.cgroup;
    if (id === undefined) continue;
    // A pod that runs a node (kind in a pod) has other pods' processes below its cgroup, and a program may have moved
    // its children out of it (a Docker daemon in a pod): they are listed, but not the pod's.
    if (podUid === undefined ? !named.has(id) : podUid !== uidOnNode(pod)) continue;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [process]);
    else group.push(process);
  }
  const outside = outsideParents(scan);
  return [...groups].flatMap(([id, processes]) => {
    const main = mainProcess(processes.filter(({ ppid }) => outside(ppid)));
    if (main === undefined || isRuntimeInit(main)) return [];
    return [{ id, main, processes: processes.filter((process) => !isRuntimeInit(process)) }];
  });
}

/** The pod's UID in the node's cgroup paths. */
function uidOnNode(pod: Pod): string {
  return pod.configHash ?? pod.uid;
}

/**
 * Whether a parent's PID is none of the pod's containers' processes, those that could not be read among them: else the
 * child of a process that hides would pass for a container's main process. Where the pod has more processes than were
 * read, a parent that was not read may be one of them too.
 */
function outsideParents(scan: NodeScan): (ppid: number) => boolean {
  const inside = new Set(scan.raced);
  const outside = new Set(scan.parents.map(({ pid }) => pid));
  for (const { pid, cgroup } of scan.processes) {
    (cgroup.containerId === undefined ? outside : inside).add(pid);
  }
  return (ppid) => !inside.has(ppid) && (!scan.truncated || ppid <= 2 || outside.has(ppid));
}

/**
 * A container's main process: of those whose parent is outside the pod, the one that started first. An exec'd process
 * has an outside parent too, but starts later. undefined when none lives.
 */
function mainProcess(withOutsideParent: readonly ProcessScan[]): ProcessScan | undefined {
  return withOutsideParent
    .filter(({ state }) => state !== "Z" && state !== "X")
    .toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)[0];
}

function ownerOf(live: LiveContainer, pod: Pod, scan: NodeScan): PodContainer | undefined {
  const byStatus = pod.containers.find(
    ({ id, previousIds }) => id === live.id || previousIds.includes(live.id),
  );
  if (byStatus !== undefined) return byStatus;
  // A run newer than the pod's status: the runtime's bundle knows its name.
  const bundle = scan.bundles.find(({ id, type }) => id === live.id && type === "container");
  return pod.containers.find(({ name }) => name === bundle?.name);
}

/**
 * A process of runc on its way to become a container's, or an exec's: its Linux namespaces are not yet what they will
 * be. Source: runc's libcontainer/nsenter/nsexec.c, which names its stages `runc:[0:PARENT]` to `runc:[2:INIT]`; before
 * the first it waits, in the container's cgroup already, as `runc init`.
 */
function isRuntimeInit({ comm, argv }: ProcessScan): boolean {
  return (
    comm.startsWith("runc:[") ||
    (argv.length === 2 && baseName(argv[0] ?? "") === "runc" && argv[1] === "init")
  );
}

/** The run that the status names wins over an earlier or later one; otherwise the newer. */
function beats(candidate: LiveContainer, rival: LiveContainer, owner: PodContainer): boolean {
  if (rival.id === owner.id) return false;
  return candidate.id === owner.id || candidate.main.startTicks > rival.main.startTicks;
}

interface Proof {
  readonly confidence: SandboxReport["sandbox"]["confidence"];
  readonly evidence: readonly string[];
}

function sandboxProof(live: LiveContainer, scan: NodeScan): Proof {
  const short = live.id.slice(0, 12);
  const bundle = scan.bundles.find(({ id }) => id === live.id);
  // The runtime's own word that it is a container of the pod: then it is no sandbox, whatever it is called.
  if (bundle?.type === "container") return { confidence: "unknown", evidence: [] };

  const certain: string[] = [];
  if (bundle?.type === "sandbox")
    certain.push(`The runtime's bundle of ${short} says that it is the sandbox.`);
  const shim = scan.parents.find((parent) => isShimOf(parent, live.id));
  // containerd groups a pod's containers under one shim and gives it the sandbox's ID; a shim of a single container
  // has that container's ID, so the proof is that other containers hang on it too.
  const others = scan.processes.some(
    ({ ppid, cgroup }) =>
      ppid === shim?.pid && cgroup.containerId !== undefined && cgroup.containerId !== live.id,
  );
  if (shim !== undefined && others) {
    certain.push(`The pod's containerd shim (PID ${shim.pid}) was started for ${short}.`);
  }
  const likely: string[] = [];
  const program = live.main.argv[0] ?? "";
  if (isPauseProgram(program)) {
    likely.push(`${short} is in the pod's cgroup, no container status names it, and it runs ${program}.`);
  }
  if (certain.length > 0) return { confidence: "certain", evidence: [...certain, ...likely] };
  if (likely.length > 0) return { confidence: "likely", evidence: likely };
  return { confidence: "unknown", evidence: [] };
}

function isShimOf(parent: ProcessScan, id: string): boolean {
  const at = parent.argv.indexOf("-id");
  return baseName(parent.argv[0] ?? "").startsWith("containerd-shim") && at > 0 && parent.argv[at + 1] === id;
}

/** Whether two sandboxes, or a sandbox and who joined it, are in the same Linux namespaces that a pod shares. */
function sameAttempt(a: LiveContainer, b: LiveContainer | undefined): boolean {
  return (["net", "ipc", "uts"] as const).every((type) => {
    const [one, other] = [a.main.namespaces[type], b?.main.namespaces[type]];
    return a === b || (one.status === "read" && other?.status === "read" && one.inode === other.inode);
  });
}

/** Names of infra containers' programs: Kubernetes' and most distributions' `pause`, OpenShift's `pod`. */
export function isPauseProgram(program: string): boolean {
  return /^(?:\/(?:[\w.-]+\/)*)?(?:pause(?:-[a-z0-9]+)?|pod)$/.test(program);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * Whether the pod runs on a kernel of its own. Told by its shims (which may sit in the pod's cgroup, but in none of its
 * containers'), by the program of its sandbox and by the handler of its RuntimeClass; not by a container's program, for pods that run virtual machines (KubeVirt) are ordinary pods.
 */
function virtualisation(
  pod: Pod,
  scan: NodeScan,
  unclaimed: readonly LiveContainer[],
  runtimeHandler: string | undefined,
): string | undefined {
  const beside = scan.processes.filter(
    ({ cgroup }) => cgroup.podUid === uidOnNode(pod) && cgroup.containerId === undefined,
  );
  const programs = [
    ...[...scan.parents, ...beside].map(({ argv }) => baseName(argv[0] ?? "")),
    ...unclaimed.map(({ main }) => baseName(main.argv[0] ?? "")),
  ];
  if (programs.some((name) => /^(?:runsc(?:-sandbox|-gofer)?|containerd-shim-runsc-v\d+)$/.test(name))) {
    return "gVisor";
  }
  if (
    programs.some((name) =>
      /^(?:containerd-shim-kata-v\d+|qemu-system-.*|qemu-kvm|firecracker|cloud-hypervisor)$/.test(name),
    )
  ) {
    return "a virtual machine";
  }
  const handler = runtimeHandler ?? "";
  if (handler.startsWith("gvisor") || handler.startsWith("runsc")) return "gVisor";
  if (handler.startsWith("kata")) return "a virtual machine";
  return undefined;
}

/** What keeps the pod's Linux namespaces alive, from what was identified. */
export function holderOf(found: Identification, scan: NodeScan): Holder {
  if (found.virtualisedBy !== undefined) return { kind: "virtualised", pid: null, paths: [] };
  if (found.sandbox !== undefined) return { kind: "process", pid: found.sandbox.main.pid, paths: [] };
  // A pin counts when one of the pod's containers is in the namespace that it holds.
  const inodes = new Set([...found.byName.values()].flatMap(({ main }) => inodesOf(main.namespaces)));
  const hostInodes = new Set(inodesOf(scan.host.namespaces));
  const paths = scan.pins
    .filter(({ inode }) => inodes.has(inode) && !hostInodes.has(inode))
    .map(({ path }) => path);
  return { kind: paths.length > 0 ? "pinned" : "unknown", pid: null, paths };
}

function inodesOf(namespaces: ProcessScan["namespaces"]): readonly string[] {
  return Object.values(namespaces).flatMap((reading) => (reading.status === "read" ? [reading.inode] : []));
}
