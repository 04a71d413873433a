import * as l10n from "@vscode/l10n";
import { answerOf } from "./answer.ts";
import {
  expectedSharing,
  explainSharing,
  rejectedCombinations,
  type SharingNode,
  type SharingSubject,
} from "./expected.ts";
import type {
  ManifestHit,
  ManifestTarget,
  PodTemplate,
  SharingField,
  TemplateContainer,
} from "./manifest/pod-template.ts";
import { buildMatrix, type Cell, type Column, type Matrix } from "./matrix.ts";
import { namespaceGloss, type NamespaceType, namespaceTypes } from "./namespaces.ts";
import type { PodRef, SharingSpec } from "./pod.ts";
import type { Expected, SandboxReport } from "./report.ts";
import { parseRuntime, type Runtime } from "./runtime.ts";
import { runtimeWords, sharedThing } from "./words.ts";

/** A piece of text; every string may be untrusted. */
export type Span = string | { readonly strong: string } | { readonly code: string };

/** What a hover shows, from top to bottom. */
export type HoverBlock =
  | { readonly kind: "paragraph" | "warning"; readonly spans: readonly Span[] }
  | { readonly kind: "list"; readonly items: readonly (readonly Span[])[] }
  /** Each row has as many cells as there are heads. */
  | {
      readonly kind: "table";
      readonly heads: readonly string[];
      readonly rows: readonly (readonly (readonly Span[])[])[];
    }
  /** A link that inspects this pod. */
  | { readonly kind: "inspect"; readonly label: string; readonly pod: PodRef }
  | { readonly kind: "rule" };

