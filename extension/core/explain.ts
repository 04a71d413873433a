import * as l10n from "@vscode/l10n";
import { type Check, cellChecks } from "./checks.ts";
import type { NamespaceType } from "./namespaces.ts";
import type { AnyReport, ContainerReport } from "./report.ts";
import { parseRuntime } from "./runtime.ts";
import { listOf } from "./words.ts";

/** Why a cell is as it is, and how to see it for oneself. */
export interface Explanation {
  /** One sentence, with its full stop. */
  readonly sentence: string;
  /** Empty where no process shows it. */
  readonly checks: readonly Check[];
}

/**
 * Explains one cell of the comparison: what the spec asks for, in the words of Kubernetes' documentation (concepts
 * "Pods", "Share Process Namespace between Containers in a Pod", "User Namespaces", and the API reference of PodSpec),
 * and what the kernel says. `container` is the column's, one of the report's; null for the node's column.
 */
export function explainCell(
  report: AnyReport,
  container: ContainerReport | null,
  type: NamespaceType,
): Explanation {
  if (container === null) return { sentence: ofNode(report, type), checks: cellChecks(report, null, type) };
  // Where a runtime has a kernel of its own, all show the one process that stands before it.
  const checks = report.sandbox.holder.kind === "virtualised" ? [] : cellChecks(report, container, type);
  return { sentence: ofContainer(report, container, type), checks };
}

function ofNode(report: AnyReport, type: NamespaceType): string {
  const reading = report.node.namespaces[type];
  if (reading.status === "unsupported")
    return l10n.t("The node's kernel has no Linux namespaces of type {0}.", type);
  if (reading.status !== "read") {
    return l10n.t(
      "The node's own {0} Linux namespace could not be read, so nothing is compared with it.",
      type,
    );
  }
  const inside = namesIn(report, reading.inode, type, null);
  return inside.length === 0
    ? l10n.t("This is the node's own {0} Linux namespace, and no container here is in it.", type)
    : l10n.t("This is the node's own {0} Linux namespace, shared with {1}.", type, some(inside));
}

function ofContainer(report: AnyReport, container: ContainerReport, type: NamespaceType): string {
  const asked = askedFor(report, container, type);
  const seen = whatIsSeen(report, container, type);
  const asAsked =
    container.namespaces[type].status === "read" &&
    !report.findings.some(
      (one) =>
        one.code === "sharing-differs" && one.container === container.name && one.namespaceType === type,
    );
  return asAsked ? l10n.t("{0}, and {1}.", asked, seen) : l10n.t("{0}, but {1}.", asked, seen);
}

function whatIsSeen(report: AnyReport, container: ContainerReport, type: NamespaceType): string {
  const { name, pid, state, kind } = container;
  const reading = container.namespaces[type];
  const { holder } = report.sandbox;
  if (pid === null) {
    return kind === "infra" && holder.kind === "pinned"
      ? l10n.t("bind mounts hold it in place of a process")
      : l10n.t("{0} has no process ({1})", name, state);
  }
  if (holder.kind === "virtualised" || reading.status === "not-visible")
    return l10n.t(
      "{0} has a kernel of its own (gVisor or a virtual machine), which the node cannot look into",
      name,
    );
  switch (reading.status) {
    case "denied":
      return l10n.t("the kernel refused to show which one {0} is in", name);
    case "gone":
      return l10n.t("the process of {0} ended while it was read", name);
    case "unsupported":
      return l10n.t("the node's kernel has none of this type");
    case "read":
  }
  const seen = whereRead(report, container, reading.inode, type);
  const astray = container.processes.reduce(
    (sum, { elsewhere, threads }) =>
      sum +
      Number(elsewhere.includes(type)) +
      threads.filter(({ namespaces }) => namespaces[type] !== undefined).length,
    0,
  );
  return astray === 0 ? seen : l10n.t("{0} (processes and threads elsewhere: {1})", seen, astray);
}

function whereRead(report: AnyReport, own: ContainerReport, inode: string, type: NamespaceType): string {
  const { name } = own;
  const nodes = report.node.namespaces[type];
  if (nodes.status === "read" && nodes.inode === inode) return l10n.t("{0} is in the node's", name);
  const differs = report.findings.some(
    ({ code, container, namespaceType }) =>
      code === "sharing-differs" && container === name && namespaceType === type,
  );
  if (type === "user" && own.expected.user === "POD" && differs)
    return l10n.t("{0} is in one that does not keep its user IDs from the node's", name);
  const others = namesIn(report, inode, type, own);
  return others.length === 0
    ? l10n.t("{0} is in one where no other container was seen", name)
    : l10n.t("{0} is in the same one as {1}", name, some(others));
}

