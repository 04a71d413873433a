import * as l10n from "@vscode/l10n";
import { isIdentity } from "./inside.ts";
import type { NamespaceType } from "./namespaces.ts";
import type { AnyReport, ContainerReport, Reading } from "./report.ts";
import { parseRuntime } from "./runtime.ts";

/** PATH_MAX of linux/limits.h, with the zero at its end. */
const longestPath = 4_096;

/** A command that shows on the node what the panel says. */
export interface Check {
  readonly about: string;
  readonly command: string;
  /** What it prints, a line for each thing it is asked about, or null where that is longer or not known. */
  readonly prints: string | null;
}

/**
 * Commands that show this very sandbox. Nothing goes into them but numbers, our own words, hexadecimal IDs, paths of
 * plain characters and names that Kubernetes allows; what would need anything else is left out.
 */
export function checksOf(report: AnyReport): readonly Check[] {
  // Where a runtime has a kernel of its own, all show the one process that stands before it.
  const visible = report.sandbox.holder.kind === "virtualised" ? [] : report.containers.filter(isVisible);
  const infra = visible.find(({ kind }) => kind === "infra");
  const first = visible.find(({ kind }) => kind !== "infra");
  const differing = report.findings.find(
    ({ code, namespaceType }) => code === "sharing-differs" && namespaceType !== null,
  );
  // Where something is not as the spec asks, that is what one wants to see for oneself.
  const type = differing?.namespaceType ?? "net";
  const questioned = visible.find(({ name }) => name === differing?.container);
  const mapped = visible.find(({ uidMap }) => uidMap !== null && !isIdentity(uidMap));
  const held = infra ?? first;
  const checks = [
    ...[questioned, first ?? infra].flatMap((one) =>
      one === undefined ? [] : cellChecks(report, one, type),
    ),
    ...(held?.pid == null ? [] : [allOf(held.name, held.pid), networkOf(held.name, held.pid)]),
    ...(mapped === undefined ? [] : mapOf(mapped)),
    ...engineChecks(report),
  ];
  return [...new Map(checks.map((check) => [check.command, check])).values()];
}

/** Commands that show one cell; `container` null is the node's column. */
export function cellChecks(
  report: AnyReport,
  container: ContainerReport | null,
  type: NamespaceType,
): readonly Check[] {
  const own = container === null ? nodeEnd(report, type) : endOf(container, type);
  if (own === null) return [];
  const other = container === null ? null : otherEnd(report, container, type);
  const ends = other === null ? [own] : [own, other];
  const lines = ends.map(({ reading }) => (reading.status === "read" ? `${type}:[${reading.inode}]` : null));
  const checks: Check[] = [
    {
      about:
        other === null
          ? l10n.t("{0} of {1}", type, own.name)
          : l10n.t("{0} of {1}, and of {2}", type, own.name, other.name),
      command: `sudo readlink ${ends.map(({ pid }) => `/proc/${String(pid)}/ns/${type}`).join(" ")}`,
      prints: lines.includes(null) ? null : lines.join("\n"),
    },
  ];
  if (container === null) return checks;
  const pid = String(own.pid);
  // lsns of util-linux before 2.38 does not know the type time.
  if (type !== "time") {
    checks.push({
      about: l10n.t("How many processes are in it, and which was the first"),
      command: `sudo lsns -t ${type} -p ${pid}`,
      prints: null,
    });
  }
  if (type === "net") checks.push(networkOf(own.name, own.pid));
  if (type === "uts") {
    const about = l10n.t("The hostname as seen inside");
    checks.push({ about, command: `sudo nsenter -t ${pid} -u hostname`, prints: null });
  }
  if (type === "user") checks.push(...mapOf(container));
  return [...checks, ...pinOf(report, own.reading, type)];
}

/** One of two links to be compared. */
interface End {
  readonly name: string;
  readonly pid: number;
  readonly reading: Reading;
}

function endOf({ name, pid, namespaces }: ContainerReport, type: NamespaceType): End | null {
  const reading = namespaces[type];
  return pid !== null && (reading.status === "read" || reading.status === "denied")
    ? { name, pid, reading }
    : null;
}

function nodeEnd({ node }: AnyReport, type: NamespaceType): End | null {
  const reading = node.namespaces[type];
  const pid = node.namespacesOf === "kthreadd" ? 2 : 1;
  return reading.status === "read" && node.namespacesOf !== "nobody"
    ? { name: l10n.t("the node"), pid, reading }
    : null;
}

