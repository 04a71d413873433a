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
import { namespaceGloss, type NamespaceType, namespaceTypes } from "./namespaces.ts";
import type { PodRef, SharingSpec } from "./pod.ts";
import type { Expected, SandboxReport } from "./report.ts";
import { parseRuntime, type Runtime } from "./runtime.ts";
import { listOf, runtimeWords, sharedThing } from "./words.ts";

/** A piece of text; every string may be untrusted. */
export type Span = string | { readonly strong: string } | { readonly code: string };

/** What a hover shows, from top to bottom. */
export type HoverBlock =
  | { readonly kind: "paragraph" | "warning"; readonly spans: readonly Span[] }
  | { readonly kind: "list"; readonly items: readonly (readonly Span[])[] }
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

/** Pods, and findings of one pod, that a hover has room for. */
const maxPods = 3;
const maxFindings = 3;

export function hoverBlocks({ hit: { target, template }, pods, now }: HoverInput): readonly HoverBlock[] {
  const node = nodeOf(pods);
  const live = liveBlocks(pods, now);
  return [
    ...(template.os === "windows" ? windowsBlocks(template) : specBlocks(target, template, node)),
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

function nodeOf(pods: readonly HoverPod[]): NodeView {
  const report = pods.find((pod) => pod.report !== undefined)?.report;
  if (report === undefined) {
    return { runtime: { name: "containerd", version: "" }, cgroupVersion: "unknown", known: undefined };
  }
  const runtime = parseRuntime(report.node.runtime);
  return { runtime, cgroupVersion: report.node.cgroupVersion, known: runtimeWords(report) };
}

function specBlocks(target: ManifestTarget, template: PodTemplate, node: NodeView): readonly HoverBlock[] {
  switch (target.kind) {
    case "pod":
      return podBlocks(template, node);
    case "field":
      return fieldBlocks(target.field, template, node);
    case "container":
      return containerBlocks(target.container, template, node);
  }
}

function podBlocks(template: PodTemplate, node: NodeView): readonly HoverBlock[] {
  const subjects = subjectsOf(template);
  const expected = subjects.map((subject) => expectedSharing(template.sharing, subject, node));
  const group = (words: string, holds: (all: readonly Expected[]) => boolean): readonly Span[][] => {
    const types = namespaceTypes.filter((type) => holds(expected.map((one) => one[type])));
    return types.length === 0 ? [] : [[`${words}: `, ...glossed(types)]];
  };
  const every =
    (...wanted: readonly Expected[]) =>
    (all: readonly Expected[]): boolean =>
      all.every((one) => one === all[0] && wanted.includes(one));
  const why = subjects.map((subject) => explainSharing(template.sharing, subject, node));
  const asked = namespaceTypes.filter((type) => isAsked(template.sharing, type));
  return [
    paragraph({ strong: `${titleOf(template)}: the Linux namespaces its containers share` }),
    list([
      ...group("Shared within the pod", every("POD")),
      ...group("Each container has its own", every("CONTAINER", "TARGET")),
      ...group("The node's", every("NODE")),
      ...group("Depends on the node", every("ANY")),
      ...group("Not the same for all (see each container's name)", (all) =>
        all.some((one) => one !== all[0]),
      ),
    ]),
    ...(asked.length === 0
      ? [
          paragraph(
            "That is the default: containers join the pod's sandbox, usually held by the pause container.",
          ),
        ]
      : [
          paragraph("Why:"),
          list([...new Set(asked.flatMap((type) => why[0]?.[type] ?? []))].map((one) => [one])),
        ]),
    ...runtimeBlocks(namespaceTypes, template, subjects, node),
  ];
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
        { code: field },
        " is known only once the template is rendered. It decides about ",
        ...glossed(types),
        ".",
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
  if (notBoolean.includes(field)) return "not understood, taken as not set";
  return String(sharing[field] ?? "not set");
}

function containerBlocks(
  container: TemplateContainer,
  template: PodTemplate,
  node: NodeView,
): readonly HoverBlock[] {
  const subject = subjectOf(container);
  const kind = container.kind === "app" ? "" : ` (${containerWords[container.kind]})`;
  return [
    paragraph({
      strong: `Container ${container.name ?? "without a name"}${kind}: the Linux namespaces it shares`,
    }),
    list(typeLines(namespaceTypes, template, subject, node)),
    ...runtimeBlocks(namespaceTypes, template, [subject], node),
  ];
}

const containerWords = {
  init: "init container",
  sidecar: "sidecar",
  ephemeral: "ephemeral container",
} as const;

/** "net (interfaces, ports): shared within the pod. Every container joins …" */
function typeLines(
  types: readonly NamespaceType[],
  template: PodTemplate,
  subject: SharingSubject,
  node: NodeView,
): readonly (readonly Span[])[] {
  const expected = expectedSharing(template.sharing, subject, node);
  const why = explainSharing(template.sharing, subject, node);
  return types.map((type) => [
    ...glossed([type]),
    ": ",
    ...(expected[type] === "ANY" ? [] : [`${whose[expected[type]]}. `]),
    why[type],
  ]);
}

const whose: Readonly<Record<Expected, string>> = {
  POD: "shared within the pod",
  CONTAINER: "its own",
  NODE: "the node's",
  TARGET: "its target's",
  ANY: "not certain",
};

/** Which runtime this was told for, and what another would do otherwise. */
function runtimeBlocks(
  types: readonly NamespaceType[],
  template: PodTemplate,
  subjects: readonly SharingSubject[],
  node: NodeView,
): readonly HoverBlock[] {
  if (node.known !== undefined) return [paragraph(`For ${node.known}, as on the node that was inspected.`)];
  const [subject] = subjects;
  if (subject === undefined) return [];
  const told = expectedSharing(template.sharing, subject, node);
  const differences = otherRuntimes.flatMap(({ name, label }) => {
    const other = expectedSharing(template.sharing, subject, { ...node, runtime: { name, version: "" } });
    const things = types
      .filter((type) => other[type] !== told[type] && other[type] !== "ANY" && told[type] !== "ANY")
      .map((type) => `${sharedThing[type]}: ${whose[other[type]]}`);
    return things.length === 0 ? [] : [`${label} differs (${listOf(things)}).`];
  });
  return differences.length === 0
    ? []
    : [paragraph(["For nodes with containerd.", ...differences].join(" "))];
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
    ` (${namespaceGloss[type]})`,
  ]);
}

