import * as l10n from "@vscode/l10n";
import { otherMachineFindings } from "../other-machine.ts";
import { type NamespaceType, namespaceTypes } from "../namespaces.ts";
import { nodeReport } from "../node-report.ts";
import type { NodeNamespace, NodeView, OtherSummary, PodOnNode } from "../node-view.ts";
import { oneLine } from "../one-line.ts";
import type { Finding, Hold } from "../report.ts";
import type { NodeScan, ProcessScan } from "../scan.ts";
import { type Grouping, groupOthers, oldestOf, type OtherGroup, processesOf, programName } from "./group.ts";
import { type ApiPods, leaksOf } from "./leaks.ts";
import { apart, hasEnded } from "./owners.ts";
import { podName, podsOnNode, startedAt } from "./pods-on-node.ts";

export interface NodeViewInput {
  /** `bootId` as the API has it, of a cluster's node. */
  readonly node: { readonly name: string; readonly runtimeVersion: string; readonly bootId?: string };
  /** Of scope `node`. */
  readonly scan: NodeScan;
  readonly takenAt: Date;
  readonly apiPods: ApiPods;
}

/** Everything that a reading of a whole node tells. */
export function buildNodeView({ node, scan, takenAt, apiPods }: NodeViewInput): NodeView {
  const grouping = groupOthers(scan);
  const pods = podsOnNode(scan, grouping.owners);
  return {
    schemaVersion: 1,
    takenAt: takenAt.toISOString(),
    node: nodeReport(node, scan),
    namespaces: namespacesOf(scan, grouping, pods),
    pods,
    others: grouping.groups.map((group) => summaryOf(group, node.name, scan)),
    leaks: leaksOf({ scan, pods, owners: grouping.owners, apiPods }),
    leaksUnknown: "unknown" in apiPods ? apiPods.unknown : null,
    findings: [...otherMachineFindings(node, scan), ...nodeFindings(scan)],
  };
}

// ---- the node's Linux namespaces

/**
 * Those that lsns(8) lists, which counts a process in each Linux namespace whose link it can read; and those that only a
 * bind mount or a descriptor keeps.
 */
function namespacesOf(scan: NodeScan, grouping: Grouping, pods: readonly PodOnNode[]): NodeNamespace[] {
  const byPid = new Map(scan.processes.map((process) => [process.pid, process]));
  const users = usersOf(grouping, pods);
  return namespaceTypes.flatMap((type) => {
    const members = membersOf(type, scan);
    const lineages = new Map(scan.lineage.filter((one) => one.type === type).map((one) => [one.inode, one]));
    const host = scan.host.namespaces[type];
    return [...members]
      .toSorted(([a], [b]) => byNumber(a, b))
      .map(([inode, { processes, kept }]) => {
        const usedBy = new Set<string>();
        let first: ProcessScan | undefined;
        // The node's own Linux namespaces have thousands of processes.
        for (const process of processes) {
          const user = users.get(process.pid);
          if (user !== undefined) usedBy.add(user);
          if (first === undefined || process.pid < first.pid) first = process;
        }
        return {
          type,
          inode,
          host: host.status === "read" && host.inode === inode,
          processes: processes.length,
          holds: [
            ...(first === undefined
              ? []
              : [{ kind: "process", pid: first.pid, comm: first.comm, container: null } as const]),
            ...kept
              .slice(0, mostKept)
              .map((hold) =>
                hold.kind === "descriptor" ? { ...hold, comm: byPid.get(hold.pid)?.comm ?? "" } : hold,
              ),
          ],
          parent: lineages.get(inode)?.parent ?? null,
          owner: lineages.get(inode)?.owner ?? null,
          usedBy: [...usedBy].slice(0, mostUsers),
        };
      });
  });
}

const mostKept = 20;
const mostUsers = 20;

interface Members {
  readonly processes: ProcessScan[];
  readonly kept: Hold[];
}

