import * as vscode from "vscode";
import type { StoredSecrets } from "./secret-vault.ts";
import { secretWords } from "./secret-words.ts";

/**
 * Lets the user forget secrets that they had kept, all of them unless some are taken out of the list.
 *
 * @param forgotten - told afterwards: what is in memory is to be forgotten too.
 */
export async function forgetSecrets(secrets: StoredSecrets, forgotten: () => Promise<void>): Promise<void> {
  const { l10n } = vscode;
  const keys = await secrets.keys();
  if (keys.length === 0) {
    // What was typed in this window and not kept is in memory only.
    await forgotten();
    void vscode.window.showInformationMessage(
      l10n.t("No secret is saved. What was typed in this window is forgotten too."),
    );
    return;
  }
  const items = keys.map((key) => ({ ...secretWords(key), key, picked: true }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: l10n.t("Forget saved secrets"),
    placeHolder: l10n.t("Those that are ticked are deleted from VS Code's secret storage"),
    canPickMany: true,
    matchOnDescription: true,
  });
  if (chosen === undefined || chosen.length === 0) return;
  for (const { key } of chosen) await secrets.forget(key);
  await forgotten();
  void vscode.window.showInformationMessage(
    chosen.length === 1
      ? l10n.t("1 saved secret is forgotten.")
      : l10n.t("{0} saved secrets are forgotten.", chosen.length),
  );
}
