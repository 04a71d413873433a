import * as l10n from "@vscode/l10n";
import { type AccessCheckStep, type AccessFinding, type AccessReport, accessSteps } from "./access-check.ts";
import { oneLine } from "./one-line.ts";
import { listOf } from "./words.ts";

/** What a step is, as a short heading. */
export function stepWords(step: AccessCheckStep): string {
  switch (step) {
    case "way":
      return l10n.t("Way");
    case "address":
      return l10n.t("Address");
    case "connect":
      return l10n.t("Connection");
    case "host-key":
      return l10n.t("Host key");
    case "login":
      return l10n.t("Login");
    case "command":
      return l10n.t("Command");
    case "root":
      return l10n.t("Root");
    case "machine":
      return l10n.t("Right machine");
    case "proc":
      return l10n.t("/proc readable");
    case "tools":
      return l10n.t("Tools");
    case "clock":
      return l10n.t("Clock");
  }
}

function signOf(outcome: AccessFinding["outcome"]): string {
  switch (outcome) {
    case "yes":
      return l10n.t("✔ yes");
    case "partly":
      return l10n.t("▲ partly");
    case "no":
      return l10n.t("✖ no");
    case "skipped":
      return l10n.t("– skipped");
  }
}

const longestName = 253;

/** "Access to worker-1 of context prod, checked 2026-01-01T00:00:00.000Z" */
function heading({ node, context, takenAt }: AccessReport): string {
  const name = oneLine(node, longestName);
  return context === null
    ? l10n.t("Access to {0}, checked {1}", name, takenAt)
    : l10n.t("Access to {0} of context {1}, checked {2}", name, oneLine(context, longestName), takenAt);
}

/** What it comes to, in one sentence. */
export function accessVerdict({ node, findings }: AccessReport): string {
  const name = oneLine(node, longestName);
  const failed = findings.find(({ outcome }) => outcome === "no");
  if (failed !== undefined) return l10n.t("{0} cannot be read: see {1}.", name, stepWords(failed.step));
  const parts = findings.filter(({ outcome }) => outcome === "partly");
  return parts.length === 0
    ? l10n.t("{0} can be read.", name)
    : l10n.t(
        "{0} can be read, with limits: see {1}.",
        name,
        listOf(parts.map(({ step }) => stepWords(step))),
      );
}

/** How to go on, where something is to be mended; nothing where all is well. */
function advice(findings: readonly AccessFinding[]): string {
  if (findings.every(({ mend }) => mend === undefined)) return "";
  const failed = findings.find(({ outcome }) => outcome === "no")?.step;
  // A doubt whose machine it is has to be looked into, not gone around.
  const mayGoAround = failed !== undefined && failed !== "host-key" && failed !== "machine";
  return [
    l10n.t("The lines behind -> say how to mend it; then check again."),
    ...(mayGoAround
      ? [l10n.t("Another way onto the node is taken with the command: Choose the way onto a node…")]
      : []),
    "",
  ].join("\n");
}

const outcomes: readonly AccessFinding["outcome"][] = ["yes", "partly", "no", "skipped"];

/** Of a line of the document, in characters, so that it is read without scrolling. */
const widestLine = 84;

/** The report as a plain-text document. */
export function accessText(report: AccessReport): string {
  const title = heading(report);
  const widest = Math.max(...accessSteps.map((step) => stepWords(step).length));
  const widestSign = Math.max(...outcomes.map((outcome) => signOf(outcome).length));
  const blocks = report.findings.map(({ step, outcome, says, mend }) => {
    const first = `${stepWords(step).padEnd(widest)}  ${signOf(outcome).padEnd(widestSign)}  `;
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
