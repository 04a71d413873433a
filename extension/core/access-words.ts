import type { AccessCheckStep, AccessFinding, AccessReport } from "./access-check.ts";
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

/** How to go on, where something is to be mended; nothing where all is well. */
function advice(findings: readonly AccessFinding[]): string {
  if (findings.every(({ mend }) => mend === undefined)) return "";
  const failed = findings.find(({ outcome }) => outcome === "no")?.step;
  // A doubt whose machine it is has to be looked into, not gone around.
  const mayGoAround = failed !== undefined && failed !== "host-key" && failed !== "machine";
  return (
    `The lines behind -> say how to mend it; then check again.\n` +
    (mayGoAround ? "Another way onto the node is taken with the command: Choose the way onto a node…\n" : "")
  );
}

/** Of a line of the document, in characters, so that it is read without scrolling. */
const widestLine = 84;

/** The report as a plain-text document. */
export function accessText(report: AccessReport): string {
  const title = heading(report);
  const blocks = report.findings.map(({ step, outcome, says, mend }) => {
    const first = `${stepWords[step].padEnd(widest)}  ${sign[outcome].padEnd(widestSign)}  `;
    const rest = " ".repeat(first.length);
    const mending = mend === undefined ? "" : `\n${rest}-> ${wrapped(line(mend), `${rest}   `)}`;
    return `${first}${wrapped(line(says), rest)}${mending}`;
  });
  return `${title}\n${"=".repeat(title.length)}\n\n${line(accessVerdict(report))}\n${advice(report.findings)}\n${blocks.join("\n")}\n`;
}

/** A line behind an indent as several, each with that indent; a word that is too long stays whole. */
function wrapped(text: string, indent: string): string {
  const most = widestLine - indent.length;
  return text.replaceAll(new RegExp(`(.{1,${most}})(?: +|$)|(\\S+) *`, "g"), `$1$2\n${indent}`).trimEnd();
}

const longestText = 1000;

/** Texts come as one line; they are made so again, as parts of them are a node's. */
function line(text: string): string {
  return oneLine(text, longestText);
}
