import * as l10n from "@vscode/l10n";
import { uidMapLines } from "./inside.ts";
import { buildMatrix, type Cell, type Matrix } from "./matrix.ts";
import { namespaceGloss, namespaceTypes, type NamespaceType } from "./namespaces.ts";
import type { AnyReport, ContainerReport, Finding, Reading } from "./report.ts";
import { namedIn, titleOf } from "./subject.ts";
import { holderWords, inARow, listOf, processCount, runtimeWords } from "./words.ts";

/** What stands beside what. */
export type Compared =
  | { readonly kind: "reports"; readonly left: AnyReport; readonly right: AnyReport }
  /** One of the report's containers, by its index, and the node that it runs on, which stands on the left where `nodeFirst`. */
  | {
      readonly kind: "node";
      readonly report: AnyReport;
      readonly container: number;
      readonly nodeFirst: boolean;
    };

/** Two things in rows, side by side: words for people, out of untrusted names. */
export interface SideBySide {
  readonly left: Side;
  readonly right: Side;
  /** One sentence: what inodes and PIDs of both sides mean to each other. */
  readonly comparable: string;
  readonly groups: readonly SideGroup[];
}

export interface Side {
  readonly title: string;
  /** ISO 8601. */
  readonly takenAt: string;
}

export interface SideGroup {
  readonly title: string;
  readonly rows: readonly SideRow[];
}

export interface SideRow {
  readonly label: string;
  /** "" where that side has nothing of it. */
  readonly left: string;
  readonly right: string;
  readonly differs: boolean;
  /** Whether both are the very same Linux namespace, where that can be told; else "". */
  readonly note: string;
}

export function sideBySide(compared: Compared): SideBySide {
  if (compared.kind === "reports") return compareReports(compared.left, compared.right);
  const beside = compareWithNode(compared.report, compared.container);
  return compared.nodeFirst ? swapSides(beside) : beside;
}

/** The same with the sides changed over. */
export function swapCompared(compared: Compared): Compared {
  return compared.kind === "reports"
    ? { ...compared, left: compared.right, right: compared.left }
    : { ...compared, nodeFirst: !compared.nodeFirst };
}

export function swapSides({ left, right, comparable, groups }: SideBySide): SideBySide {
  return {
    left: right,
    right: left,
    comparable,
    groups: groups.map(({ title, rows }) => ({
      title,
      rows: rows.map((one) => ({ ...one, left: one.right, right: one.left })),
    })),
  };
}

/** Two pods, or one at two moments. Inodes and PIDs are only told where both are of the same boot of the same node. */
export function compareReports(left: AnyReport, right: AnyReport): SideBySide {
  const both = { left: sourceOf(left), right: sourceOf(right), comparable: isComparable(left, right) };
  return {
    left: { title: titleWords(left), takenAt: left.takenAt },
    right: { title: titleWords(right), takenAt: right.takenAt },
    comparable: both.comparable
      ? l10n.t(
          "Both were read in the same boot of the same node: different inodes are different Linux namespaces; an equal one may have been given anew.",
        )
      : l10n.t(
          "Inodes and PIDs of two nodes, or of two boots, mean nothing to each other, and are left out.",
        ),
    groups: [
      { title: l10n.t("Sandbox"), rows: [...aboutRows(left, right), ...sandboxRows(both)] },
      { title: l10n.t("Node"), rows: nodeRows(left, right) },
      ...pairs(left, right).map((pair) => containerGroup(pair, both)),
      { title: l10n.t("Findings"), rows: findingRows(left, right) },
    ].filter(({ rows }) => rows.length > 0),
  };
}

