import * as l10n from "@vscode/l10n";
import type { Pod, PodContainer } from "./pod.ts";
import { baseName, isPauseProgram, isRuntimeInit, kernelOf, kernelOfHandler, optionOf } from "./programs.ts";
import type { SandboxReport } from "./report.ts";
import type { BundleScan, NodeScan, ProcessScan } from "./scan.ts";

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
  /** The runtime's ID of the sandbox, which it may have without any process; undefined where nothing tells it. */
  readonly sandboxId: string | undefined;
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

  const named = namedSandbox([...byName.values()], scan);
  const proven = unclaimed.map((container) => ({
    container,
    proof: sandboxProof(container, { pod, scan, containers: [...byName.values()], named }),
  }));
  const sandboxes = proven
    .filter(({ proof }) => proof.confidence !== "unknown")
    // The newest attempt counts; what is left of an older one is a leftover.
    .toSorted(
      (a, b) =>
        Number(b.proof.confidence === "certain") - Number(a.proof.confidence === "certain") ||
        b.container.main.startTicks - a.container.main.startTicks,
    );
  const [newest] = sandboxes;
  const byRuntime = sandboxes.find(({ container }) => container.id === named?.id);
  const reference = byRuntime?.container ?? named?.by ?? newest?.container;
  // Containers that joined a sandbox are no attempts of their own, even where they run a pause program too: the
  // sandbox is what started first in the newest attempt's Linux namespaces.
  const attempt = sandboxes.filter(({ container }) => sameAttempt(container, reference));
  const inferred =
    newest?.proof.confidence === "certain"
      ? newest
      : attempt.toSorted((a, b) => a.container.main.startTicks - b.container.main.startTicks)[0];
  const chosen = named === undefined ? inferred : byRuntime;
  const leftovers = sandboxes.filter(
    (one) =>
      one !== chosen &&
      !attempt.includes(one) &&
      reference !== undefined &&
      one.container.main.startTicks < reference.main.startTicks,
  );
  // A sandbox without any process of its own is as certain as the runtime's word for it.
  const verdict: Proof = chosen?.proof ?? {
    confidence: named === undefined ? "unknown" : "certain",
    evidence: named === undefined ? [] : [named.evidence],
  };
  return {
    byName,
    sandbox: chosen?.container,
    sandboxId: chosen?.container.id ?? named?.id,
    leftovers: leftovers.map(({ container }) => container),
    unexplained: proven
      .map(({ container }) => container)
      .filter((one) => one !== chosen?.container && !leftovers.some(({ container }) => container === one)),
    virtualisedBy: virtualisation(pod, scan, unclaimed, runtimeHandler),
    ...verdict,
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
  // A run newer than the pod's status: the runtime knows its name.
  const bundle = scan.bundles.find(({ id, type }) => id === live.id && type === "container");
  const client = scan.clients.find(({ id }) => id === live.id);
  const name =
    bundle?.name ?? (client?.client === "docker" ? dockerName(client.name, pod)?.container : client?.name);
  return pod.containers.find((container) => container.name === name);
}

/**
 * A container's name as dockershim and cri-dockerd make it: `k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT`, where the
 * sandbox's is `POD` (pkg/kubelet/dockershim/naming.go). undefined where it is not of this pod.
 */
function dockerName(name: string | undefined, pod: Pod): { readonly container: string } | undefined {
  const [prefix, container, podName, namespace, uid] = (name ?? "").split("_");
  return prefix === "k8s" &&
    container !== undefined &&
    podName === pod.name &&
    namespace === pod.namespace &&
    isUidOf(uid, pod)
    ? { container }
    : undefined;
}

