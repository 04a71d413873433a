import * as l10n from "@vscode/l10n";
import * as vscode from "vscode";

/** From now on the texts of core/, which knows no VS Code, are in VS Code's language too; where we have it. */
export function useVsCodeLanguage(): void {
  if (vscode.l10n.bundle !== undefined) l10n.config({ contents: vscode.l10n.bundle });
}
