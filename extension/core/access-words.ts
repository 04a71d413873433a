import type { AccessCheckStep, AccessFinding, AccessReport } from "./access-check.ts";
import { escaped } from "./markdown.ts";
import { oneLine } from "./one-line.ts";
import { listOf } from "./words.ts";

/** What a step is, as a short heading. */
export const stepWords: Readonly<Record<AccessCheckStep, string>> = {
  way: "Way",
  address: "Address",
  connect: "Connection",
  "host-key": "Host key",
  login: "Login",
  command: "Command",
  root: "Root",
  machine: "Right machine",
  proc: "/proc readable",
  tools: "Tools",
  clock: "Clock",
};

const sign: Readonly<Record<AccessFinding["outcome"], string>> = {
  yes: "✔ yes",
  partly: "▲ partly",
  no: "✖ no",
  skipped: "– skipped",
};

const longestName = 253;
const widest = Math.max(...Object.values(stepWords).map(({ length }) => length));
const widestSign = Math.max(...Object.values(sign).map(({ length }) => length));

/** "Access to worker-1 of context prod, checked 2026-01-01T00:00:00.000Z" */
function heading({ node, context, takenAt }: AccessReport): string {
  const of = context === null ? "" : ` of context ${oneLine(context, longestName)}`;
  return `Access to ${oneLine(node, longestName)}${of}, checked ${takenAt}`;
}

/** What it comes to, in one sentence. */
export function accessVerdict({ node, findings }: AccessReport): string {
  const name = oneLine(node, longestName);
  const failed = findings.find(({ outcome }) => outcome === "no");
  if (failed !== undefined) return `${name} cannot be read: see ${stepWords[failed.step]}.`;
  const parts = findings.filter(({ outcome }) => outcome === "partly");
  return parts.length === 0
    ? `${name} can be read.`
    : `${name} can be read, with limits: see ${listOf(parts.map(({ step }) => stepWords[step]))}.`;
}

/** Of a line of the document, in characters, so that it is read without scrolling. */
const widestLine = 86;

/** The report as a plain-text document. */
export function accessText(report: AccessReport): string {
  const title = heading(report);
  const blocks = report.findings.map(({ step, outcome, says, mend }) => {
    const first = `${stepWords[step].padEnd(widest)}  ${sign[outcome].padEnd(widestSign)}  `;
    const rest = " ".repeat(first.length);
    const mending = mend === undefined ? "" : `\n${rest}-> ${wrapped(line(mend), `${rest}   `)}`;
    return `${first}${wrapped(line(says), rest)}${mending}`;
  });
  return `${title}\n${"=".repeat(title.length)}\n\n${line(accessVerdict(report))}\n\n${blocks.join("\n")}\n`;
}

/** A line behind an indent as several, each with that indent; a word that is too long stays whole. */
function wrapped(text: string, indent: string): string {
  const most = widestLine - indent.length;
  return text.replaceAll(new RegExp(`(.{1,${most}})(?: +|$)|(\\S+) *`, "g"), `$1$2\n${indent}`).trimEnd();
}

/** The same for an issue or a chat, as GitHub-flavoured Markdown. */
export function accessMarkdown(report: AccessReport): string {
  const rows = report.findings.map(({ step, outcome, says, mend }) =>
    [`**${stepWords[step]}**`, sign[outcome], cell(says), mend === undefined ? "" : cell(mend)].join(" | "),
  );
  return (
    `### ${escaped(heading(report))}\n\n${escaped(accessVerdict(report))}\n\n` +
    `| Step | | What was seen | How to mend it |\n| --- | --- | --- | --- |\n${rows.map((row) => `| ${row} |`).join("\n")}\n`
  );
}

const longestText = 1000;

/** Texts come as one line; they are made so again, as parts of them are a node's. */
function line(text: string): string {
  return oneLine(text, longestText);
}

function cell(text: string): string {
  return escaped(line(text));
}