function isUidOf(uid: string | undefined, pod: Pod): boolean {
  return uid === pod.uid || uid === uidOnNode(pod);
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

interface NamedSandbox {
  readonly id: string;
  /** The container that it was told of. */
  readonly by: LiveContainer;
  readonly evidence: string;
}

/**
 * The sandbox that the pod's containers belong to, by the runtime's own word: their bundles, or its client. It need not
 * have a process. Of containers that disagree (an attempt that is about to end) the newest counts.
 */
function namedSandbox(containers: readonly LiveContainer[], scan: NodeScan): NamedSandbox | undefined {
  for (const by of containers.toSorted((a, b) => b.main.startTicks - a.main.startTicks)) {
    const { id } = by;
    const bundle = scan.bundles.find((one) => one.id === id && one.type === "container");
    const client = scan.clients.find((one) => one.id === id && one.client === "crictl");
    const sandboxId = bundle?.sandboxId ?? client?.sandboxId;
    if (sandboxId !== undefined) {
      const [own, sandbox] = [id.slice(0, 12), sandboxId.slice(0, 12)];
      const evidence =
        bundle?.sandboxId === undefined
          ? l10n.t("crictl says that {0} belongs to the sandbox {1}.", own, sandbox)
          : l10n.t("The runtime's bundle says that {0} belongs to the sandbox {1}.", own, sandbox);
      return { id: sandboxId, by, evidence };
    }
  }
  return undefined;
}

interface ProofInput {
  readonly pod: Pod;
  readonly scan: NodeScan;
  /** Those that the pod's status, or the runtime, names. */
  readonly containers: readonly LiveContainer[];
  readonly named: NamedSandbox | undefined;
}

function sandboxProof(live: LiveContainer, { pod, scan, containers, named }: ProofInput): Proof {
  const short = live.id.slice(0, 12);
  const bundle = scan.bundles.find(({ id }) => id === live.id);
  const docker = dockerName(
    scan.clients.find(({ id, client }) => id === live.id && client === "docker")?.name,
    pod,
  );
  // The runtime's own word that it is a container of the pod, or a sandbox of another one: then it is not this pod's.
  const other = bundle?.pod !== undefined && !isUidOf(bundle.pod.uid, pod);
  if (bundle?.type === "container" || other || (docker !== undefined && docker.container !== "POD")) {
    return { confidence: "unknown", evidence: [] };
  }

  const certain: string[] = [];
  if (bundle?.type === "sandbox")
    certain.push(l10n.t("The runtime's bundle of {0} says that it is the sandbox.", short));
  if (docker !== undefined) certain.push(l10n.t("Docker's name for {0} says that it is the sandbox.", short));
  if (named?.id === live.id) certain.push(named.evidence);
  const joiner = containers.find(({ id }) =>
    joins(
      scan.bundles.find((one) => one.id === id),
      live.main.pid,
    ),
  );
  if (joiner !== undefined) {
    certain.push(
      l10n.t(
        "The runtime started {0} into the Linux namespaces of {1} (PID {2}).",
        joiner.id.slice(0, 12),
        short,
        live.main.pid,
      ),
    );
  }
  const shim = scan.parents.find((parent) => isShimOf(parent, live.id));
  // containerd groups a pod's containers under one shim and gives it the sandbox's ID; a shim of a single container
  // has that container's ID, so the proof is that other containers hang on it too.
  const others = scan.processes.some(
    ({ ppid, cgroup }) =>
      ppid === shim?.pid && cgroup.containerId !== undefined && cgroup.containerId !== live.id,
  );
  if (shim !== undefined && others) {
    certain.push(l10n.t("The pod's containerd shim (PID {0}) was started for {1}.", shim.pid, short));
  }
  const likely: string[] = [];
  const program = live.main.argv[0] ?? "";
  if (isPauseProgram(program)) {
    likely.push(
      l10n.t("{0} is in the pod's cgroup, no container status names it, and it runs {1}.", short, program),
    );
  }
  if (certain.length > 0) return { confidence: "certain", evidence: [...certain, ...likely] };
  if (likely.length > 0) return { confidence: "likely", evidence: likely };
  return { confidence: "unknown", evidence: [] };
}

/** Whether a container was started into the network or IPC namespace of a process: `/proc/PID/ns/TYPE`. */
function joins(bundle: BundleScan | undefined, pid: number): boolean {
  return (bundle?.namespaces ?? []).some(
    ({ type, path }) => (type === "net" || type === "ipc") && path === `/proc/${pid}/ns/${type}`,
  );
}

function isShimOf({ argv }: ProcessScan, id: string): boolean {
  return baseName(argv[0] ?? "").startsWith("containerd-shim") && optionOf(argv, "-id") === id;
}

/** Whether two sandboxes, or a sandbox and who joined it, are in the same Linux namespaces that a pod shares. */
function sameAttempt(a: LiveContainer, b: LiveContainer | undefined): boolean {
  return (["net", "ipc", "uts"] as const).every((type) => {
    const [one, other] = [a.main.namespaces[type], b?.main.namespaces[type]];
    return a === b || (one.status === "read" && other?.status === "read" && one.inode === other.inode);
  });
}

/**
 * Whether the pod runs on a kernel of its own. Told by its shims (which may sit in the pod's cgroup, but in none of its
 * containers'), by the program of its sandbox and by the handler of its RuntimeClass; not by a container's program, for
 * pods that run virtual machines (KubeVirt) are ordinary pods.
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
  const programs = [...scan.parents, ...beside, ...unclaimed.map(({ main }) => main)].map(
    ({ argv }) => argv[0] ?? "",
  );
  return kernelOf(programs) ?? kernelOfHandler(runtimeHandler ?? "");
}
