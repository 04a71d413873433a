import * as vscode from "vscode";
import { nsenterCommand } from "../core/nsenter.ts";
import type { AnyReport } from "../core/report.ts";
import { copyText } from "./report-files.ts";

/** "Copy nsenter": of the container that is named, else of the sandbox. Says so where there is nothing to enter. */
export async function copyNsenter(report: AnyReport, container?: string): Promise<void> {
  const command = nsenterCommand(report, container);
  if (command !== null) return copyText(command);
  const { l10n } = vscode;
  await vscode.window.showInformationMessage(
    l10n.t("There is nothing to enter: no process is known to be in other Linux namespaces than the node's."),
  );
}
