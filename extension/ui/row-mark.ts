import * as l10n from "@vscode/l10n";
import { buildMatrix } from "../core/matrix.ts";
import type { AnyReport, ContainerKind, ContainerReport, Finding, SandboxReport } from "../core/report.ts";
import { namedIn, titleOf } from "../core/subject.ts";
import type { NamespaceId } from "../protocol/messages.ts";
import { oneLine, oneParagraph } from "./text.ts";

/** Which row of an inspected pod. */
export type PodPart =
  | { readonly kind: "pod" }
  | { readonly kind: "sandbox" }
  | { readonly kind: "container"; readonly name: string; readonly containerKind: ContainerKind };

/** What is written behind a row's text, in few letters and in words. */
export interface RowMark {
  /** One or two characters: VS Code shows no more. */
  readonly badge: string;
  readonly tone: "error" | "warning" | "lit";
  /** One line for the tooltip and for a screen reader. */
  readonly words: string;
}

/** The Linux namespace that somebody looks at in a panel. */
export interface Lit {
  readonly namespace: NamespaceId;
  /** What the panel shows. */
  readonly report: AnyReport;
}

/** What there is to tell of a row: that it is in the Linux namespace looked at, else what was found about it. */
export function rowMark(
  part: PodPart,
  report: SandboxReport | undefined,
  lit: Lit | undefined,
): RowMark | undefined {
  if (report === undefined) return undefined;
  return (lit === undefined ? undefined : litMark(part, report, lit)) ?? foundMark(part, report);
}

/** How many there are of the findings that ask for somebody to look: an info is no trouble. */
export function troublesOf(report: SandboxReport): readonly Finding[] {
  return report.findings.filter(({ severity }) => severity !== "info");
}

/** Whether any container of the report is in the Linux namespace: inodes are comparable within one boot of one node. */
export function isTouched({ node, containers }: SandboxReport, { namespace, report }: Lit): boolean {
  return (
    node.bootId !== "" &&
    node.bootId === report.node.bootId &&
    containers.some((container) => isIn(container, namespace))
  );
}

function foundMark(part: PodPart, report: SandboxReport): RowMark | undefined {
  const found = troublesOf(report).filter((finding) => isAbout(finding, part, report));
  const [first] = found;
  if (first === undefined) return undefined;
  const errors = found.filter(({ severity }) => severity === "error").length;
  const count = found.length === 1 ? l10n.t("1 finding") : l10n.t("{0} findings", found.length);
  return {
    badge: found.length > 9 ? "9+" : String(found.length),
    tone: errors > 0 ? "error" : "warning",
    words: oneParagraph(l10n.t("{0}: {1}", count, found.map(({ message }) => message).join(" "))),
  };
}

function isAbout({ container }: Finding, part: PodPart, { containers }: SandboxReport): boolean {
  switch (part.kind) {
    case "pod":
      return true;
    case "sandbox":
      return (
        container === null || containers.some(({ kind, name }) => kind === "infra" && name === container)
      );
    case "container":
      return container === part.name;
  }
}

function litMark(part: PodPart, report: SandboxReport, lit: Lit): RowMark | undefined {
  if (!isTouched(report, lit)) return undefined;
  const { type, inode } = lit.namespace;
  const here = report.containers.filter((one) => isOf(one, part) && isIn(one, lit.namespace));
  if (here.length === 0) return undefined;
  const link = `${type}:[${inode}]`;
  const isOwn = "pod" in lit.report && lit.report.pod.uid === report.pod.uid;
  const others = lit.report.containers
    .filter((one) => isIn(one, lit.namespace) && !(isOwn && isOf(one, part)))
    .map(({ name }) => name);
  const names = oneLine(others.join(", "));
  const of = oneLine(titleOf(namedIn(lit.report)).name);
  // Between two readings the number may have been given anew: then only that it is equal is said.
  return {
    badge: letterOf(lit) ?? "▮",
    tone: "lit",
    words:
      others.length === 0
        ? l10n.t("In the Linux namespace {0}, which the panel of {1} shows", link, of)
        : isOwn
          ? l10n.t("In the same Linux namespace as {0}: {1}", names, link)
          : l10n.t("The same inode as {0} of {1} when they were read: {2}", names, of, link),
  };
}

function isOf({ kind, name }: ContainerReport, part: PodPart): boolean {
  switch (part.kind) {
    case "pod":
      return true;
    case "sandbox":
      return kind === "infra";
    case "container":
      return name === part.name && kind === part.containerKind;
  }
}

function isIn({ namespaces }: ContainerReport, { type, inode }: NamespaceId): boolean {
  const reading = namespaces[type];
  return reading.status === "read" && reading.inode === inode;
}

/** The letter that the panel's table gives to it; undefined where it gives none. */
function letterOf({ namespace: { type, inode }, report }: Lit): string | undefined {
  const row = buildMatrix(report).rows.find((one) => one.type === type);
  const cell = row?.cells.find(({ reading }) => reading.status === "read" && reading.inode === inode);
  const letter = cell?.identity?.letter;
  return letter !== undefined && letter.length <= 2 ? letter : undefined;
}
