import * as l10n from "@vscode/l10n";
import { type NamespaceType, type PerNamespace, perNamespace } from "./namespaces.ts";
import type { SharingSpec } from "./pod.ts";
import type { ContainerKind, Expected, SandboxReport } from "./report.ts";
import type { Runtime } from "./runtime.ts";

/** The container that is asked about: what decides its sharing beside the pod's spec. */
export interface SharingSubject {
  readonly kind: ContainerKind;
  readonly privileged: boolean;
  /** Of an ephemeral container; undefined for every other. */
  readonly targetContainerName: string | undefined;
}

/** The node that is asked about: what decides beside the spec. */
export interface SharingNode {
  readonly runtime: Runtime;
  readonly cgroupVersion: SandboxReport["node"]["cgroupVersion"];
}

interface Rule {
  readonly expected: Expected;
  /** One short sentence. */
  readonly why: string;
}

type RuleOf = (sharing: SharingSpec, subject: SharingSubject, node: SharingNode) => Rule;

/**
 * Whose Linux namespace of each type the pod's spec asks this container to be in:
 *
 * - POD: that of the pod's sandbox, the same for every container that says POD;
 * - CONTAINER: its own, shared with nobody;
 * - NODE: that of the node's PID 1;
 * - TARGET: that of the container named by `targetContainerName`;
 * - ANY: not to be judged, for the runtime is free or unknown.
 *
 * Sources: the kubelet's kuberuntime/util (IpcNamespaceForPod and its neighbours); containerd's CRI plugin
 * (sandboxContainerSpec, buildLinuxSpec, WithPodNamespaces); CRI-O (SpecAddNamespaces, setupCgroupNamespace and
 * configureGeneratorForSandboxNamespaces); dockershim's security_context.go and moby's adaptContainerSettings.
 */
export function expectedSharing(
  sharing: SharingSpec,
  subject: SharingSubject,
  node: SharingNode,
): PerNamespace<Expected> {
  return perNamespace((type) => rules[type](sharing, subject, node).expected);
}

/** Why expectedSharing says so: one short sentence for each type. */
export function explainSharing(
  sharing: SharingSpec,
  subject: SharingSubject,
  node: SharingNode,
): PerNamespace<string> {
  return perNamespace((type) => rules[type](sharing, subject, node).why);
}

/** Two fields that the API server does not take together. */
export interface RejectedCombination {
  /** The one that the API server names first. */
  readonly fields: readonly [keyof SharingSpec, keyof SharingSpec];
  /** False where it depends on the cluster's feature gates. */
  readonly certain: boolean;
  /** One sentence. */
  readonly message: string;
}

/**
 * The combinations in this spec that the API server rejects.
 * Source: validatePodSpecSecurityContext and validateHostUsers in pkg/apis/core/validation; KEP-5607 for hostNetwork.
 */
export function rejectedCombinations(sharing: SharingSpec): readonly RejectedCombination[] {
  const rejected: RejectedCombination[] = [];
  if (sharing.shareProcessNamespace && sharing.hostPID) {
    rejected.push({
      fields: ["shareProcessNamespace", "hostPID"],
      certain: true,
      message: l10n.t(
        "The API server rejects this: shareProcessNamespace: true cannot be combined with hostPID: true.",
      ),
    });
  }
  if (sharing.hostUsers !== false) return rejected;
  if (sharing.hostNetwork) {
    rejected.push({
      fields: ["hostNetwork", "hostUsers"],
      certain: false,
      message: l10n.t(
        "The API server rejects this: hostUsers: false cannot be combined with hostNetwork: true, unless the alpha feature gate UserNamespacesHostNetworkSupport (Kubernetes 1.35 and later) is on.",
      ),
    });
  }
  if (sharing.hostPID) {
    rejected.push({
      fields: ["hostPID", "hostUsers"],
      certain: true,
      message: l10n.t("The API server rejects this: hostUsers: false cannot be combined with hostPID: true."),
    });
  }
  if (sharing.hostIPC) {
    rejected.push({
      fields: ["hostIPC", "hostUsers"],
      certain: true,
      message: l10n.t("The API server rejects this: hostUsers: false cannot be combined with hostIPC: true."),
    });
  }
  return rejected;
}

