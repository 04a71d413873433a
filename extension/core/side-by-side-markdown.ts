import * as l10n from "@vscode/l10n";
import { escaped } from "./markdown.ts";
import type { SideBySide, SideGroup, SideRow } from "./side-by-side.ts";

/** The comparison for an issue or a chat: GitHub-flavoured Markdown, one table for each group. */
export function sideBySideMarkdown({ left, right, comparable, groups }: SideBySide): string {
  const heading = l10n.t("{0} beside {1}", escaped(left.title), escaped(right.title));
  const moments = l10n.t("Read {0} and {1}.", left.takenAt, right.takenAt);
  const header = [
    tableLine(["", escaped(left.title), escaped(right.title), l10n.t("differs")]),
    tableLine(["---", "---", "---", "---"]),
  ].join("\n");
  const table = ({ title, rows }: SideGroup): string =>
    `**${escaped(title)}**\n\n${[header, ...rows.map(rowLine)].join("\n")}`;
  return `${[`### ${heading}`, `${moments} ${escaped(comparable)}`, ...groups.map(table)].join("\n\n")}\n`;
}

function rowLine({ label, left, right, differs, note }: SideRow): string {
  const marks = [differs ? "≠" : "", escaped(note)].filter((part) => part !== "");
  return tableLine([escaped(label), cell(left), cell(right), marks.join(" ")]);
}

function cell(text: string): string {
  return text === "" ? "—" : escaped(text);
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
