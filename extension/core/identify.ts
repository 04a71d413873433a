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
  const [chosen, ...rest] = sandboxes;
  return {
    byName,
    sandbox: chosen?.container,
    leftovers: rest.map(({ container }) => container),
    unexplained: proven
      .filter(({ proof }) => proof.confidence === "unknown")
      .map(({ container }) => container),
    virtualisedBy: virtualisation(scan, unclaimed, runtimeHandler),
    confidence: chosen?.proof.confidence ?? "unknown",
    evidence: chosen?.proof.evidence ?? [],
  };
}

/** Groups the pod's processes by container ID. A group without a main process (all ended meanwhile) does not live. */
function liveContainers(pod: Pod, scan: NodeScan): LiveContainer[] {
  const uid = pod.configHash ?? pod.uid;
  const groups = new Map<string, ProcessScan[]>();
  for (const process of scan.processes) {
    const id = process.cgroup.containerId;
    if (id === undefined || isRuntimeInit(process)) continue;
    // A pod that runs a node (kind in a pod) has other pods' processes below its cgroup.
    if (process.cgroup.podUid !== undefined && process.cgroup.podUid !== uid) continue;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [process]);
    else group.push(process);
  }
  return [...groups].flatMap(([id, processes]) => {
    const main = mainProcess(processes);
    return main === undefined ? [] : [{ id, main, processes }];
  });
}

/**
 * A container's main process: of those whose parent is outside the container, the one that started first. An exec'd
 * process and an orphan that was given to pause have an outside parent too, but start later. undefined when none lives.
 */
export function mainProcess(processes: readonly ProcessScan[]): ProcessScan | undefined {
  const inside = new Set(processes.map(({ pid }) => pid));
  return processes
    .filter(({ ppid, state }) => !inside.has(ppid) && state !== "Z" && state !== "X")
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
 * be. Source: runc's libcontainer/nsenter/nsexec.c, which names its stages `runc:[0:PARENT]` to `runc:[2:INIT]`.
 */
export function isRuntimeInit({ comm }: ProcessScan): boolean {
  return comm.startsWith("runc:[");
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

/** Names of infra containers' programs: Kubernetes' and most distributions' `pause`, OpenShift's `pod`. */
export function isPauseProgram(program: string): boolean {
  return /^(?:\/(?:[\w.-]+\/)*)?(?:pause(?:-[a-z0-9]+)?|pod)$/.test(program);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * Whether the pod runs on a kernel of its own. Told by its shims, by the program of its sandbox and by the handler of
 * its RuntimeClass; not by a container's program, for pods that run virtual machines (KubeVirt) are ordinary pods.
 */
function virtualisation(
  scan: NodeScan,
  unclaimed: readonly LiveContainer[],
  runtimeHandler: string | undefined,
): string | undefined {
  const programs = [
    ...scan.parents.map(({ argv }) => baseName(argv[0] ?? "")),
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
  const inodes = new Set(
    [...found.byName.values()].flatMap(({ main }) =>
      Object.values(main.namespaces).flatMap((reading) => (reading.status === "read" ? [reading.inode] : [])),
    ),
  );
  const hostInodes = new Set(
    Object.values(scan.host.namespaces).flatMap((reading) =>
      reading.status === "read" ? [reading.inode] : [],
    ),
  );
  const paths = scan.pins
    .filter(({ inode }) => inodes.has(inode) && !hostInodes.has(inode))
    .map(({ path }) => path);
  return { kind: paths.length > 0 ? "pinned" : "unknown", pid: null, paths };
}
