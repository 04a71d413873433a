import * as vscode from "vscode";
import type { AnyReport } from "../core/report.ts";
import { namedIn, titleOf } from "../core/subject.ts";
import { drawingBytes } from "./drawing-bytes.ts";
import { fileNamePart } from "./snapshot-files.ts";

/**
 * Asks where to, and saves a drawing that the panel has made.
 *
 * @param data - the SVG document, or the PNG file in base64.
 * @throws SandboxError - `internal` where it is something else.
 */
export async function saveDrawing(report: AnyReport, format: "svg" | "png", data: string): Promise<void> {
  const bytes = drawingBytes(format, data);
  const { l10n } = vscode;
  const name = `${fileNamePart(titleOf(namedIn(report)).name)}.${format}`;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog({
    title: l10n.t("Save drawing"),
    filters: format === "svg" ? { SVG: ["svg"] } : { PNG: ["png"] },
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) }),
  });
  if (target === undefined) return;
  await vscode.workspace.fs.writeFile(target, bytes);
  vscode.window.setStatusBarMessage(l10n.t("$(check) Saved"), 3000);
}