/** Names of the containers in a Linux namespace, but for one of the report's. */
function namesIn(
  report: AnyReport,
  inode: string,
  type: NamespaceType,
  but: ContainerReport | null,
): readonly string[] {
  return report.containers.flatMap((container) => {
    const reading = container.namespaces[type];
    return container !== but && reading.status === "read" && reading.inode === inode ? [container.name] : [];
  });
}

function some(names: readonly string[]): string {
  return names.length < 5
    ? listOf(names)
    : l10n.t("{0} and {1} more", names.slice(0, 3).join(", "), names.length - 3);
}

/** What the container was to be in, as the beginning of a sentence. */
function askedFor(report: AnyReport, container: ContainerReport, type: NamespaceType): string {
  return ("pod" in report ? askedByPod(report, container, type) : null) ?? askedAnyhow(container, type);
}

/** In the words of Kubernetes' documentation; null for what it has no word about. */
function askedByPod(
  report: AnyReport,
  { kind, expected }: ContainerReport,
  type: NamespaceType,
): string | null {
  switch (`${type} ${expected[type]}` as const) {
    case "net POD":
      return l10n.t(
        "Every container in a Pod shares the network Linux namespace with its IP address and ports",
      );
    case "net NODE":
      return l10n.t("hostNetwork: true uses the node's network Linux namespace");
    case "ipc POD":
      return l10n.t(
        "Containers in a Pod share the IPC Linux namespace with its semaphores and shared memory",
      );
    case "ipc NODE":
      return l10n.t("hostIPC: true uses the node's IPC Linux namespace");
    case "uts POD":
      return l10n.t("Containers in a Pod see the Pod's hostname in one UTS Linux namespace");
    case "uts NODE":
      return l10n.t("With hostNetwork: true the Pod has the node's hostname and UTS Linux namespace too");
    case "pid POD":
      return l10n.t(
        "shareProcessNamespace: true shares a single process Linux namespace between all containers",
      );
    case "pid NODE":
      return l10n.t("hostPID: true uses the node's process Linux namespace");
    case "pid CONTAINER":
      return l10n.t("Without shareProcessNamespace: true each container has its own process Linux namespace");
    case "mnt CONTAINER":
      return l10n.t("Each container has its own filesystem in a mount Linux namespace of its own");
    case "user POD":
      return l10n.t("hostUsers: false creates a new user Linux namespace for the Pod");
    case "user NODE":
      return l10n.t("Without hostUsers: false the Pod runs in the node's user Linux namespace");
    case "cgroup CONTAINER":
      return l10n.t("On cgroup v2 the runtime gives each container its own (private) cgroup Linux namespace");
    case "cgroup NODE":
      if (report.node.cgroupVersion !== "v2")
        return l10n.t("On cgroup v1 containers stay in the node's (host) cgroup Linux namespace");
      return kind === "infra"
        ? l10n.t("The pause container stays in the node's (host) cgroup Linux namespace")
        : l10n.t("A privileged container stays in the node's (host) cgroup Linux namespace");
    case "time NODE":
      return l10n.t("A Pod cannot ask for a time Linux namespace and runtimes set none");
    case "user ANY":
      return parseRuntime(report.node.runtime).name === "docker"
        ? l10n.t("hostUsers: false is not supported with Docker")
        : null;
    default:
      return null;
  }
}

/** For what is no pod of Kubernetes, and for what a runtime does as it likes. */
function askedAnyhow({ kind, expected, targets }: ContainerReport, type: NamespaceType): string {
  switch (expected[type]) {
    case "POD":
      return kind === "infra"
        ? l10n.t("It holds the {0} Linux namespace that others were started to share", type)
        : l10n.t("It was started to share the sandbox's {0} Linux namespace", type);
    case "CONTAINER":
      return l10n.t("It was started with its own {0} Linux namespace", type);
    case "NODE":
      return l10n.t("It was started in the node's {0} Linux namespace", type);
    case "TARGET":
      return kind === "ephemeral"
        ? l10n.t(
            "The ephemeral container targets {0}, to see the processes of that container",
            targets[type] ?? "?",
          )
        : l10n.t("It was started to join the {0} Linux namespace of {1}", type, targets[type] ?? "?");
    case "ANY":
      return l10n.t("Which {0} Linux namespace to use was left to the runtime or is not known", type);
  }
}
