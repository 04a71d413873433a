import type { NamespaceType } from "./namespaces.ts";
import type { Finding, Hold, NodeReport, OtherSandbox } from "./report.ts";

/** One Linux namespace of a node, as lsns(8) would list it, with what keeps it alive. */
export interface NodeNamespace {
  readonly type: NamespaceType;
  readonly inode: string;
  /** True for those of the node's PID 1. */
  readonly host: boolean;
  /** How many processes are in it. */
  readonly processes: number;
  /** Bind mounts, descriptors, and of its processes the one with the lowest PID. */
  readonly holds: readonly Hold[];
  /** Inodes; null where the node's tools do not tell. */
  readonly parent: string | null;
  readonly owner: string | null;
  /** Who uses it, in words: pods as namespace/name, other sandboxes by their title; at most 20. */
  readonly usedBy: readonly string[];
}

/** A pod of Kubernetes as the node shows it, whatever the API says. */
export interface PodOnNode {
  /** UID as the node's cgroup paths have it: metadata.uid, or a static pod's config hash. */
  readonly uid: string;
  /** As the runtime's bundle says; null where it does not tell. */
  readonly namespace: string | null;
  readonly name: string | null;
  readonly processes: number;
  /** Start of its oldest process, ISO 8601. */
  readonly startedAt: string;
}

/** Another sandbox in a list: what it is before it is inspected. */
export interface OtherSummary extends OtherSandbox {
  readonly processes: number;
  /** Names of its containers, or of its programs. */
  readonly members: readonly string[];
  /** Types in which it is not in the node's Linux namespace. */
  readonly isolated: readonly NamespaceType[];
  /** Start of its oldest process, ISO 8601. */
  readonly startedAt: string;
  /** "gVisor" or "a virtual machine" where it has a kernel of its own; else null. */
  readonly virtualisedBy: string | null;
}

/** Something on the node that looks left behind. A suspicion with its reasons: nothing is ever deleted. */
export interface Leak {
  readonly code: "unclaimed-sandbox" | "unused-pin" | "pod-without-sandbox";
  /** One printable line: a pod's name or UID, or a path. */
  readonly title: string;
  /** Since when it has been there, ISO 8601; null where nothing tells. */
  readonly since: string | null;
  /** One sentence in plain words, with its full stop. */
  readonly message: string;
  /** What it would take to be sure: one or two sentences. */
  readonly toBeSure: string;
}

/** A whole node at one moment. Plain JSON. */
export interface NodeView {
  readonly schemaVersion: 1;
  /** ISO 8601, on this machine's clock. */
  readonly takenAt: string;
  readonly node: NodeReport;
  /** By type in the usual order, then by inode. */
  readonly namespaces: readonly NodeNamespace[];
  readonly pods: readonly PodOnNode[];
  readonly others: readonly OtherSummary[];
  readonly leaks: readonly Leak[];
  /** Why leaks of pods could not be told (no cluster, or the API refused), a sentence; null when they could. */
  readonly leaksUnknown: string | null;
  /** About the reading itself: needs-root, read-raced, truncated, nested-node. */
  readonly findings: readonly Finding[];
}
