import * as vscode from "vscode";

/** Sets a key of the when-clauses in package.json. */
export function setKey(key: string, value: unknown): void {
  // VS Code answers when it has taken the key; nothing here waits for that.
  void vscode.commands.executeCommand("setContext", key, value);
}
