import * as l10n from "@vscode/l10n";
import { arranged, asIs, type Arrangement } from "./arrange.ts";
import { orderColumns } from "./column-order.ts";
import type { FindingCode } from "./finding-codes.ts";
import { namespaceTypes, perNamespace, type NamespaceType, type PerNamespace } from "./namespaces.ts";
import type { AnyReport, ContainerKind, ContainerReport, Finding, Reading } from "./report.ts";
import { listOf, shortKind } from "./words.ts";

/** The table of the panel: which column sits in which Linux namespace. Pure data; what it looks like is the view's. */
export interface Matrix {
  /**
   * Those in sight. The node's PID 1 first; then, where nobody has arranged them, infra and the containers in the order
   * in which bands break least.
   */
  readonly columns: readonly Column[];
  /** Names of all columns but the node's in their order, hidden ones too. */
  readonly order: readonly string[];
  /** Names of the columns that are not in sight. Who shares what with whom is said of them all the same. */
  readonly hidden: readonly string[];
  /** One for each Linux namespace type. */
  readonly rows: readonly Row[];
}

export interface Column {
  readonly kind: "node" | ContainerKind;
  /** Index into the report's containers, as two may have the same name; null for the node. */
  readonly container: number | null;
  readonly name: string;
  /** Short facts under the name: "PID 30240", "ephemeral", "waiting: CrashLoopBackOff". */
  readonly facts: readonly string[];
  /** False where no process was found: waiting, terminated, pinned. */
  readonly alive: boolean;
  /** Whether it is to stay in sight while others scroll; the node's always is. */
  readonly pinned: boolean;
}

export interface Row {
  readonly type: NamespaceType;
  /** As many as there are columns, in their order. */
  readonly cells: readonly Cell[];
}

export type Verdict = "shared" | "own" | "host" | "not visible";

/** A Linux namespace that more than one column of the table sits in, or that is the node's. */
export interface Identity {
  /** "A", "B", … "Z", "AA"; "●" for the node's. */
  readonly letter: string;
  /** "host", or the letter's hue: 0 to 4, again from 0 after that. */
  readonly hue: "host" | 0 | 1 | 2 | 3 | 4;
}

export interface Mark {
  readonly severity: Finding["severity"];
  /** Few words that fit into a cell; the finding's message, or the list of processes, says it in full. */
  readonly words: string;
}

export interface Cell {
  readonly reading: Reading;
  readonly verdict: Verdict;
  /** null for a Linux namespace that nothing else in the table sits in, and where none was read. */
  readonly identity: Identity | null;
  /** Whether the neighbours sit in the same Linux namespace. */
  readonly band: "single" | "left" | "middle" | "right";
  /** True where the words are worth seeing: the start of a band, the first of equal gaps, a finding. */
  readonly labelled: boolean;
  /** Bands that are broken here and go on to the right. */
  readonly behind: readonly Identity[];
  readonly marks: readonly Mark[];
  /** Names of the other columns in the same Linux namespace. */
  readonly sharedWith: readonly string[];
  /** The inode, or why there is none in two or three words. */
  readonly value: string;
  /** The verdict in words, or the reason why there is none; "" where the value says it all. */
  readonly note: string;
}

/** Characters; a longer list of names does not fit into a cell. */
const longestNames = 22;

/** A column with all that its cells are made of. */
interface Source {
  readonly column: Column;
  readonly readings: PerNamespace<Reading>;
  readonly findings: readonly Finding[];
  readonly container: ContainerReport | null;
}

/** Never calls anything shared that was not read on both sides, nor across two types. */
export function buildMatrix(report: AnyReport, arrangement: Arrangement = asIs): Matrix {
  const node = nodeSource(report);
  const isPinned = new Set(arrangement.pinned);
  const sources = orderSources([
    node,
    ...report.containers.map((one, index) => sourceOf(one, index, report, isPinned.has(one.name))),
  ]);
  const all = arranged(
    sources.filter((source) => source !== node).map((source) => ({ name: source.column.name, source })),
    arrangement,
  );
  const isHidden = new Set(arrangement.hidden);
  const shown = [node, ...all.flatMap(({ name, source }) => (isHidden.has(name) ? [] : [source]))];
  const letters = letterer();
  const rows: Row[] = [];
  for (const type of namespaceTypes)
    rows.push({ type, cells: rowCells(type, sources, shown, rows.at(-1), letters, report) });
  return {
    columns: shown.map(({ column }) => column),
    order: all.map(({ name }) => name),
    hidden: all.flatMap(({ name }) => (isHidden.has(name) ? [name] : [])),
    rows,
  };
}

