import { isContainerId } from "../cgroup.ts";
import { type NamespaceType, namespaceTypes } from "../namespaces.ts";
import { baseName, optionOf } from "../programs.ts";
import type { NodeScan, ProcessScan } from "../scan.ts";

/** Whose a process of the node is. */
export type Owner =
  | {
      readonly kind: "pod";
      /** As the cgroup or the runtime's bundle says; undefined where only its shim tells that it is a pod's. */
      readonly uid: string | undefined;
    }
  | {
      readonly kind: "container";
      readonly id: string;
      /** Tells it from a cgroup of the same name that somebody made inside another container. */
      readonly key: string;
    }
  | { readonly kind: "none" };

/** A program of the runtime that starts one container and waits for it. */
export interface Launcher {
  /** 64 hex digits, but for what ctr(8) was told to call its container. */
  readonly id: string;
  /** The container's name, where its command line tells (conmon's `-n`, or an ID that is a name). */
  readonly name: string | undefined;
  /** containerd's namespace, which is `k8s.io` for pods; undefined for another kind of launcher. */
  readonly runtimeNamespace: string | undefined;
}

/** Tells for each process whether it is of a pod of Kubernetes, of another container, or of none. */
export function ownersOf(scan: NodeScan): ReadonlyMap<number, Owner> {
  const byPid = new Map(scan.processes.map((process) => [process.pid, process]));
  // crictl lists nothing but pods' containers.
  const ofPods = new Map<string, string | undefined>([
    ...scan.clients.flatMap(({ client, id }) => (client === "crictl" ? [[id, undefined] as const] : [])),
    ...scan.bundles.flatMap(({ id, type, pod }) =>
      type === undefined && pod === undefined ? [] : [[id, pod?.uid] as const],
    ),
  ]);
  const container = (id: string, key: string): Owner =>
    ofPods.has(id) ? { kind: "pod", uid: ofPods.get(id) } : { kind: "container", id, key };

  // A node that is a container sees its own ID at the start of every path: that is no container of its own.
  const itself = byPid.get(1)?.cgroup.containerId;
  const byCgroup = new Map<number, Owner>();
  const ids = new Set<string>();
  for (const { pid, cgroup } of scan.processes) {
    const { podUid, containerId: id } = cgroup;
    if (podUid !== undefined) byCgroup.set(pid, { kind: "pod", uid: podUid });
    else if (id === undefined || id === itself) byCgroup.set(pid, { kind: "none" });
    else {
      ids.add(id);
      byCgroup.set(pid, container(id, `${id} ${cgroup.nestedIn ?? ""} ${cgroup.podmanPod ?? ""}`));
    }
  }
  // A runtime may leave cgroups alone (runsc --ignore-cgroups, podman --cgroups=disabled): then who started it tells.
  // Not where the cgroup of another process has told already: a command line is the process's own to choose.
  const owners = new Map(byCgroup);
  for (const process of scan.processes) {
    if (byCgroup.get(process.pid)?.kind !== "none") continue;
    const launcher = launcherAbove(process, byPid, byCgroup);
    if (launcher === undefined || ids.has(launcher.id)) continue;
    if (apart(process, scan).length === 0 || process.isRuntime) continue;
    owners.set(
      process.pid,
      // What somebody runs by hand among the pods' containers has no ID as the CRI gives them.
      launcher.runtimeNamespace === "k8s.io" && isContainerId(launcher.id)
        ? { kind: "pod", uid: ofPods.get(launcher.id) }
        : container(launcher.id, `${launcher.id} of ${launcher.runtimeNamespace ?? ""}`),
    );
  }
  return owners;
}

function launcherAbove(
  process: ProcessScan,
  byPid: ReadonlyMap<number, ProcessScan>,
  owners: ReadonlyMap<number, Owner>,
): Launcher | undefined {
  const passed = new Set<number>();
  let above = byPid.get(process.ppid);
  while (above !== undefined && above.pid > 2 && !passed.has(above.pid)) {
    const launcher = above.isRuntime ? launcherOf(above) : undefined;
    if (launcher !== undefined) return launcher;
    if (owners.get(above.pid)?.kind === "container") return undefined;
    passed.add(above.pid);
    above = byPid.get(above.ppid);
  }
  return undefined;
}

/** What containerd accepts as a name (identifiers/validate.go). */
const containerdName = /^(?=.{1,76}$)[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/;

/**
 * containerd's shims name their container in `-id` and its namespace in `-namespace`; conmon names it in `-c`, and calls
 * it `-n`. Sources: containerd's runtime/v2/shim; conmon(8). Whether to believe it is for the caller to say.
 */
export function launcherOf({ argv }: ProcessScan): Launcher | undefined {
  const program = baseName(argv[0] ?? "");
  const option = (name: string): string | undefined => optionOf(argv, name);
  const isShim = program.startsWith("containerd-shim");
  const id = isShim ? option("-id") : program === "conmon" ? option("-c") : undefined;
  if (id === undefined || !(isShim ? containerdName.test(id) : isContainerId(id))) return undefined;
  return {
    id,
    name: !isShim ? option("-n") : isContainerId(id) ? undefined : id,
    runtimeNamespace: isShim ? option("-namespace") : undefined,
  };
}

/** Types in which a process is certainly not in the node's own Linux namespace. */
export function apart({ namespaces }: ProcessScan, { host }: NodeScan): readonly NamespaceType[] {
  return namespaceTypes.filter((type) => {
    const [own, nodes] = [namespaces[type], host.namespaces[type]];
    return own.status === "read" && nodes.status === "read" && own.inode !== nodes.inode;
  });
}

/** An ended process has left its Linux namespaces: its links say nothing, or only part. */
export function hasEnded({ state }: ProcessScan): boolean {
  return state === "Z" || state === "X";
}