export interface HoverInput {
  readonly hit: ManifestHit;
  /** The pods of this manifest in the current context, as far as known; the ones with a report first. */
  readonly pods: readonly HoverPod[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface HoverPod {
  readonly ref: PodRef;
  /** The last inspection, if there was one. */
  readonly report: SandboxReport | undefined;
}

/** Pods, and findings and containers of one pod, that a hover has room for. */
const maxPods = 3;
const maxFindings = 3;
const maxColumns = 4;

export function hoverBlocks({ hit: { target, template }, pods, now }: HoverInput): readonly HoverBlock[] {
  const report = pods.find((pod) => pod.report !== undefined)?.report;
  const live = liveBlocks(pods, now);
  return [
    ...(template.os === "windows" ? windowsBlocks(template) : specBlocks(target, template, report)),
    ...rejectionBlocks(template),
    ...(live.length === 0 ? [] : [{ kind: "rule" } as const, ...live]),
  ];
}

// ---- what the manifest asks for

/** A node that is not known is taken for a containerd one; most are. */
interface NodeView extends SharingNode {
  /** The runtime's name and version as read from a node of this manifest's pods. */
  readonly known: string | undefined;
}

function nodeOf(report: SandboxReport | undefined): NodeView {
  if (report === undefined) {
    return { runtime: { name: "containerd", version: "" }, cgroupVersion: "unknown", known: undefined };
  }
  const runtime = parseRuntime(report.node.runtime);
  return { runtime, cgroupVersion: report.node.cgroupVersion, known: runtimeWords(report) };
}

function specBlocks(
  target: ManifestTarget,
  template: PodTemplate,
  report: SandboxReport | undefined,
): readonly HoverBlock[] {
  const node = nodeOf(report);
  switch (target.kind) {
    case "pod":
      return podBlocks(template, node, report);
    case "field":
      return fieldBlocks(target.field, template, node);
    case "container":
      return containerBlocks(target.container, template, node, report);
  }
}

function podBlocks(
  template: PodTemplate,
  node: NodeView,
  report: SandboxReport | undefined,
): readonly HoverBlock[] {
  const subjects = subjectsOf(template);
  const why = subjects.map((subject) => explainSharing(template.sharing, subject, node));
  const asked = namespaceTypes.filter((type) => isAsked(template.sharing, type));
  return [
    paragraph({
      strong: l10n.t("{0}: the Linux namespaces its containers share", titleOf(template)),
    }),
    ...tableBlocks(template, node, report),
    ...(asked.length === 0
      ? [
          paragraph(
            l10n.t(
              "That is the default: containers join the pod's sandbox, usually held by the pause container.",
            ),
          ),
        ]
      : [
          paragraph(l10n.t("Why:")),
          list([...new Set(asked.flatMap((type) => why[0]?.[type] ?? []))].map((one) => [one])),
        ]),
    ...runtimeBlocks(namespaceTypes, template, subjects, node),
  ];
}

/** What is expected of each type, and beside it what was read of the first containers, if anything was. */
function tableBlocks(
  template: PodTemplate,
  node: NodeView,
  report: SandboxReport | undefined,
): readonly HoverBlock[] {
  const expected = subjectsOf(template).map((subject) => expectedSharing(template.sharing, subject, node));
  const expectedWords = (type: NamespaceType): string => {
    const [first, ...others] = expected.map((one) => one[type]);
    if (first === undefined || others.some((other) => other !== first)) {
      return l10n.t("not the same for all (see each container's name)");
    }
    return whose(first);
  };
  const matrix = report === undefined ? undefined : buildMatrix(report);
  const columns = matrix === undefined ? [] : containerColumns(matrix);
  const shown = columns.slice(0, maxColumns);
  const more = columns.length - shown.length;
  return [
    {
      kind: "table",
      heads: [l10n.t("Linux namespace"), l10n.t("expected"), ...shown.map(({ column }) => column.name)],
      rows: namespaceTypes.map((type) => [
        glossed([type]),
        [expectedWords(type)],
        ...shown.map(({ index }) => [liveWords(cellAt(matrix, type, index))]),
      ]),
    },
    ...(shown.length === 0
      ? []
      : [paragraph(l10n.t("The same letter in a row is the same Linux namespace; ● is the node's."))]),
    ...(more > 0
      ? [
          paragraph(
            more === 1 ? l10n.t("… and 1 more container.") : l10n.t("… and {0} more containers.", more),
          ),
        ]
      : []),
  ];
}

function containerColumns({
  columns,
}: Matrix): readonly { readonly column: Column; readonly index: number }[] {
  return columns
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => column.kind !== "node" && column.kind !== "processes");
}

function cellAt(matrix: Matrix | undefined, type: NamespaceType, index: number): Cell | undefined {
  return matrix?.rows.find((row) => row.type === type)?.cells[index];
}

/** "A shared", "● the node's", "own …2177", "needs root", with a mark where there is something to see to. */
function liveWords(cell: Cell | undefined): string {
  if (cell === undefined) return "";
  const words = verdictWords(cell);
  return cell.marks.some(({ severity }) => severity !== "info") ? l10n.t("⚠ {0}", words) : words;
}

/** Characters of an inode: enough to tell two apart. */
const shortInode = 4;

function verdictWords({ verdict, identity, value }: Cell): string {
  switch (verdict) {
    case "shared":
      return l10n.t("{0} shared", identity?.letter ?? "");
    case "host":
      return l10n.t("{0} the node's", identity?.letter ?? "");
    case "own":
      return l10n.t("own …{0}", value.slice(-shortInode));
    case "not visible":
      return value;
  }
}

/** Whether the manifest sets a field that decides about the type. */
function isAsked(sharing: SharingSpec, type: NamespaceType): boolean {
  return (
    (sharing.hostNetwork && (type === "net" || type === "uts")) ||
    (sharing.hostIPC && type === "ipc") ||
    ((sharing.hostPID || sharing.shareProcessNamespace) && type === "pid") ||
    (sharing.hostUsers === false && type === "user")
  );
}

const typesOfField: Readonly<Record<SharingField, readonly NamespaceType[]>> = {
  hostNetwork: ["net", "uts"],
  hostPID: ["pid"],
  hostIPC: ["ipc"],
  hostUsers: ["user"],
  shareProcessNamespace: ["pid"],
};

function fieldBlocks(field: SharingField, template: PodTemplate, node: NodeView): readonly HoverBlock[] {
  const types = typesOfField[field];
  // Privileges and targets do not change what these fields decide for an ordinary container.
  const subject: SharingSubject = { kind: "app", privileged: false, targetContainerName: undefined };
  if (template.templated.includes(field)) {
    return [
      paragraph(
        ...filled(
          l10n.t("{0} is known only once the template is rendered. It decides about {1}."),
          [{ code: field }],
          glossed(types),
        ),
      ),
    ];
  }
  return [
    paragraph({ strong: `${field}: ${valueWords(field, template)}` }),
    list(typeLines(types, template, subject, node)),
    ...runtimeBlocks(types, template, [subject], node),
  ];
}

function valueWords(field: SharingField, { sharing, notBoolean }: PodTemplate): string {
  if (notBoolean.includes(field)) return l10n.t("not understood, taken as not set");
  const value = sharing[field];
  return value === undefined ? l10n.t("not set") : String(value);
}

function containerBlocks(
  container: TemplateContainer,
  template: PodTemplate,
  node: NodeView,
  report: SandboxReport | undefined,
): readonly HoverBlock[] {
  const subject = subjectOf(container);
  const matrix = report === undefined ? undefined : buildMatrix(report);
  const index = matrix?.columns.findIndex(
    ({ kind, name }) => kind !== "node" && kind !== "infra" && name === container.name,
  );
  const lines = typeLines(namespaceTypes, template, subject, node).map((line, row) => {
    const type = namespaceTypes[row];
    const cell = type === undefined || index === undefined ? undefined : cellAt(matrix, type, index);
    return cell === undefined ? line : [...line, " ", ...filled(l10n.t("Read: {0}."), [liveWords(cell)])];
  });
  return [
    paragraph({ strong: containerTitle(container) }),
    list(lines),
    ...runtimeBlocks(namespaceTypes, template, [subject], node),
  ];
}

function containerTitle({ kind, name: given }: TemplateContainer): string {
  const name = given ?? l10n.t("without a name");
  switch (kind) {
    case "app":
      return l10n.t("Container {0}: the Linux namespaces it shares", name);
    case "init":
      return l10n.t("Container {0} (init container): the Linux namespaces it shares", name);
    case "sidecar":
      return l10n.t("Container {0} (sidecar): the Linux namespaces it shares", name);
    case "ephemeral":
      return l10n.t("Container {0} (ephemeral container): the Linux namespaces it shares", name);
  }
}

/** "net (interfaces, ports): shared within the pod. Every container joins …" */
function typeLines(
  types: readonly NamespaceType[],
  template: PodTemplate,
  subject: SharingSubject,
  node: NodeView,
): readonly (readonly Span[])[] {
  const expected = expectedSharing(template.sharing, subject, node);
  const why = explainSharing(template.sharing, subject, node);
  return types.map((type) =>
    expected[type] === "ANY"
      ? filled(l10n.t("{0}: {1}"), glossed([type]), [why[type]])
      : filled(l10n.t("{0}: {1}. {2}"), glossed([type]), [whose(expected[type])], [why[type]]),
  );
}

function whose(expected: Expected): string {
  switch (expected) {
    case "POD":
      return l10n.t("shared within the pod");
    case "CONTAINER":
      return l10n.t("its own");
    case "NODE":
      return l10n.t("the node's");
    case "TARGET":
      return l10n.t("its target's");
    case "ANY":
      return l10n.t("depends on the node");
  }
}

/** Which runtime this was told for, and what another would do otherwise. */
function runtimeBlocks(
  types: readonly NamespaceType[],
  template: PodTemplate,
  subjects: readonly SharingSubject[],
  node: NodeView,
): readonly HoverBlock[] {
  if (node.known !== undefined) {
    return [paragraph(l10n.t("For {0}, as on the node that was inspected.", node.known))];
  }
  const [subject] = subjects;
  if (subject === undefined) return [];
  const told = expectedSharing(template.sharing, subject, node);
  const differences = otherRuntimes.flatMap(({ name, label }) => {
    const other = expectedSharing(template.sharing, subject, { ...node, runtime: { name, version: "" } });
    const things = types
      .filter((type) => other[type] !== told[type] && other[type] !== "ANY" && told[type] !== "ANY")
      .map((type) => l10n.t("{0}: {1}", sharedThing(type), whose(other[type])));
    return things.length === 0 ? [] : [l10n.t("{0} differs ({1}).", label, things.join("; "))];
  });
  return differences.length === 0
    ? []
    : [paragraph([l10n.t("For nodes with containerd."), ...differences].join(" "))];
}

const otherRuntimes: readonly { readonly name: Runtime["name"]; readonly label: string }[] = [
  { name: "cri-o", label: "CRI-O" },
  { name: "docker", label: "Docker" },
];

function subjectsOf(template: PodTemplate): readonly SharingSubject[] {
  const subjects = template.containers.map((container) => subjectOf(container));
  return subjects.length > 0
    ? subjects
    : [{ kind: "app", privileged: false, targetContainerName: undefined }];
}

function subjectOf({ kind, privileged, targetContainerName }: TemplateContainer): SharingSubject {
  return { kind, privileged, targetContainerName };
}

/** "net (interfaces, ports), ipc (shared memory)" */
function glossed(types: readonly NamespaceType[]): readonly Span[] {
  return types.flatMap((type, index): Span[] => [
    ...(index === 0 ? [] : [", "]),
    { strong: type },
    ` (${namespaceGloss(type)})`,
  ]);
}

function titleOf({ kind, name }: PodTemplate): string {
  return name === undefined ? kind : `${kind} ${name}`;
}

// ---- what does not work

function windowsBlocks(template: PodTemplate): readonly HoverBlock[] {
  return [
    paragraph({ strong: titleOf(template) }),
    paragraph(l10n.t("Its pods run on Windows, which has no Linux namespaces.")),
  ];
}

function rejectionBlocks({ sharing, notBoolean, runtimeClassName }: PodTemplate): readonly HoverBlock[] {
  return [
    ...notBoolean.map((field) =>
      warning(
        ...filled(l10n.t("The API server rejects {0}: it must be true or false, without quotes."), [
          { code: field },
        ]),
      ),
    ),
    ...rejectedCombinations(sharing).map(({ message }) => warning(message)),
    ...(runtimeClassName === undefined
      ? []
      : [
          paragraph(
            ...filled(
              l10n.t(
                "{0}: should it name a sandboxed runtime (gVisor, Kata), what the containers share is not visible from the node.",
              ),
              [{ code: "runtimeClassName" }],
            ),
          ),
        ]),
  ];
}

// ---- what the kernel said

function liveBlocks(pods: readonly HoverPod[], now: number): readonly HoverBlock[] {
  const shown = pods.slice(0, maxPods).flatMap((pod) => podBlocksOf(pod, now));
  const more = pods.length - maxPods;
  if (more <= 0) return shown;
  return [
    ...shown,
    paragraph(more === 1 ? l10n.t("… and 1 more pod.") : l10n.t("… and {0} more pods.", more)),
  ];
}

function podBlocksOf({ ref, report }: HoverPod, now: number): readonly HoverBlock[] {
  if (report === undefined) {
    return [
      paragraph(
        ...filled(
          l10n.t("{0} in context {1} has not been inspected yet."),
          [{ strong: ref.name }],
          [ref.context],
        ),
      ),
      { kind: "inspect", label: l10n.t("Inspect sandbox"), pod: ref },
    ];
  }
  const grave = report.findings.filter(({ severity }) => severity !== "info");
  const more = grave.length - maxFindings;
  return [
    paragraph(
      ...filled(
        l10n.t("{0} in context {1}, as the kernel of {2} said {3}: {4}"),
        [{ strong: ref.name }],
        [ref.context],
        [report.node.name],
        [ageOf(report.takenAt, now)],
        answerOf(report).map(({ text, strong }) => (strong ? { strong: text } : text)),
      ),
    ),
    ...grave
      .slice(0, maxFindings)
      .map(({ container, message }) =>
        warning(container === null ? message : l10n.t("{0}: {1}", container, message)),
      ),
    ...(more > 0
      ? [paragraph(more === 1 ? l10n.t("… and 1 more finding.") : l10n.t("… and {0} more findings.", more))]
      : []),
    { kind: "inspect", label: l10n.t("Inspect again"), pod: ref },
  ];
}

/** "3 minutes ago" */
function ageOf(takenAt: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(takenAt)) / 60_000);
  if (Number.isNaN(minutes)) return l10n.t("earlier");
  if (minutes < 1) return l10n.t("just now");
  if (minutes < 60) return minutes === 1 ? l10n.t("1 minute ago") : l10n.t("{0} minutes ago", minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return hours === 1 ? l10n.t("1 hour ago") : l10n.t("{0} hours ago", hours);
  const days = Math.floor(hours / 24);
  return days === 1 ? l10n.t("1 day ago") : l10n.t("{0} days ago", days);
}

function paragraph(...spans: readonly Span[]): HoverBlock {
  return { kind: "paragraph", spans };
}

function list(items: readonly (readonly Span[])[]): HoverBlock {
  return { kind: "list", items };
}

function warning(...spans: readonly Span[]): HoverBlock {
  return { kind: "warning", spans };
}

/** A sentence that was translated with its placeholders in it, each of which stands for spans. */
function filled(sentence: string, ...values: readonly (readonly Span[])[]): readonly Span[] {
  return sentence
    .split(/\{(\d)\}/)
    .flatMap((part, index): readonly Span[] =>
      index % 2 === 0 ? (part === "" ? [] : [part]) : (values[Number(part)] ?? []),
    );
}
