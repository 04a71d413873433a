import * as l10n from "@vscode/l10n";
import { comparisonFindings, gravestFirst } from "./findings.ts";
import { isBeside, podTypes } from "./holders.ts";
import type { Identification } from "./identify.ts";
import { otherMachineFindings } from "./other-machine.ts";
import type { ClusterNode, Pod } from "./pod.ts";
import { isRuntimeInit } from "./programs.ts";
import type { ContainerReport, Finding, HeldNamespace, Holder, IdRange } from "./report.ts";
import type { Runtime } from "./runtime.ts";
import type { NodeScan } from "./scan.ts";
import { inARow } from "./words.ts";

export interface PodFindingInput {
  readonly pod: Pod;
  readonly node: ClusterNode;
  readonly scan: NodeScan;
  readonly found: Identification;
  readonly holder: Holder;
  readonly namespaces: readonly HeldNamespace[];
  readonly runtime: Runtime;
  readonly containers: readonly ContainerReport[];
}

/** Everything worth saying about a pod's sandbox, the gravest first. */
export function podFindings(input: PodFindingInput): readonly Finding[] {
  const { containers, node, scan, holder, found } = input;
  const comparison = [
    ...otherMachineFindings(node, scan),
    ...comparisonFindings({ containers, scan, holder, virtualisedBy: found.virtualisedBy }),
  ];
  if (found.virtualisedBy !== undefined) {
    return gravestFirst([
      ...comparison,
      about(
        "sandboxed-runtime",
        "info",
        l10n.t(
          "The pod runs in {0} with a kernel of its own. What its containers share is decided in there and cannot be read from the node.",
          found.virtualisedBy,
        ),
      ),
    ]);
  }
  return gravestFirst([
    ...comparison,
    ...userIdFindings(input),
    ...holderFindings(input),
    ...outsiderFindings(input),
    ...identityFindings(input),
  ]);
}

function about(
  code: Finding["code"],
  severity: Finding["severity"],
  message: string,
  container: string | null = null,
): Finding {
  return { code, severity, container, namespaceType: null, message };
}

/** What holds the pod's Linux namespaces where no pause container does. */
function holderFindings({
  holder,
  namespaces,
  runtime,
  containers,
  scan,
  found,
}: PodFindingInput): Finding[] {
  const running = containers.some(({ kind, pid }) => kind !== "infra" && pid !== null);
  if (!running || found.sandbox !== undefined) return [];
  const needsPause = runtime.name === "containerd" || runtime.name === "docker";
  const severity = needsPause ? "warning" : "info";
  const bare = ({ holds }: HeldNamespace): boolean => !holds.some((hold) => isBeside(hold, containers));
  // Of two of one type, one is that of a container which has left the pod's: only that the other is held counts.
  const types = podTypes.filter((type) => {
    const ofType = namespaces.filter((namespace) => namespace.type === type);
    return ofType.length > 0 && ofType.every(bare);
  });
  if (holder.kind !== "unknown" && types.length > 0) {
    return [
      about(
        "held-by-nothing",
        severity,
        l10n.t(
          "Nothing but the containers' own processes was seen to hold the pod's Linux namespaces of type {0}: no pause container, no bind mount and no other process. They end with the last of these processes.",
          inARow(types),
        ),
      ),
    ];
  }
  if (scan.hidden || (holder.kind !== "unknown" && !needsPause)) return [];
  return [
    about(
      "no-sandbox-found",
      severity,
      holder.kind === "unknown"
        ? l10n.t(
            "No pause container was found among the pod's processes, and what else may hold its Linux namespaces could not be read.",
          )
        : l10n.t(
            "No pause container was found among the pod's processes, although {0} needs one.",
            runtime.name,
          ),
    ),
  ];
}

/** Below this no user ID is given to a pod (pkg/kubelet/userns in Kubernetes): they are the node's own users. */
const firstPodUserId = 65_536;