const rules: Readonly<Record<NamespaceType, RuleOf>> = {
  net: (sharing) =>
    sharing.hostNetwork
      ? { expected: "NODE", why: l10n.t("hostNetwork: true puts the container on the node's own network.") }
      : { expected: "POD", why: l10n.t("Every container joins the network of the pod's sandbox.") },

  ipc: (sharing) =>
    sharing.hostIPC
      ? { expected: "NODE", why: l10n.t("hostIPC: true gives the container the node's own shared memory.") }
      : { expected: "POD", why: l10n.t("Every container joins the shared memory of the pod's sandbox.") },

  uts: (sharing, subject, { runtime }) => {
    switch (runtime.name) {
      case "containerd":
        // The sandbox loses its uts entry together with net; the others join /proc/<sandbox>/ns/uts, now the node's.
        return sharing.hostNetwork
          ? {
              expected: "NODE",
              why: l10n.t("containerd gives a pod with hostNetwork: true the node's hostname too."),
            }
          : { expected: "POD", why: l10n.t("Every container joins the hostname of the pod's sandbox.") };
      case "cri-o":
        // "There's no option to set hostUTS": CRI-O pins one for every pod.
        return { expected: "POD", why: l10n.t("CRI-O gives every pod a hostname of its own.") };
      case "docker":
        // Only containers get UTSMode "host", never the sandbox.
        return sharing.hostNetwork && subject.kind !== "infra"
          ? {
              expected: "NODE",
              why: l10n.t("Docker gives containers of a pod with hostNetwork: true the node's hostname."),
            }
          : { expected: "CONTAINER", why: l10n.t("Docker gives each container a hostname of its own.") };
      default:
        return unknownRuntime();
    }
  },

  pid: (sharing, subject) => {
    // The kubelet's order: hostPID wins over shareProcessNamespace (PidNamespaceForPod).
    if (sharing.hostPID)
      return {
        expected: "NODE",
        why: l10n.t("hostPID: true lets the container see every process of the node."),
      };
    if (sharing.shareProcessNamespace) {
      return {
        expected: "POD",
        why: l10n.t("shareProcessNamespace: true lets the pod's containers see each other's processes."),
      };
    }
    if (subject.kind === "ephemeral" && subject.targetContainerName !== undefined) {
      return {
        expected: "TARGET",
        why: l10n.t("targetContainerName puts it among the processes of that other container."),
      };
    }
    return {
      expected: "CONTAINER",
      why: l10n.t("Without shareProcessNamespace: true each container sees only its own processes."),
    };
  },

  mnt: () => ({ expected: "CONTAINER", why: l10n.t("Each container has its own root file system.") }),

  user: (sharing, _subject, { runtime }) => {
    if (sharing.hostUsers === false) {
      return runtime.name === "docker"
        ? { expected: "ANY", why: l10n.t("Docker does not support hostUsers: false.") }
        : { expected: "POD", why: l10n.t("hostUsers: false gives the pod user IDs of its own.") };
    }
    if (runtime.name === "other") return unknownRuntime();
    return { expected: "NODE", why: l10n.t("Without hostUsers: false user IDs are the same as the node's.") };
  },

  cgroup: (_sharing, subject, { runtime, cgroupVersion }) => {
    if (runtime.name === "other") return unknownRuntime();
    // Runtimes ask whether /sys/fs/cgroup itself is cgroup2fs, so hybrid counts as v1 (containerd/cgroups Mode()).
    if (cgroupVersion === "v1" || cgroupVersion === "hybrid") {
      return {
        expected: "NODE",
        why: l10n.t("On cgroup v1 and hybrid nodes containers see the node's cgroups."),
      };
    }
    if (runtime.name !== "docker") {
      if (subject.kind === "infra")
        return { expected: "NODE", why: l10n.t("The pause container stays in the node's cgroup view.") };
      if (subject.privileged)
        return { expected: "NODE", why: l10n.t("A privileged container sees the node's cgroups.") };
    }
    return cgroupVersion === "v2"
      ? { expected: "CONTAINER", why: l10n.t("On cgroup v2 a container sees only its own cgroups.") }
      : { expected: "ANY", why: l10n.t("Depends on the node: its own on cgroup v2, the node's on v1.") };
  },

  time: (_sharing, _subject, { runtime }) =>
    runtime.name === "containerd" || runtime.name === "cri-o"
      ? { expected: "NODE", why: l10n.t("Kubernetes does not separate clocks.") }
      : { expected: "ANY", why: l10n.t("Depends on the container runtime; usually the node's.") },
};

function unknownRuntime(): Rule {
  return { expected: "ANY", why: l10n.t("Depends on the container runtime.") };
}
