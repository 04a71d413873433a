import * as l10n from "@vscode/l10n";
import { answerOf } from "./answer.ts";
import { heldTogether, holderSentence, holdWords, lineageWords } from "./holder-words.ts";
import { dutyWords, elsewhereWords, isIdentity, threadWords, uidMapLines } from "./inside.ts";
import { buildMatrix, type Cell, type Column } from "./matrix.ts";
import { namespaceGloss } from "./namespaces.ts";
import { visibleText } from "./plain-text.ts";
import type { AnyReport, ContainerReport, Finding, ProcessReport } from "./report.ts";
import { sinceSentence } from "./since.ts";
import { namedIn, statusWords, titleOf } from "./subject.ts";
import { findingParts, holderWords, runtimeWords } from "./words.ts";

/**
 * The report for an issue or a chat: GitHub-flavoured Markdown that also reads well unrendered.
 * Holds no command lines, as their arguments may be secrets.
 */
export function toMarkdown(report: AnyReport): string {
  const { node } = report;
  const { columns, rows } = buildMatrix(report);
  const { name, place } = titleOf(namedIn(report));
  const answer = answerOf(report).map((run) => (run.strong ? `**${escaped(run.text)}**` : escaped(run.text)));
  const facts = [
    statusWords(report),
    runtimeWords(report),
    node.kernelRelease === "" ? "" : l10n.t("kernel {0}", node.kernelRelease),
    holderWords(report),
    l10n.t("read {0}", report.takenAt),
  ];
  const header = [l10n.t("Linux namespace"), ...columns.map(columnHeading)];
  const blocks = [
    `### ${l10n.t("Sandbox of {0} {1}", escaped(name), escaped(place))}`,
    answer.join(""),
    facts
      .filter((fact) => fact !== "")
      .map(escaped)
      .join(" · "),
    report.findings.map(findingLine).join("\n"),
    sinceBlock(report),
    [
      tableLine(header),
      tableLine(header.map(() => "---")),
      ...rows.map(({ type, cells }) =>
        tableLine([`**${type}** (${namespaceGloss(type)})`, ...cells.map(cellMarkdown)]),
      ),
    ].join("\n"),
    l10n.t("The same letter is the same Linux namespace; ● is the node's."),
    holdsBlock(report),
    insideBlock(report),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function sinceBlock({ since, node }: AnyReport): string {
  if (since === null) return "";
  return [
    escaped(sinceSentence(since, since.takenAt, node.name)),
    ...(since.changes.length === 0
      ? []
      : ["", ...since.changes.map(({ message }) => `- ${escaped(message)}`)]),
  ].join("\n");
}

function holdsBlock(report: AnyReport): string {
  const groups = heldTogether(report.sandbox.namespaces);
  if (groups.length === 0) return "";
  const lines = groups.map(({ namespaces, holds }) => {
    const which = namespaces.map((held) => {
      const lineage = lineageWords(held, report);
      return `**${held.type}** ${escaped(held.inode)}${lineage === "" ? "" : ` (${escaped(lineage)})`}`;
    });
    const by = holds.length === 0 ? l10n.t("nothing that was seen") : holds.map(holdWords).join("; ");
    return `- ${which.join(", ")}: ${escaped(by)}`;
  });
  return `**${l10n.t("What keeps each Linux namespace alive.")}** ${escaped(holderSentence(report))}\n\n${lines.join("\n")}`;
}

/** Only what is unusual inside a container, by numbers and short names: never a command line. */
function insideBlock({ containers }: AnyReport): string {
  const lines = containers.flatMap((container) => [
    ...uidMapMarkdown(container),
    ...container.processes.flatMap((process) => processMarkdown(container.name, process)),
  ]);
  return lines.length === 0
    ? ""
    : `**${l10n.t("Inside.")}**\n\n${lines.map((line) => `- ${escaped(line)}`).join("\n")}`;
}

function uidMapMarkdown({ name, uidMap }: ContainerReport): string[] {
  return uidMap === null || isIdentity(uidMap)
    ? []
    : [l10n.t("{0}: user IDs {1}", name, uidMapLines(uidMap).join("; "))];
}

function processMarkdown(container: string, process: ProcessReport): string[] {
  const { pid, nspid, comm, zombie, threads } = process;
  const what = [
    elsewhereWords(process),
    ...threads.map(threadWords),
    zombie === null ? "" : l10n.t("{0}, seen so since {1}", dutyWords(zombie), zombie.seenSince),
  ].filter((part) => part !== "");
  if (what.length === 0) return [];
  return [
    nspid === null
      ? l10n.t("{0}, PID {1}, {2}: {3}", container, pid, comm, what.join("; "))
      : l10n.t("{0}, PID {1} ({2} inside), {3}: {4}", container, pid, nspid, comm, what.join("; ")),
  ];
}

function columnHeading(column: Column): string {
  return `${escaped(column.name)}<br>${escaped(column.facts.join(" · "))}`;
}

function cellMarkdown(cell: Cell): string {
  const letter = cell.identity === null ? "" : `**${cell.identity.letter}** `;
  const note = cell.note === "" ? "" : `<br>${escaped(cell.note)}`;
  const marks = cell.marks.map(({ severity, words }) => `<br>${signOf(severity)} ${escaped(words)}`);
  return letter + escaped(cell.value) + note + marks.join("");
}

function findingLine(finding: Finding): string {
  const { subject, rest } = findingParts(finding);
  const emphasised = subject === "" ? "" : `**${escaped(subject)}**`;
  return `- ${signOf(finding.severity)} ${emphasised}${escaped(rest)}`;
}

function signOf(severity: Finding["severity"]): string {
  return severity === "info" ? "ℹ" : "⚠";
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/**
 * Text as text, whatever it holds: no emphasis, code, links, HTML, table cells, mentions, or line of its own.
 * Only what Markdown would act on is escaped, so that it stays readable where nothing renders it.
 */
export function escaped(text: string): string {
  return (
    visibleText(text)
      .replace(/[\\`*_[\]<>|~$&#]/g, String.raw`\$&`)
      // GitHub links bare addresses and mentions people even in escaped text; a zero-width space stops both.
      .replace(/:(?=\/\/)|@|(?<=\bwww)\./gi, (found) => `${found}\u200B`)
  );
}
