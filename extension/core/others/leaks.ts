import * as l10n from "@vscode/l10n";
import type { NamespaceType } from "../namespaces.ts";
import type { Leak, PodOnNode } from "../node-view.ts";
import { oneLine } from "../one-line.ts";
import type { Pod } from "../pod.ts";
import type { NodeScan } from "../scan.ts";
import { plainRun } from "./joined.ts";
import { hasEnded, type Owner } from "./owners.ts";
import { podName } from "./pods-on-node.ts";

/**
 * The node's pods as the API had them just before and just after the node was read, so that a pod that came or went
 * meanwhile is no leak; or a sentence that says why they are not known.
 */
export type ApiPods =
  | { readonly before: readonly Pod[]; readonly after: readonly Pod[] }
  | { readonly unknown: string };

export interface LeakInput {
  readonly scan: NodeScan;
  readonly pods: readonly PodOnNode[];
  readonly owners: ReadonlyMap<number, Owner>;
  readonly apiPods: ApiPods;
}

/** What looks left behind on a node, each with what it would take to be sure. */
export function leaksOf({ scan, pods, owners, apiPods }: LeakInput): readonly Leak[] {
  return [
    ...("unknown" in apiPods
      ? []
      : [...unclaimedSandboxes(pods, apiPods), ...podsWithoutSandbox(scan, owners, apiPods)]),
    ...unusedPins(scan, owners),
  ];
}

// ---- pods of the node that the API does not have

function unclaimedSandboxes(
  pods: readonly PodOnNode[],
  { before, after }: { before: readonly Pod[]; after: readonly Pod[] },
): Leak[] {
  const claimed = new Set([...before, ...after].flatMap((pod) => idsOf(pod)));
  return pods
    .filter(({ uid }) => !claimed.has(uid))
    .map((pod): Leak => {
      const { uid, startedAt, processes } = pod;
      return {
        code: "unclaimed-sandbox",
        title: podName(pod),
        since: startedAt,
        message:
          processes === 1
            ? l10n.t(
                "A process of the pod runs on the node, but the API has no pod with the UID {0} there.",
                uid,
              )
            : l10n.t(
                "{0} processes of the pod run on the node, but the API has no pod with the UID {1} there.",
                processes,
                uid,
              ),
        toBeSure: l10n.t(
          "Ask the runtime on the node whether it knows this pod (crictl pods), and the kubelet's log whether it is still being ended. A static pod that the API server has not accepted, and a kubelet cut off from the API, look the same.",
        ),
      };
    });
}

/** The UIDs that a pod may have in the node's cgroup paths. */
function idsOf({ uid, configHash }: Pod): readonly string[] {
  return configHash === undefined ? [uid] : [uid, configHash];
}

// ---- pods of the API that the node does not have

function podsWithoutSandbox(
  scan: NodeScan,
  owners: ReadonlyMap<number, Owner>,
  { before, after }: { before: readonly Pod[]; after: readonly Pod[] },
): Leak[] {
  // A process that was not read may be of any pod.
  if (scan.hidden || scan.truncated) return [];
  const living = scan.processes.filter((process) => !hasEnded(process));
  const seen = new Set(
    living.flatMap(({ pid, cgroup }) => {
      const owner = owners.get(pid);
      const uid = owner?.kind === "pod" ? owner.uid : undefined;
      return [uid, cgroup.podUid, cgroup.containerId].filter((id) => id !== undefined);
    }),
  );
  const settled = before.filter((pod) => after.some((later) => later.uid === pod.uid && isRunning(later)));
  return settled
    .filter(
      (pod) =>
        isRunning(pod) &&
        ![...idsOf(pod), ...pod.containers.flatMap(({ id }) => id ?? [])].some((id) => seen.has(id)),
    )
    .map(({ namespace, name, uid }) => ({
      code: "pod-without-sandbox",
      title: oneLine(`${namespace}/${name}`, 120),
      since: null,
      message: l10n.t(
        "The API says that the pod is running on this node, but no process of it was found there (UID {0}).",
        uid,
      ),
      toBeSure: l10n.t(
        "Check that the kubelet still reports (the node's Ready condition): without it the API keeps what it last heard. Ask the runtime on the node for the pod (crictl pods), and make sure that this is the right machine.",
      ),
    }));
}

