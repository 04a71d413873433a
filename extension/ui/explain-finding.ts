import * as vscode from "vscode";
import { findingCodes } from "../core/finding-codes.ts";

/** The names that a README has in a checkout and in a packed extension. */
const readmeNames = ["README.md", "readme.md"];

/** Opens the README's paragraph about a kind of finding. Unknown codes are ignored: they come from the webview. */
export async function explainFinding(extensionUri: vscode.Uri, code: string): Promise<void> {
  if (!findingCodes.some((known) => known === code)) return;
  for (const name of readmeNames) {
    const readme = vscode.Uri.joinPath(extensionUri, name);
    if (await exists(readme)) {
      await vscode.commands.executeCommand("markdown.showPreview", readme.with({ fragment: code }));
      return;
    }
  }
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}