/** A cell's words on one line, the same that the panel shows or reads out. */
export function cellText(cell: Cell): string {
  const named = cell.identity === null ? cell.value : `${cell.identity.letter} ${cell.value}`;
  return [named, cell.note, ...cell.marks.map(({ words }) => words)].filter((part) => part !== "").join(", ");
}

function nodeSource(report: AnyReport): Source {
  const column: Column = {
    kind: "node",
    container: null,
    name: l10n.t("node"),
    facts: [report.node.namespacesOf === "kthreadd" ? l10n.t("PID 2 (kthreadd)") : l10n.t("PID {0}", 1)],
    alive: true,
    pinned: true,
  };
  return { column, readings: report.node.namespaces, findings: [], container: null };
}

function sourceOf(container: ContainerReport, index: number, report: AnyReport, pinned: boolean): Source {
  const alive = container.pid !== null;
  const facts: string[] = kindFacts(container, report);
  if (container.pid !== null) facts.push(l10n.t("PID {0}", container.pid));
  else if (container.kind !== "infra") facts.push(container.state);
  else
    facts.push(
      report.sandbox.holder.kind === "pinned" ? l10n.t("bind mounts, no process") : l10n.t("no process"),
    );
  return {
    column: { kind: container.kind, container: index, name: container.name, facts, alive, pinned },
    readings:
      report.sandbox.holder.kind === "virtualised" ? hiddenByRuntime(container) : container.namespaces,
    findings: report.findings.filter((finding) => finding.container === container.name),
    container,
  };
}

function kindFacts({ kind, id }: ContainerReport, report: AnyReport): string[] {
  switch (kind) {
    case "infra":
      // Where there is no pod its "sandbox" is nothing but this container.
      return [
        "pod" in report
          ? l10n.t("sandbox {0}", shortId(report.sandbox.id))
          : l10n.t("infra {0}", shortId(id)),
      ];
    case "processes":
      return [l10n.t("no container")];
    case "app":
      return [];
    case "init":
    case "sidecar":
    case "ephemeral":
      return [shortKind(kind)];
  }
}

function shortId(id: string | null): string {
  return id === null ? l10n.t("not known") : id.slice(0, 8);
}

/**
 * All containers of a sandboxed runtime show the same process of the runtime on the node: its links say nothing about
 * what is inside (gVisor, Kata), and would make everything look shared.
 */
export function hiddenByRuntime(container: ContainerReport): PerNamespace<Reading> {
  const hidden = (reading: Reading): Reading =>
    reading.status === "read"
      ? { status: "not-visible", reason: l10n.t("a sandboxed runtime hides it from the node") }
      : reading;
  return perNamespace((type) => hidden(container.namespaces[type]));
}

function orderSources(sources: readonly Source[]): readonly Source[] {
  const groups = namespaceTypes.map((type) => groupsOf(type, sources));
  const signature = (source: Source): (string | null)[] =>
    namespaceTypes.map((type, row) => {
      const inode = inodeOf(source.readings[type]);
      return inode !== null && (groups[row]?.get(inode)?.length ?? 0) > 1 ? inode : null;
    });
  const fixed = sources.filter(({ column }) => column.kind === "node" || column.kind === "infra");
  const free = sources.filter((source) => !fixed.includes(source));
  const start = fixed.at(-1);
  const order = orderColumns(free.map(signature), start === undefined ? [] : signature(start));
  return [...fixed, ...order.flatMap((index) => free[index] ?? [])];
}

function inodeOf(reading: Reading): string | null {
  return reading.status === "read" ? reading.inode : null;
}

/** The columns in each Linux namespace of one type, by inode. */
function groupsOf(type: NamespaceType, sources: readonly Source[]): Map<string, Source[]> {
  const groups = new Map<string, Source[]>();
  for (const source of sources) {
    const inode = inodeOf(source.readings[type]);
    if (inode !== null) groups.set(inode, [...(groups.get(inode) ?? []), source]);
  }
  return groups;
}

