import * as vscode from "vscode";
import { parseSettings, type Settings } from "./settings-schema.ts";

/** Section of every setting of this extension. */
export const section = "podSandbox";

/**
 * The settings as they are now. In an untrusted workspace VS Code leaves out what that workspace sets of the
 * restrictedConfigurations in package.json. Throws SandboxError `setting-invalid`.
 */
export function readSettings(): Settings {
  const configuration = vscode.workspace.getConfiguration(section);
  return parseSettings((key) => configuration.get<unknown>(key), vscode.workspace.isTrusted);
}

/** Opens the settings editor, at one setting when named. */
export async function openSettings(setting?: string): Promise<void> {
  const query = setting ?? "@ext:pod-sandbox-explorer.pod-sandbox-explorer";
  // In a remote window it is the remote's settings that say where its kubeconfig and keys are.
  if (vscode.env.remoteName === undefined)
    await vscode.commands.executeCommand("workbench.action.openSettings", query);
  else await vscode.commands.executeCommand("workbench.action.openRemoteSettings", { query });
}