/** One container beside the node's own Linux namespaces, of one reading. A container that is not there has no rows. */
export function compareWithNode(report: AnyReport, index: number): SideBySide {
  const source = sourceOf(report);
  const found = report.containers[index];
  const rows = found === undefined ? [] : withNodeRows(found, source);
  const node = l10n.t("node {0}", report.node.name);
  return {
    left: { title: l10n.t("{0} of {1}", found?.name ?? "", titleWords(report)), takenAt: report.takenAt },
    right: { title: node, takenAt: report.takenAt },
    comparable: l10n.t("Both are of one reading: equal inodes are the same Linux namespace."),
    groups: rows.length === 0 ? [] : [{ title: l10n.t("Linux namespaces"), rows }],
  };
}

interface Source {
  readonly report: AnyReport;
  readonly matrix: Matrix;
}

interface Both {
  readonly left: Source;
  readonly right: Source;
  readonly comparable: boolean;
}

interface Pair {
  readonly left: ContainerReport | undefined;
  readonly right: ContainerReport | undefined;
}

function sourceOf(report: AnyReport): Source {
  return { report, matrix: buildMatrix(report) };
}

/** An inode names a Linux namespace within one nsfs of one boot only (ioctl_nsfs(2), namespaces(7)). */
function isComparable({ node: left }: AnyReport, { node: right }: AnyReport): boolean {
  return (
    left.bootId !== "" &&
    left.bootId === right.bootId &&
    left.name === right.name &&
    left.nsDevice === right.nsDevice
  );
}

function titleWords(report: AnyReport): string {
  const { name, place } = titleOf(namedIn(report));
  return `${name} ${place}`;
}

function row(label: string, left: string, right: string, note = ""): SideRow {
  return { label, left, right, differs: left !== right, note };
}

function aboutRows(left: AnyReport, right: AnyReport): SideRow[] {
  const about = (report: AnyReport, ofPod: (pod: PodPart["pod"]) => string): string =>
    "pod" in report ? ofPod(report.pod) : "";
  const podRow = (label: string, ofPod: (pod: PodPart["pod"]) => string): SideRow =>
    row(label, about(left, ofPod), about(right, ofPod));
  return [
    row(l10n.t("Name"), titleWords(left), titleWords(right)),
    podRow(l10n.t("Context"), ({ context }) => context),
    podRow(l10n.t("Pod UID"), ({ uid }) => uid),
    podRow(l10n.t("Phase"), ({ phase }) => phase),
  ].filter(hasWords);
}

type PodPart = Extract<AnyReport, { readonly pod: unknown }>;

function sandboxRows({ left, right, comparable }: Both): SideRow[] {
  const holder = ({ report }: Source): string =>
    comparable
      ? holderWords(report)
      : holderWords({
          ...report,
          sandbox: { ...report.sandbox, holder: { ...report.sandbox.holder, pid: null } },
        });
  return [
    row(l10n.t("What keeps it alive"), holder(left), holder(right)),
    ...(comparable
      ? [row(l10n.t("Sandbox ID"), shortId(left.report.sandbox.id), shortId(right.report.sandbox.id))]
      : []),
  ];
}

function nodeRows(left: AnyReport, right: AnyReport): SideRow[] {
  return [
    row(l10n.t("Name"), left.node.name, right.node.name),
    row(l10n.t("Boot ID"), left.node.bootId, right.node.bootId),
    row(l10n.t("Kernel"), left.node.kernelRelease, right.node.kernelRelease),
    row(l10n.t("cgroup version"), left.node.cgroupVersion, right.node.cgroupVersion),
    row(l10n.t("Runtime"), runtimeWords(left), runtimeWords(right)),
  ].filter(hasWords);
}

/** By name, and the infra containers with each other, whatever they are called: the left's order, then what only the right has. */
function pairs(left: AnyReport, right: AnyReport): Pair[] {
  const rest = [...right.containers];
  const both = left.containers.map((container): Pair => {
    const at = rest.findIndex((other) =>
      container.kind === "infra"
        ? other.kind === "infra"
        : other.kind !== "infra" && other.name === container.name,
    );
    return { left: container, right: at < 0 ? undefined : rest.splice(at, 1)[0] };
  });
  return [...both, ...rest.map((container): Pair => ({ left: undefined, right: container }))];
}