function membersOf(type: NamespaceType, scan: NodeScan): ReadonlyMap<string, Members> {
  const members = new Map<string, Members>();
  const at = (inode: string): Members => {
    const found = members.get(inode) ?? { processes: [], kept: [] };
    members.set(inode, found);
    return found;
  };
  for (const process of scan.processes) {
    const reading = process.namespaces[type];
    if (reading.status === "read") at(reading.inode).processes.push(process);
  }
  for (const pin of scan.pins) {
    if (pin.type === type) at(pin.inode).kept.push({ kind: "pinned", path: pin.path });
  }
  for (const { type: of, inode, pid, fd } of scan.descriptors) {
    if (of === type) at(inode).kept.push({ kind: "descriptor", pid, fd, comm: "" });
  }
  return members;
}

/** Inodes are decimal numbers that may be longer than a JavaScript number holds. */
function byNumber(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** Who each process is of, in words. */
function usersOf({ owners, groups }: Grouping, pods: readonly PodOnNode[]): ReadonlyMap<number, string> {
  const names = new Map(pods.map((pod) => [pod.uid, podName(pod)]));
  const users = new Map<number, string>();
  for (const [pid, owner] of owners) {
    if (owner.kind === "pod" && owner.uid !== undefined) users.set(pid, names.get(owner.uid) ?? owner.uid);
  }
  for (const group of groups) for (const { pid } of processesOf(group)) users.set(pid, group.title);
  return users;
}

// ---- pods and other sandboxes

function summaryOf(group: OtherGroup, node: string, scan: NodeScan): OtherSummary {
  const processes = processesOf(group);
  const mains = group.kind === "processes" ? processes : group.containers.map(({ main }) => main);
  const isolated = new Set(mains.flatMap((process) => apart(process, scan)));
  return {
    node,
    key: group.key,
    kind: group.kind,
    title: group.title,
    processes: processes.length,
    members:
      group.kind === "processes"
        ? [...new Set(processes.map(programName))]
        : group.containers.map(({ name }) => oneLine(name, 60)),
    isolated: namespaceTypes.filter((type) => isolated.has(type)),
    startedAt: startedAt(oldestOf(group), scan),
    virtualisedBy: group.virtualisedBy ?? null,
  };
}

// ---- about the reading itself

function nodeFindings(scan: NodeScan): Finding[] {
  const findings: Finding[] = [];
  const about = (code: Finding["code"], severity: Finding["severity"], message: string): void => {
    findings.push({ code, severity, container: null, namespaceType: null, message });
  };
  const denied = scan.processes.filter(
    (process) =>
      !hasEnded(process) && namespaceTypes.some((type) => process.namespaces[type].status === "denied"),
  ).length;
  if (scan.readerUid !== 0 && (denied > 0 || scan.hidden)) {
    about(
      "needs-root",
      "warning",
      scan.hidden
        ? l10n.t(
            "The account on the node is not root and may not use sudo without a password: the kernel hides other users' processes, so sandboxes are missing here.",
          )
        : l10n.t(
            "The account on the node is not root and may not use sudo without a password: the kernel hides other users' links to Linux namespaces, so sandboxes are missing here.",
          ),
    );
  } else if (scan.host.source === "nobody") {
    about(
      "sharing-unverified",
      "warning",
      l10n.t(
        "The node's own Linux namespaces could not be read: which containers joined each other, and which processes sit in Linux namespaces of their own, cannot be told.",
      ),
    );
  }
  if (scan.raced.length > 0) {
    about(
      "read-raced",
      "info",
      scan.raced.length === 1
        ? l10n.t("One process ended or changed while being read and is not shown.")
        : l10n.t("{0} processes ended or changed while being read and are not shown.", scan.raced.length),
    );
  }
  if (scan.truncated) {
    about(
      "truncated",
      "warning",
      l10n.t("There are more processes than one reading takes; {0} were read.", scan.processes.length),
    );
  }
  if (scan.host.nested) {
    about(
      "nested-node",
      "info",
      l10n.t(
        "The node is itself a container: “the node's” means that container's, not the machine's below it.",
      ),
    );
  }
  return findings;
}