/** Gives out letters in the order in which Linux namespaces are first met. */
function letterer(): () => Identity {
  const hues = [0, 1, 2, 3, 4] as const;
  let given = 0;
  return () => {
    const number = given++;
    const last = String.fromCharCode(65 + (number % 26));
    const letter = number < 26 ? last : String.fromCharCode(64 + Math.floor(number / 26)) + last;
    return { letter, hue: hues[number % hues.length] ?? 0 };
  };
}

/**
 * The cells in sight of one row.
 *
 * @param sources - all, also those out of sight, in the order that gives the letters: they stay when columns move.
 */
function rowCells(
  type: NamespaceType,
  sources: readonly Source[],
  shown: readonly Source[],
  above: Row | undefined,
  nextIdentity: () => Identity,
  report: AnyReport,
): readonly Cell[] {
  const groups = groupsOf(type, sources);
  const identities = new Map<string, Identity>();
  for (const [inode, members] of groups) {
    if (members.some(({ column }) => column.kind === "node")) {
      identities.set(inode, { letter: "●", hue: "host" });
    } else if (members.length > 1) {
      identities.set(inode, nextIdentity());
    }
  }
  const identityAt = (index: number): Identity | null => {
    const source = shown[index];
    const inode = source === undefined ? null : inodeOf(source.readings[type]);
    return inode === null ? null : (identities.get(inode) ?? null);
  };
  const spans = [...identities.values()].map((identity) => {
    const at = shown.map((_, index) => identityAt(index) === identity);
    return { identity, first: at.indexOf(true), last: at.lastIndexOf(true) };
  });

  return shown.map((source, index) => {
    const reading = source.readings[type];
    const identity = identityAt(index);
    const joinsLeft = identity !== null && identityAt(index - 1) === identity;
    const joinsRight = identity !== null && identityAt(index + 1) === identity;
    const group = reading.status === "read" ? (groups.get(reading.inode) ?? []) : [];
    const verdict = verdictOf(reading, identity);
    const first =
      reading.status === "read" &&
      shown.find((other) => other.column.kind !== "node" && group.includes(other)) === source;
    const marks = [
      ...source.findings.flatMap((finding) => markOf(finding, type, source.container)),
      // "Elsewhere" is said of where the main process is: that has to be known.
      ...(source.container !== null && reading.status === "read"
        ? strayMarks(source.container, type, report)
        : []),
      ...(first ? outsiderMarks(reading.inode, type, group, report) : []),
    ];
    return {
      reading,
      verdict,
      identity,
      band: bandOf(joinsLeft, joinsRight),
      labelled: marks.length > 0 || (!joinsLeft && !repeats(reading, above?.cells[index]?.reading)),
      behind: spans
        .filter((span) => span.identity !== identity && span.first < index && index < span.last)
        .map((span) => span.identity),
      marks,
      sharedWith: group.filter((other) => other !== source).map(({ column }) => column.name),
      value: valueOf(reading),
      note: noteOf(verdict, reading, group, sources, type, report),
    };
  });
}

function verdictOf(reading: Reading, identity: Identity | null): Verdict {
  if (reading.status !== "read") return "not visible";
  if (identity === null) return "own";
  return identity.hue === "host" ? "host" : "shared";
}

function bandOf(joinsLeft: boolean, joinsRight: boolean): Cell["band"] {
  if (joinsLeft) return joinsRight ? "middle" : "right";
  return joinsRight ? "left" : "single";
}

/** The same gap as in the row above need not be explained twice. */
function repeats(reading: Reading, above: Reading | undefined): boolean {
  return (
    reading.status !== "read" &&
    above !== undefined &&
    above.status === reading.status &&
    above.reason === reading.reason
  );
}

function valueOf(reading: Reading): string {
  switch (reading.status) {
    case "read":
      return reading.inode;
    case "denied":
      return l10n.t("needs root");
    case "gone":
      return l10n.t("gone");
    case "unsupported":
      return l10n.t("not in this kernel");
    case "not-visible":
      return l10n.t("not visible");
  }
}

