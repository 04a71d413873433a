import * as l10n from "@vscode/l10n";
import { hiddenByRuntime } from "../matrix.ts";
import { type NamespaceType, namespaceTypes } from "../namespaces.ts";
import type { Pod } from "../pod.ts";
import type { ContainerKind, ContainerReport, SandboxReport } from "../report.ts";

/** One container of a pod, as its main process was found on its node. */
export interface AuditedContainer {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly name: string;
  readonly kind: ContainerKind;
  readonly image: string;
  readonly privileged: boolean;
  /** Types in which it is in the node's Linux namespace. */
  readonly host: readonly NamespaceType[];
  /** Of those, the types in which its pod's spec asks for that, or leaves it to the runtime. */
  readonly asked: readonly NamespaceType[];
  /** Types in which it is in another Linux namespace than its pod's spec asks for, whichever that is. */
  readonly differs: readonly NamespaceType[];
  /** Types that were not seen: in these nothing is said of it, neither that it shares nor that it does not. */
  readonly unknown: readonly NamespaceType[];
  /** Why they were not seen, in words without a full stop; "" where all were. */
  readonly whyUnknown: string;
}

/** One node, and what came of reading it. */
export type AuditedNode =
  | {
      readonly name: string;
      readonly outcome: "read";
      /** ISO 8601. */
      readonly takenAt: string;
      /** By Kubernetes namespace and pod, then in the pod's order. */
      readonly containers: readonly AuditedContainer[];
    }
  | {
      readonly name: string;
      /** `failed`: it could not be read. `cancelled`: somebody cancelled before. `unfit`: no node of its kind can be read. */
      readonly outcome: "failed" | "cancelled" | "unfit";
      /** One sentence for people. */
      readonly why: string;
    };

/** Who shares what with the nodes of a cluster, by what the kernels say. Plain JSON: media/audit.schema.json. */
export interface Audit {
  readonly schemaVersion: 1;
  /** The kubeconfig context. */
  readonly context: string;
  /** ISO 8601. */
  readonly begunAt: string;
  readonly endedAt: string;
  /** By name. */
  readonly nodes: readonly AuditedNode[];
}

/** What the comparison of a pod says of sharing with its node. The pause container is left out: nobody's program runs in it. */
export function auditedContainers(report: SandboxReport, pod: Pod): readonly AuditedContainer[] {
  const { namespace, name, uid } = report.pod;
  const privileged = new Set(pod.containers.filter((one) => one.privileged).map((one) => one.name));
  return report.containers
    .filter(({ kind }) => kind !== "infra")
    .map((container) => ({
      namespace,
      pod: name,
      uid,
      name: container.name,
      kind: container.kind,
      image: container.image,
      privileged: privileged.has(container.name),
      ...sharingOf(container, report),
    }));
}

function sharingOf(
  container: ContainerReport,
  { node, sandbox, findings }: SandboxReport,
): Pick<AuditedContainer, "host" | "asked" | "differs" | "unknown" | "whyUnknown"> {
  const { expected } = container;
  const namespaces =
    sandbox.holder.kind === "virtualised" ? hiddenByRuntime(container) : container.namespaces;
  const host: NamespaceType[] = [];
  const unknown: NamespaceType[] = [];
  let whyUnknown = "";
  for (const type of namespaceTypes) {
    const [own, nodes] = [namespaces[type], node.namespaces[type]];
    // What the kernel has no such type of is shared by everybody, and no news.
    if (own.status === "unsupported") continue;
    const unread = own.status === "read" ? nodes : own;
    if (own.status === "read" && nodes.status === "read") {
      if (own.inode === nodes.inode) host.push(type);
    } else if (unread.status !== "read") {
      unknown.push(type);
      whyUnknown ||= unread.reason;
    }
  }
  const differing = findings.filter(
    (finding) => finding.code === "sharing-differs" && finding.container === container.name,
  );
  const differs = namespaceTypes.filter((type) =>
    differing.some(({ namespaceType }) => namespaceType === type),
  );
  return {
    host,
    asked: host.filter((type) => expected[type] === "NODE" || expected[type] === "ANY"),
    differs,
    unknown,
    whyUnknown,
  };
}

/** Types that keep a container apart from its node in every usual pod: who shares one of these is worth a look. */
export const telling: readonly NamespaceType[] = ["net", "ipc", "uts", "pid", "mnt"];

/** Whether somebody who looks for what is shared with the node wants to see this container by name. */
export function isNotable({ host, differs }: AuditedContainer): boolean {
  return differs.length > 0 || host.some((type) => telling.includes(type));
}

/**
 * The later of two readings of a node. What was against a pod's spec in only one of them was changing just then: that is
 * not known, rather than wrong.
 */
export function confirmed(
  first: readonly AuditedContainer[],
  second: readonly AuditedContainer[],
): readonly AuditedContainer[] {
  const before = new Map(first.map((one) => [keyOf(one), one.differs]));
  return second.map((one) => {
    const passing = one.differs.filter((type) => !(before.get(keyOf(one))?.includes(type) ?? false));
    if (passing.length === 0) return one;
    const stays = (type: NamespaceType): boolean => !passing.includes(type);
    return {
      ...one,
      host: one.host.filter(stays),
      asked: one.asked.filter(stays),
      differs: one.differs.filter(stays),
      unknown: namespaceTypes.filter((type) => one.unknown.includes(type) || passing.includes(type)),
      whyUnknown: one.whyUnknown || l10n.t("it was changing while it was read"),
    };
  });
}

function keyOf({ uid, name, kind }: AuditedContainer): string {
  return JSON.stringify([uid, kind, name]);
}

/** The nodes that were not read, and why. */
export function notReadOf({ nodes }: Audit): readonly Exclude<AuditedNode, { readonly outcome: "read" }>[] {
  return nodes.flatMap((node) => (node.outcome === "read" ? [] : [node]));
}

/** All containers with the node that each is on. */
export function* containersOf({ nodes }: Audit): Generator<AuditedContainer & { readonly node: string }> {
  for (const node of nodes) {
    if (node.outcome === "read") for (const one of node.containers) yield { node: node.name, ...one };
  }
}
