import * as vscode from "vscode";
import { toMarkdown } from "../core/markdown.ts";
import type { AnyReport } from "../core/report.ts";

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
