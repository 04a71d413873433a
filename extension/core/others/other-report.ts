import * as l10n from "@vscode/l10n";
import { containerReport, type Surroundings } from "../container-report.ts";
import { SandboxError } from "../errors.ts";
import { comparisonFindings, gravestFirst } from "../findings.ts";
import { heldNamespaces, holderBeside } from "../holders.ts";
import { type NamespaceType, namespaceTypes, perNamespace } from "../namespaces.ts";
import { nodeReport } from "../node-report.ts";
import { oneLine } from "../one-line.ts";
import { otherMachineFindings } from "../other-machine.ts";
import type {
  ContainerReport,
  Expected,
  Finding,
  HeldNamespace,
  Holder,
  OtherSandboxReport,
} from "../report.ts";
import type { NodeScan, ProcessScan } from "../scan.ts";
import { listOf } from "../words.ts";
import type { OtherContainer } from "./containers.ts";
import { expectedByBundle } from "./expected-by-bundle.ts";
import { findGroup, groupOthers, joiningTypes, type OtherGroup, processesOf, programName } from "./group.ts";
import { isPause, joinersOf } from "./joined.ts";

export interface OtherReportInput {
  /** `bootId` as the API has it, of a cluster's node. */
  readonly node: { readonly name: string; readonly runtimeVersion: string; readonly bootId?: string };
  /** OtherSandbox.key of a reading before. */
  readonly key: string;
  /** Of scope `node`. */
  readonly scan: NodeScan;
  readonly takenAt: Date;
}

/**
 * The comparison for a sandbox that is no pod of Kubernetes: what its engine was told beside what the kernel says.
 * Throws SandboxError `sandbox-gone` when nothing on the node has this key any more.
 */
export function buildOtherReport({ node, key, scan, takenAt }: OtherReportInput): OtherSandboxReport {
  const group = findGroup(groupOthers(scan).groups, key);
  if (group === undefined) {
    throw new SandboxError("sandbox-gone", `no sandbox ${oneLine(key, 90)}`, { facts: { node: node.name } });
  }
  const containers =
    group.kind === "processes"
      ? processColumns(group, scan, takenAt)
      : containerColumns(group, scan, takenAt);
  const namespaces = group.virtualisedBy === undefined ? heldNamespaces(containers, scan, "every") : [];
  const holder = holderOf(group, containers, namespaces, scan);
  return {
    schemaVersion: 1,
    takenAt: takenAt.toISOString(),
    other: { node: node.name, key: group.key, kind: group.kind, title: group.title },
    node: nodeReport(node, scan),
    sandbox: {
      id: group.infra?.id ?? (group.containers.length === 1 ? (group.containers[0]?.id ?? null) : null),
      holder,
      namespaces,
      ...identification(group, scan),
    },
    containers,
    findings: gravestFirst([
      ...otherMachineFindings(node, scan),
      ...comparisonFindings({
        containers,
        scan: { ...scan, raced: racedBeside(group, scan) },
        holder,
        virtualisedBy: group.virtualisedBy,
      }),
      ...virtualisedFindings(group),
      ...unreadHostFindings(scan),
      ...outsiderFindings(group, namespaces),
    ]),
    since: null,
  };
}

// ---- columns

function containerColumns(group: OtherGroup, scan: NodeScan, takenAt: Date): ContainerReport[] {
  const { containers, infra } = group;
  const names = columnNames(containers, ({ name }) => name);
  const surroundings: Surroundings = {
    pausePid: infra !== undefined && isPause(infra) ? infra.main.pid : undefined,
    insidePids: new Set(containers.flatMap(({ processes }) => processes.map(({ pid }) => pid))),
    takenAt,
  };
  return containers.map((container) =>
    containerReport(
      {
        name: names.get(container) ?? container.name,
        kind: container === infra ? "infra" : "app",
        id: container.id,
        image: "",
        state: "running",
        live: container,
        whyAbsent: "",
        ...expectedByBundle(container, { containers, infra, names, scan }),
        virtualisedBy: container.virtualisedBy,
      },
      scan,
      surroundings,
    ),
  );
}