/** `hostUsers: false` is proven by the UID map: a user namespace of its own may still map IDs onto the node's. */
function userIdFindings({ pod, containers, scan }: PodFindingInput): Finding[] {
  const host = scan.host.namespaces.user;
  if (pod.sharing.hostUsers !== false || host.status !== "read") return [];
  return containers.flatMap(({ name, expected, namespaces: { user }, uidMap }): Finding[] => {
    if (expected.user !== "POD" || user.status !== "read" || user.inode === host.inode) return [];
    if (uidMap === null) {
      return [
        {
          ...about("sharing-unverified", "info", "", name),
          namespaceType: "user",
          message: l10n.t(
            "{0} is in a user Linux namespace other than the node's, but its UID map, which is the proof of hostUsers: false, could not be read.",
            name,
          ),
        },
      ];
    }
    const nodes = uidMap.find(({ outside }) => outside < firstPodUserId);
    if (nodes === undefined) return [];
    return [
      {
        ...about("sharing-differs", "error", "", name),
        namespaceType: "user",
        message: isIdentity(uidMap)
          ? l10n.t(
              "{0} was to have user IDs of its own (hostUsers: false) but its UID map makes every user ID the node's own.",
              name,
            )
          : l10n.t(
              "{0} was to have user IDs of its own (hostUsers: false) but its UID map maps user ID {1} onto the node's {2}.",
              name,
              nodes.inside,
              nodes.outside,
            ),
      },
    ];
  });
}

function isIdentity(map: readonly IdRange[]): boolean {
  return map.length === 1 && map.every(({ inside, outside }) => inside === 0 && outside === 0);
}

/** Who sits in one of the pod's Linux namespaces without being of the pod: nsenter, a debugger, another container. */
function outsiderFindings({ namespaces, scan, found }: PodFindingInput): Finding[] {
  const strays = [...found.leftovers, ...found.unexplained];
  const live = [...strays, ...found.byName.values(), ...(found.sandbox === undefined ? [] : [found.sandbox])];
  const known = new Set([
    ...strays.flatMap(({ processes }) => processes.map(({ pid }) => pid)),
    // The runtime's own: the shims and monitors, and what is on its way into a container and gone in a moment.
    ...live.map(({ main }) => main.ppid),
    ...[...scan.processes, ...scan.parents].filter(isRuntimeInit).map(({ pid }) => pid),
  ]);
  return namespaces.flatMap(({ type, holds }): Finding[] => {
    const outsiders = holds.flatMap((hold) =>
      hold.kind === "process" && hold.container === null && !known.has(hold.pid) ? [hold] : [],
    );
    const [first] = outsiders;
    if (first === undefined) return [];
    return [
      {
        code: "outsider",
        severity: "info",
        container: null,
        namespaceType: type,
        message:
          outsiders.length === 1
            ? l10n.t(
                "{0} (PID {1}) is in the pod's {2} Linux namespace without belonging to the pod.",
                first.comm,
                first.pid,
                type,
              )
            : l10n.t(
                "{0} (PID {1}) and {2} more are in the pod's {3} Linux namespace without belonging to the pod.",
                first.comm,
                first.pid,
                outsiders.length - 1,
                type,
              ),
      },
    ];
  });
}

function identityFindings({ found, containers, pod, scan }: PodFindingInput): Finding[] {
  const inferred =
    found.confidence === "likely"
      ? [
          about(
            "sandbox-inferred",
            "info",
            l10n.t("Which process is the pause container was inferred, not read from the runtime."),
          ),
        ]
      : [];
  const leftovers = found.leftovers.map(({ id, main }) =>
    about(
      "leftover-sandbox",
      "info",
      l10n.t("An older sandbox of this pod, {0}, still has a process (PID {1}).", id.slice(0, 12), main.pid),
    ),
  );
  const unexplained = found.unexplained.map(({ id, main }) =>
    about(
      "no-main-process",
      "info",
      l10n.t(
        "A process of this pod (PID {0}) belongs to {1}, which the pod's status does not name (yet).",
        main.pid,
        id.slice(0, 12),
      ),
    ),
  );
  const missing = pod.containers.flatMap(({ name, state }) => {
    const report = containers.find((container) => container.name === name && container.kind !== "infra");
    return state.kind === "running" && report?.pid === null && !scan.hidden
      ? [
          about(
            "no-main-process",
            "warning",
            l10n.t("{0} is running as the API says, but no process of it was found on the node.", name),
            name,
          ),
        ]
      : [];
  });
  return [...inferred, ...leftovers, ...unexplained, ...missing];
}