function containerGroup({ left, right }: Pair, both: Both): SideGroup {
  const each = (label: string, of: (container: ContainerReport) => string): SideRow =>
    row(label, left === undefined ? "" : of(left), right === undefined ? "" : of(right));
  const title = l10n.t("Container {0}", (left ?? right)?.name ?? "");
  const kind = row(
    l10n.t("Kind"),
    left === undefined ? l10n.t("not there") : kindWords(left),
    right === undefined ? l10n.t("not there") : kindWords(right),
  );
  const image = each(l10n.t("Image"), (container) => container.image);
  // Where there is nothing to compare with, its panel says more.
  if (left === undefined || right === undefined) return { title, rows: [kind, image].filter(hasWords) };
  const rows = [
    kind,
    image,
    each(l10n.t("State"), ({ state }) => state),
    ...(both.comparable
      ? [
          each(l10n.t("Container ID"), ({ id }) => shortId(id)),
          each(l10n.t("PID on the node"), ({ pid }) => (pid === null ? "" : String(pid))),
        ]
      : []),
    ...namespaceTypes.map((type) => namespaceRow(type, left, right, both)),
    each(l10n.t("Processes"), processWords),
    each(l10n.t("User IDs"), ({ uidMap }) => (uidMap === null ? "" : uidMapLines(uidMap).join("; "))),
  ];
  return { title, rows: rows.filter(hasWords) };
}

function namespaceRow(
  type: NamespaceType,
  left: ContainerReport,
  right: ContainerReport,
  both: Both,
): SideRow {
  const words = (container: ContainerReport, source: Source): string =>
    verdictWords(container, type, cellOf(container, type, source), both.comparable);
  const note = both.comparable ? inTwoReadings(left.namespaces[type], right.namespaces[type]) : "";
  return row(labelOf(type), words(left, both.left), words(right, both.right), note);
}

function labelOf(type: NamespaceType): string {
  return l10n.t("{0} ({1})", type, namespaceGloss(type));
}

function cellOf(
  container: ContainerReport,
  type: NamespaceType,
  { report, matrix: { columns, rows } }: Source,
): Cell | undefined {
  const index = report.containers.indexOf(container);
  const at = columns.findIndex((column) => column.container === index);
  return rows.find((one) => one.type === type)?.cells[at];
}

/** "shared with nginx and pause [4026532177]; expected: the pod's" */
function verdictWords(
  container: ContainerReport,
  type: NamespaceType,
  cell: Cell | undefined,
  withInode: boolean,
): string {
  if (cell === undefined) return "";
  const seen =
    withInode && cell.reading.status === "read"
      ? l10n.t("{0} [{1}]", seenWords(cell), cell.reading.inode)
      : seenWords(cell);
  const expected = expectedWords(container, type);
  return expected === "" ? seen : l10n.t("{0}; expected: {1}", seen, expected);
}