/** One column for the processes that are in the very same Linux namespaces. */
function processColumns(
  { loose, virtualisedBy }: OtherGroup,
  scan: NodeScan,
  takenAt: Date,
): ContainerReport[] {
  const sets = Map.groupBy(loose, ({ namespaces }) =>
    JSON.stringify(namespaceTypes.map((type) => namespaces[type])),
  );
  const columns = [...sets.values()].flatMap((processes) => {
    const [main] = processes;
    return main === undefined ? [] : [{ main, processes: processes.toSorted((a, b) => a.pid - b.pid) }];
  });
  const names = columnNames(columns, ({ main }) => programName(main));
  const surroundings: Surroundings = {
    pausePid: undefined,
    insidePids: new Set(loose.map(({ pid }) => pid)),
    takenAt,
  };
  return columns.map((column) =>
    containerReport(
      {
        name: names.get(column) ?? "",
        kind: "processes",
        id: null,
        image: "",
        state: "running",
        live: column,
        whyAbsent: "",
        expected: perNamespace((): Expected => "ANY"),
        targets: {},
        virtualisedBy,
      },
      scan,
      surroundings,
    ),
  );
}

/** A printable name for each that no other has: findings and targets go by it. */
function columnNames<T extends { readonly main: ProcessScan }>(
  columns: readonly T[],
  nameOf: (column: T) => string,
): ReadonlyMap<T, string> {
  const printable = columns.map((column) => oneLine(nameOf(column), 60) || `PID ${column.main.pid}`);
  return new Map(
    columns.map((column, index) => {
      const name = printable[index] ?? "";
      const alone = printable.indexOf(name) === printable.lastIndexOf(name);
      return [column, alone ? name : `${name} (PID ${column.main.pid})`];
    }),
  );
}

// ---- what holds it, and how it was told

function holderOf(
  group: OtherGroup,
  containers: readonly ContainerReport[],
  namespaces: readonly HeldNamespace[],
  scan: NodeScan,
): Holder {
  if (group.virtualisedBy !== undefined) return { kind: "virtualised", pid: null, paths: [] };
  if (group.infra !== undefined) return { kind: "process", pid: group.infra.main.pid, paths: [] };
  const unseen = scan.host.source === "nobody" || scan.hidden;
  // An engine without root is in its containers' user namespace too, which holds none of what they share.
  const shared =
    group.kind === "processes" ? namespaces : namespaces.filter(({ type }) => joiningTypes.includes(type));
  return holderBeside(shared, containers) ?? { kind: unseen ? "unknown" : "none", pid: null, paths: [] };
}

function identification(
  group: OtherGroup,
  scan: NodeScan,
): Pick<OtherSandboxReport["sandbox"], "confidence" | "evidence"> {
  const evidence = [
    ...(group.kind === "processes" ? processEvidence(group) : containerEvidence(group, scan)),
  ];
  if (scan.host.source === "kthreadd") {
    evidence.push(
      l10n.t(
        "The kernel hides the node's PID 1 even from root; its own thread kthreadd (PID 2) stands for the node.",
      ),
    );
  }
  const told = group.containers.every(({ bundle }) => bundle?.namespaces !== undefined);
  return {
    confidence: scan.host.source === "nobody" ? "unknown" : told ? "certain" : "likely",
    evidence,
  };
}

function processEvidence({ loose }: OtherGroup): readonly string[] {
  return [
    loose.length === 1
      ? l10n.t(
          "Neither a cgroup nor a runtime's shim names a container for the process, which is in Linux namespaces other than the node's.",
        )
      : l10n.t(
          "Neither a cgroup nor a runtime's shim names a container for these processes, which share Linux namespaces that are not the node's.",
        ),
  ];
}

