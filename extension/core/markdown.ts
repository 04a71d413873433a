import { answerOf } from "./answer.ts";
import { buildMatrix, type Cell, type Column } from "./matrix.ts";
import { namespaceGloss } from "./namespaces.ts";
import { visibleText } from "./plain-text.ts";
import type { Finding, SandboxReport } from "./report.ts";
import { findingParts, holderWords, runtimeWords } from "./words.ts";

/**
 * The report for an issue or a chat: GitHub-flavoured Markdown that also reads well unrendered.
 * Holds no command lines, as their arguments may be secrets.
 */
export function toMarkdown(report: SandboxReport): string {
  const { pod, node } = report;
  const { columns, rows } = buildMatrix(report);
  const answer = answerOf(report).map((run) => (run.strong ? `**${escaped(run.text)}**` : escaped(run.text)));
  const facts = [
    `${pod.phase} on ${node.name}`,
    runtimeWords(report),
    node.kernelRelease === "" ? "" : `kernel ${node.kernelRelease}`,
    holderWords(report),
    `read ${report.takenAt}`,
  ];
  const header = ["Linux namespace", ...columns.map(columnHeading)];
  return (
    [
      `### Sandbox of ${escaped(pod.name)} in ${escaped(pod.namespace)}`,
      answer.join(""),
      facts
        .filter((fact) => fact !== "")
        .map(escaped)
        .join(" · "),
      ...(report.findings.length === 0 ? [] : [report.findings.map(findingLine).join("\n")]),
      [
        tableLine(header),
        tableLine(header.map(() => "---")),
        ...rows.map(({ type, cells }) =>
          tableLine([`**${type}** (${namespaceGloss[type]})`, ...cells.map(cellMarkdown)]),
        ),
      ].join("\n"),
      "The same letter is the same Linux namespace; ● is the node's.",
      "",
    ]
      .join("\n\n")
      .trimEnd() + "\n"
  );
}

function columnHeading(column: Column): string {
  return `${escaped(column.name)}<br>${escaped(column.facts.join(" · "))}`;
}

function cellMarkdown(cell: Cell): string {
  const letter = cell.identity === null ? "" : `**${cell.identity.letter}** `;
  const note = cell.note === "" ? "" : `<br>${escaped(cell.note)}`;
  const marks = cell.marks.map(({ words }) => `<br>⚠ ${escaped(words)}`);
  return letter + escaped(cell.value) + note + marks.join("");
}

function findingLine(finding: Finding): string {
  const { subject, rest } = findingParts(finding);
  const emphasised = subject === "" ? "" : `**${escaped(subject)}**`;
  return `- ${finding.severity === "info" ? "ℹ" : "⚠"} ${emphasised}${escaped(rest)}`;
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/**
 * Text as text, whatever it holds: no emphasis, code, links, HTML, table cells, mentions, or line of its own.
 * Only what Markdown would act on is escaped, so that it stays readable where nothing renders it.
 */
function escaped(text: string): string {
  return (
    visibleText(text)
      .replace(/[\\`*_[\]<>|~$&#]/g, String.raw`\$&`)
      // GitHub links bare addresses and mentions people even in escaped text; a zero-width space stops both.
      .replace(/:(?=\/\/)|@|(?<=\bwww)\./gi, (found) => `${found}\u200B`)
  );
}