function titleOf({ kind, name }: PodTemplate): string {
  return name === undefined ? kind : `${kind} ${name}`;
}

// ---- what does not work

function windowsBlocks(template: PodTemplate): readonly HoverBlock[] {
  return [
    paragraph({ strong: titleOf(template) }),
    paragraph("Its pods run on Windows, which has no Linux namespaces."),
  ];
}

function rejectionBlocks({ sharing, notBoolean, runtimeClassName }: PodTemplate): readonly HoverBlock[] {
  return [
    ...notBoolean.map((field) =>
      warning("The API server rejects ", { code: field }, ": it must be true or false, without quotes."),
    ),
    ...rejectedCombinations(sharing).map((sentence) => warning(`The API server rejects this: ${sentence}`)),
    ...(runtimeClassName === undefined
      ? []
      : [
          paragraph(
            { code: "runtimeClassName" },
            ": should it name a sandboxed runtime (gVisor, Kata), what the containers share is not visible from the node.",
          ),
        ]),
  ];
}

// ---- what the kernel said

function liveBlocks(pods: readonly HoverPod[], now: number): readonly HoverBlock[] {
  const shown = pods.slice(0, maxPods).flatMap((pod) => podBlocksOf(pod, now));
  const more = pods.length - maxPods;
  return more > 0
    ? [...shown, paragraph(`… and ${String(more)} more ${more === 1 ? "pod" : "pods"}.`)]
    : shown;
}

function podBlocksOf({ ref, report }: HoverPod, now: number): readonly HoverBlock[] {
  if (report === undefined) {
    return [
      paragraph({ strong: ref.name }, ` in context ${ref.context} has not been inspected yet.`),
      { kind: "inspect", label: "Inspect sandbox", pod: ref },
    ];
  }
  const grave = report.findings.filter(({ severity }) => severity !== "info");
  const more = grave.length - maxFindings;
  return [
    paragraph(
      { strong: ref.name },
      ` in context ${ref.context}, as the kernel of ${report.node.name} said ${ageOf(report.takenAt, now)}: `,
      ...answerOf(report).map(({ text, strong }) => (strong ? { strong: text } : text)),
    ),
    ...grave
      .slice(0, maxFindings)
      .map(({ container, message }) => warning(container === null ? message : `${container}: ${message}`)),
    ...(more > 0 ? [paragraph(`… and ${String(more)} more ${more === 1 ? "finding" : "findings"}.`)] : []),
    { kind: "inspect", label: "Inspect again", pod: ref },
  ];
}

/** "3 minutes ago" */
function ageOf(takenAt: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(takenAt)) / 60_000);
  if (Number.isNaN(minutes)) return "earlier";
  if (minutes < 1) return "just now";
  if (minutes < 60) return ago(minutes, "minute");
  if (minutes < 24 * 60) return ago(Math.floor(minutes / 60), "hour");
  return ago(Math.floor(minutes / (24 * 60)), "day");
}

function ago(count: number, unit: string): string {
  return `${String(count)} ${unit}${count === 1 ? "" : "s"} ago`;
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