function seenWords({ verdict, sharedWith, value, reading, note }: Cell): string {
  switch (verdict) {
    case "shared":
      // In an order that does not depend on how the table is drawn.
      return l10n.t("shared with {0}", listOf(sharedWith.toSorted(byCode)));
    case "own":
      // The table's own words: with links that could not be read, "its own" holds only as far as the others go.
      return note;
    case "host":
      return l10n.t("the node's");
    case "not visible":
      return reading.status === "read" || reading.reason === "" ? value : inARow([value, reading.reason]);
  }
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function expectedWords({ expected, targets }: ContainerReport, type: NamespaceType): string {
  switch (expected[type]) {
    case "POD":
      return l10n.t("the pod's");
    case "CONTAINER":
      return l10n.t("its own");
    case "NODE":
      return l10n.t("the node's");
    case "TARGET":
      return targets[type] === undefined ? l10n.t("its target's") : l10n.t("{0}'s", targets[type]);
    case "ANY":
      return "";
  }
}

/** The kernel gives an inode out again once its Linux namespace is gone: over time, only a difference proves something. */
function inTwoReadings(left: Reading, right: Reading): string {
  if (left.status !== "read" || right.status !== "read") return "";
  return left.inode === right.inode ? l10n.t("the same inode") : l10n.t("another Linux namespace");
}

function sameness(left: Reading, right: Reading): string {
  if (left.status !== "read" || right.status !== "read") return "";
  return left.inode === right.inode ? l10n.t("the same Linux namespace") : l10n.t("another Linux namespace");
}

function withNodeRows(container: ContainerReport, source: Source): SideRow[] {
  const { report } = source;
  const types = namespaceTypes.map((type): SideRow => {
    const cell = cellOf(container, type, source);
    const host = report.node.namespaces[type];
    // Where a runtime hides what is inside, the container's links are not the container's.
    const note = cell === undefined ? "" : sameness(cell.reading, host);
    const right = host.status === "read" ? l10n.t("the node's [{0}]", host.inode) : host.reason;
    const left = verdictWords(container, type, cell, true);
    const differs =
      cell?.reading.status !== "read" || host.status !== "read" || cell.reading.inode !== host.inode;
    return { label: labelOf(type), left, right, differs, note };
  });
  const map = container.uidMap;
  if (map === null) return types;
  const words = uidMapLines(map).join("; ");
  const ofNode = uidMapLines([{ inside: 0, outside: 0, count: 2 ** 32 - 1 }]).join("; ");
  return [...types, row(l10n.t("User IDs"), words, ofNode)];
}

/** What both have is in one row, whose words may still differ; the gravest first, as the reports have them. */
function findingRows(left: AnyReport, right: AnyReport): SideRow[] {
  const keyOf = ({ code, severity, container, namespaceType }: Finding): string =>
    JSON.stringify([code, severity, container, namespaceType]);
  const all = [...left.findings, ...right.findings];
  const words = ({ findings }: AnyReport, key: string): string =>
    findings
      .filter((finding) => keyOf(finding) === key)
      .map(({ message }) => message)
      .join(" ");
  const labels = new Map(all.map((finding) => [keyOf(finding), labelOfFinding(finding)]));
  return [...labels].map(([key, label]) => row(label, words(left, key), words(right, key)));
}

function labelOfFinding({ severity, container, namespaceType }: Finding): string {
  const about = [severityWord(severity), container ?? "", namespaceType ?? ""];
  return inARow(about.filter((part) => part !== ""));
}

function severityWord(severity: Finding["severity"]): string {
  switch (severity) {
    case "error":
      return l10n.t("Error");
    case "warning":
      return l10n.t("Warning");
    case "info":
      return l10n.t("Note");
  }
}

function processWords({ processes }: ContainerReport): string {
  const zombies = processes.filter(({ zombie }) => zombie !== null).length;
  if (zombies === 0) return processCount(processes.length);
  return zombies === 1
    ? l10n.t("{0}, 1 of them a zombie", processCount(processes.length))
    : l10n.t("{0}, {1} of them zombies", processCount(processes.length), zombies);
}

function kindWords({ kind }: ContainerReport): string {
  switch (kind) {
    case "infra":
      return l10n.t("infra container");
    case "app":
      return l10n.t("app container");
    case "init":
      return l10n.t("init container");
    case "sidecar":
      return l10n.t("sidecar container");
    case "ephemeral":
      return l10n.t("ephemeral container");
    case "processes":
      return l10n.t("processes without a container");
  }
}

/** As the runtimes' own tools cut it. */
function shortId(id: string | null): string {
  return id?.slice(0, 13) ?? "";
}

function hasWords({ left, right }: SideRow): boolean {
  return left !== "" || right !== "";
}