/**
 * Running with a container that runs: one that only waits to be restarted may have no process at all where the runtime
 * needs no pause. With a RuntimeClass its processes may be a virtual machine's, in no cgroup of the pod.
 */
function isRunning({ phase, deletedAt, os, runtimeClassName, containers }: Pod): boolean {
  return (
    phase === "Running" &&
    deletedAt === undefined &&
    os !== "windows" &&
    runtimeClassName === undefined &&
    containers.some(({ state }) => state.kind === "running")
  );
}

// ---- network namespaces that only a bind mount keeps

function unusedPins(scan: NodeScan, owners: ReadonlyMap<number, Owner>): Leak[] {
  const type: NamespaceType = "net";
  const host = scan.host.namespaces[type];
  // Whoever could not be read may be in it; but PID 1 is in the node's own, whoever's links stand in for it.
  const unread = scan.processes.some(
    ({ pid, namespaces }) => pid !== 1 && namespaces[type].status === "denied",
  );
  if (scan.hidden || scan.truncated || unread || host.status !== "read") return [];

  const used = new Set([
    host.inode,
    ...scan.processes.flatMap(({ namespaces, threads }) => [
      ...(namespaces[type].status === "read" ? [namespaces[type].inode] : []),
      ...threads.flatMap((thread) => thread.namespaces[type] ?? []),
    ]),
    ...scan.descriptors.filter((one) => one.type === type).map(({ inode }) => inode),
  ]);
  const claimed = livingBundlesPaths(scan, owners);
  const paths = new Map<string, string[]>();
  const since = new Map<string, number>();
  for (const pin of scan.pins) {
    if (pin.type !== type || used.has(pin.inode)) continue;
    paths.set(pin.inode, [...(paths.get(pin.inode) ?? []), plainRun(pin.path)]);
    if (pin.since !== undefined) since.set(pin.inode, pin.since);
  }
  return [...paths].flatMap(([inode, pinned]): Leak[] => {
    const [first] = pinned;
    const made = since.get(inode);
    if (first === undefined || pinned.some((path) => claimed.has(path))) return [];
    return [
      {
        code: "unused-pin",
        title: oneLine(first, 120),
        since: made === undefined ? null : new Date(made).toISOString(),
        message: l10n.t(
          "The network Linux namespace {0} seems to be kept by a bind mount alone: no process is in it, and none was seen to have it open.",
          inode,
        ),
        toBeSure: l10n.t(
          "See what is in it (nsenter --net={0} ip link): routers and VPNs use network Linux namespaces that no process is in, and single threads, which may be in it, are not looked at on a whole node. Ask the runtime whether a pod or container still counts on it.",
          isPlainPath(first) ? first : "PATH",
        ),
      },
    ];
  });
}

/** Whether a path may stand in a command for people to copy: nothing in it means anything to a shell. */
function isPlainPath(path: string): boolean {
  return /^\/[\w./-]{1,300}$/.test(path);
}

/** Paths that the bundles of containers name that still have processes: a sandboxed runtime's need not be in them. */
function livingBundlesPaths(scan: NodeScan, owners: ReadonlyMap<number, Owner>): ReadonlySet<string> {
  const living = new Set(
    scan.processes.flatMap(({ pid, cgroup }) => {
      const owner = owners.get(pid);
      return [cgroup.containerId, owner?.kind === "container" ? owner.id : undefined];
    }),
  );
  const livingPods = new Set(
    [...owners.values()].flatMap((owner) => (owner.kind === "pod" ? (owner.uid ?? []) : [])),
  );
  return new Set(
    scan.bundles
      .filter(({ id, pod }) => living.has(id) || (pod !== undefined && livingPods.has(pod.uid)))
      .flatMap(({ namespaces }) => (namespaces ?? []).flatMap(({ path }) => path ?? []))
      .map(plainRun),
  );
}