function containerEvidence({ containers, infra }: OtherGroup, scan: NodeScan): readonly string[] {
  const podmanPod = containers.find((container) => container.podmanPod !== undefined)?.podmanPod;
  const bundles = containers.filter(({ bundle }) => bundle?.namespaces !== undefined).length;
  return [
    ...containers.map(howFound),
    ...(podmanPod === undefined
      ? []
      : [l10n.t("The cgroup names the Podman pod {0}.", podmanPod.slice(0, 12))]),
    ...(infra === undefined
      ? []
      : [
          joinersOf(containers, scan).has(infra)
            ? l10n.t("{0} is what others were started to join.", oneLine(infra.name, 60))
            : l10n.t("{0} runs a pause program.", oneLine(infra.name, 60)),
        ]),
    bundles === containers.length
      ? l10n.t("What each container was started with was read from its runtime's bundle.")
      : bundles === 0
        ? l10n.t("No runtime's bundle could be read: what the containers were started with is not known.")
        : l10n.t("The runtime's bundle of {0} of {1} containers could be read.", bundles, containers.length),
  ];
}

/** A shim's command line stands in where the runtime left cgroups alone. */
function howFound({ id, main, name }: OtherContainer): string {
  const [of, short] = [oneLine(name, 60), id.slice(0, 12)];
  return main.cgroup.containerId === id
    ? l10n.t("{0}: its cgroup names the container {1}.", of, short)
    : l10n.t("{0}: the command line of who started it names the container {1}.", of, short);
}

// ---- findings beside the comparison's

/** Of what could not be read on the whole node that which this sandbox's own processes say to be missing in it. */
function racedBeside(group: OtherGroup, { raced }: NodeScan): readonly number[] {
  const parents = new Set(processesOf(group).map(({ ppid }) => ppid));
  return raced.filter((pid) => parents.has(pid));
}

function about(code: Finding["code"], message: string, container: string | null = null): Finding {
  return { code, severity: "info", container, namespaceType: null, message };
}

function virtualisedFindings({ virtualisedBy, containers }: OtherGroup): Finding[] {
  if (virtualisedBy !== undefined) {
    return [
      about(
        "sandboxed-runtime",
        l10n.t(
          "It runs in {0} with a kernel of its own. What it shares is decided in there and cannot be read from the node.",
          virtualisedBy,
        ),
      ),
    ];
  }
  return containers.flatMap((container) =>
    container.virtualisedBy === undefined
      ? []
      : [
          about(
            "sandboxed-runtime",
            l10n.t(
              "{0} runs in {1} with a kernel of its own: what it shares cannot be read from the node.",
              oneLine(container.name, 60),
              container.virtualisedBy,
            ),
            oneLine(container.name, 60),
          ),
        ],
  );
}

function unreadHostFindings(scan: NodeScan): Finding[] {
  return scan.host.source === "nobody"
    ? [
        about(
          "sharing-unverified",
          l10n.t(
            "The node's own Linux namespaces could not be read: what is shared with it, or with other containers, cannot be told.",
          ),
        ),
      ]
    : [];
}

/** Who sits in one of its Linux namespaces without being of any of its containers: nsenter, a debugger, a helper. */
function outsiderFindings(group: OtherGroup, namespaces: readonly HeldNamespace[]): Finding[] {
  if (group.kind === "processes") return [];
  return group.loose.map(({ pid, comm }) => {
    const types = namespaces
      .filter(({ holds }) => holds.some((hold) => hold.kind === "process" && hold.pid === pid))
      .map(({ type }) => type);
    return {
      ...about("outsider", outsiderWords(oneLine(comm, 60), pid, types)),
      namespaceType: types.length === 1 ? (types[0] ?? null) : null,
    };
  });
}

function outsiderWords(name: string, pid: number, types: readonly NamespaceType[]): string {
  switch (types.length) {
    case 0:
      return l10n.t(
        "{0} (PID {1}) is in its processes' Linux namespaces without belonging to any of its containers.",
        name,
        pid,
      );
    case 1:
      return l10n.t(
        "{0} (PID {1}) is in its {2} Linux namespace without belonging to any of its containers.",
        name,
        pid,
        listOf(types),
      );
    default:
      return l10n.t(
        "{0} (PID {1}) is in its {2} Linux namespaces without belonging to any of its containers.",
        name,
        pid,
        listOf(types),
      );
  }
}