function noteOf(
  verdict: Verdict,
  reading: Reading,
  group: readonly Source[],
  sources: readonly Source[],
  type: NamespaceType,
  report: AnyReport,
): string {
  // A column with nothing to read (not running, or another kernel) is no exception from "all"; a refused one is.
  const readable = sources.filter(
    ({ readings: { [type]: one } }) => !["not-visible", "gone"].includes(one.status),
  );
  const isContainer = ({ column }: Source): boolean => column.kind !== "node";
  switch (verdict) {
    case "not visible":
      return reading.status === "read" || reading.status === "unsupported" ? "" : reading.reason;
    case "host":
      return group.length > 1 && group.length === readable.length
        ? l10n.t("the node's, for all")
        : l10n.t("the node's");
    case "shared": {
      if (group.length === readable.filter(isContainer).length)
        return "pod" in report ? l10n.t("shared by the pod") : l10n.t("shared by all");
      const names = listOf(group.map(({ column }) => column.name));
      return names.length <= longestNames
        ? l10n.t("shared by {0}", names)
        : l10n.t("shared by {0} of {1}", group.length, readable.filter(isContainer).length);
    }
    case "own":
      // Somebody whose link was refused may be in it too, the node included.
      return readable.some(({ readings: { [type]: one } }) => one.status === "denied")
        ? l10n.t("its own, as far as readable")
        : l10n.t("its own");
  }
}

function markOf(finding: Finding, type: NamespaceType, container: ContainerReport | null): readonly Mark[] {
  if (finding.namespaceType !== type || finding.severity === "info" || container === null) return [];
  const words = markWords(finding, container, type);
  return words === null ? [] : [{ severity: finding.severity, words }];
}

/** null for what a cell says already, or what is about more than one cell. */
function markWords(finding: Finding, container: ContainerReport, type: NamespaceType): string | null {
  switch (finding.code) {
    case "sharing-differs":
      return expectedWords(container, type);
    case "sharing-unverified":
      return l10n.t("not verified");
    case "read-raced":
      return l10n.t("changed while read");
    default:
      return null;
  }
}

function expectedWords(container: ContainerReport, type: NamespaceType): string {
  switch (container.expected[type]) {
    case "POD":
      return l10n.t("should be the pod's");
    case "CONTAINER":
      return l10n.t("should be its own");
    case "NODE":
      return l10n.t("should be the node's");
    case "TARGET":
      return container.targets[type] === undefined
        ? l10n.t("should be its target's")
        : l10n.t("should be {0}'s", container.targets[type]);
    case "ANY":
      return l10n.t("not as asked for");
  }
}

/** Processes and threads of a container that are not where the cell says its main process is. */
function strayMarks({ name, processes }: ContainerReport, type: NamespaceType, report: AnyReport): Mark[] {
  const astray = processes.filter(({ elsewhere }) => elsewhere.includes(type)).length;
  const threads = processes.flatMap((process) =>
    process.threads.filter(({ namespaces }) => namespaces[type] !== undefined),
  ).length;
  const marks: Mark[] = [];
  if (astray > 0) {
    const words = astray === 1 ? l10n.t("1 process elsewhere") : l10n.t("{0} processes elsewhere", astray);
    marks.push({ severity: severityOf("process-elsewhere", name, type, report), words });
  }
  if (threads > 0) {
    const words = threads === 1 ? l10n.t("1 thread elsewhere") : l10n.t("{0} threads elsewhere", threads);
    marks.push({ severity: severityOf("thread-elsewhere", name, type, report), words });
  }
  return marks;
}

/**
 * Processes that sit in the Linux namespace too, of nobody in the table or of a column that is not there itself (or
 * cannot be seen to be, as gVisor's); said once for each band.
 */
function outsiderMarks(
  inode: string,
  type: NamespaceType,
  group: readonly Source[],
  report: AnyReport,
): Mark[] {
  const held = report.sandbox.namespaces.find((one) => one.type === type && one.inode === inode);
  const owners = (held?.holds ?? []).flatMap((hold) => (hold.kind === "process" ? [hold.container] : []));
  const count = owners.filter((owner) => owner === null).length;
  const outside = count === 1 ? l10n.t("and a process from outside") : l10n.t("and processes from outside");
  const visitors = owners.filter(
    (owner) => owner !== null && !group.some(({ column }) => column.name === owner),
  );
  return [
    ...visitors.map((owner): Mark => ({
      severity: "info",
      words: l10n.t("and a process of {0}", String(owner)),
    })),
    ...(count === 0 ? [] : [{ severity: severityOf("outsider", null, type, report), words: outside }]),
  ];
}

/** As grave as the finding that is about the same; without one it is no more than a note. */
function severityOf(
  code: FindingCode,
  container: string | null,
  type: NamespaceType,
  { findings }: AnyReport,
): Finding["severity"] {
  return (
    findings.find(
      (one) => one.code === code && one.container === container && (one.namespaceType ?? type) === type,
    )?.severity ?? "info"
  );
}
