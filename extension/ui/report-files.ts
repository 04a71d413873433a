import * as vscode from "vscode";
import { toMarkdown } from "../core/markdown.ts";
import type { AnyReport } from "../core/report.ts";
import { namedIn, titleOf } from "../core/subject.ts";

export type ReportFormat = "markdown" | "json";

function reportText(report: AnyReport, format: ReportFormat): string {
  return format === "markdown" ? toMarkdown(report) : `${JSON.stringify(report, undefined, 2)}\n`;
}

export async function copyReport(report: AnyReport, format: ReportFormat): Promise<void> {
  await copyText(reportText(report, format));
}

export async function copyText(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(vscode.l10n.t("$(check) Copied"), 3000);
}

/** Asks where to; the file's ending decides between JSON and Markdown. */
export async function saveReport(report: AnyReport): Promise<void> {
  const { l10n } = vscode;
  const name = `${fileNamePart(titleOf(namedIn(report)).name)}.sandbox.json`;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog({
    title: l10n.t("Save sandbox report"),
    filters: { JSON: ["json"], Markdown: ["md"] },
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) }),
  });
  if (target === undefined) return;
  const format = target.path.toLowerCase().endsWith(".md") ? "markdown" : "json";
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(reportText(report, format)));
  vscode.window.setStatusBarMessage(l10n.t("$(check) Saved"), 3000);
}

/** A name comes from the cluster or from a node and must not lead to another folder. */
function fileNamePart(name: string): string {
  return name.replaceAll(/[^-.a-z0-9]/giu, "_").replace(/^\.+/u, "") || "unnamed";
}