/** What a container's link is to be held against: whom it was to share with, else the node. */
function otherEnd(report: AnyReport, container: ContainerReport, type: NamespaceType): End | null {
  const find = (matches: (other: ContainerReport) => boolean): End | null => {
    const found = report.containers.find(
      (other) => other !== container && matches(other) && endOf(other, type),
    );
    return found === undefined ? null : endOf(found, type);
  };
  switch (container.expected[type]) {
    case "POD":
      return find(({ kind }) => kind === "infra") ?? find(({ expected }) => expected[type] === "POD");
    case "TARGET":
      return find(({ name }) => name === container.targets[type]);
    case "CONTAINER":
    case "NODE":
    case "ANY":
      return nodeEnd(report, type);
  }
}

/** Whether its links say anything: not those of a sandboxed runtime's process, nor those of none. */
function isVisible({ pid, namespaces }: ContainerReport): boolean {
  return (
    pid !== null && Object.values(namespaces).some(({ status }) => status === "read" || status === "denied")
  );
}

function allOf(name: string, pid: number): Check {
  return {
    about: l10n.t("All Linux namespaces of {0}", name),
    command: `sudo lsns -p ${String(pid)}`,
    prints: null,
  };
}

function networkOf(name: string, pid: number): Check {
  const about = l10n.t("The network as {0} sees it", name);
  return { about, command: `sudo nsenter -t ${String(pid)} -n ip addr`, prints: null };
}

function mapOf({ name, pid, uidMap }: ContainerReport): readonly Check[] {
  if (pid === null) return [];
  return [
    {
      about: l10n.t("User IDs of {0}: inside, on the node, how many", name),
      command: `sudo cat /proc/${String(pid)}/uid_map`,
      prints:
        uidMap?.map(({ inside, outside, count }) => [inside, outside, count].join(" ")).join("\n") ?? null,
    },
  ];
}

/** A bind mount shows the Linux namespace without any process. */
function pinOf({ sandbox }: AnyReport, reading: Reading, type: NamespaceType): readonly Check[] {
  if (reading.status !== "read") return [];
  const { inode } = reading;
  const holds = sandbox.namespaces.flatMap((one) =>
    one.type === type && one.inode === inode ? one.holds : [],
  );
  const pin = holds.find(
    (hold) => hold.kind === "pinned" && hold.path.length < longestPath && /^(\/[\w.-]+)+$/.test(hold.path),
  );
  if (pin?.kind !== "pinned") return [];
  const about = l10n.t("The bind mount that holds it, without any process");
  return [{ about, command: `sudo stat -L -c %i ${pin.path}`, prints: inode }];
}

/** What the runtime itself says, where it is known which one it is. */
function engineChecks(report: AnyReport): readonly Check[] {
  const isId = (id: string | null | undefined): id is string => /^[0-9a-f]{64}$/.test(id ?? "");
  const runtime = parseRuntime(report.node.runtime).name;
  if ("pod" in report && (runtime === "containerd" || runtime === "cri-o")) {
    const { id } = report.sandbox;
    const { namespace, name } = report.pod;
    const isName = (text: string): boolean => /^[a-z\d]([a-z\d.-]{0,251}[a-z\d])?$/.test(text);
    const about = l10n.t("The sandbox as the runtime knows it");
    return [
      ...(isName(namespace) && isName(name)
        ? [{ about, command: `sudo crictl pods --namespace ${namespace} --name ${name}`, prints: null }]
        : []),
      ...(isId(id) ? [{ about, command: `sudo crictl inspectp ${id}`, prints: null }] : []),
    ];
  }
  const engine = engineOf(report);
  if (engine === null) return [];
  return report.containers.flatMap(({ name, id, pid }) =>
    pid === null || !isId(id)
      ? []
      : [
          {
            about: l10n.t("The PID of {0} as the runtime knows it", name),
            command: `sudo ${engine} inspect -f '{{.State.Pid}}' ${id}`,
            prints: String(pid),
          },
        ],
  );
}

/** Docker binds each of its networks below a folder of its own (libnetwork's osl). */
function engineOf(report: AnyReport): "docker" | "podman" | null {
  if ("pod" in report) return parseRuntime(report.node.runtime).name === "docker" ? "docker" : null;
  if (report.other.kind === "podman-pod") return "podman";
  const pins = report.sandbox.namespaces.flatMap(({ holds }) => holds);
  return pins.some((hold) => hold.kind === "pinned" && /\/docker\/([\w.-]+\/)?netns\//.test(hold.path))
    ? "docker"
    : null;
}
