import * as vscode from "vscode";
import { parseSshHost } from "../nodes/ssh/ssh-host.ts";
import { section } from "./settings.ts";
import { withoutIcons } from "./text.ts";

const key = "hosts";

/** The SSH hosts of the settings; what is no host is left out here, and named when the settings are read. */
export function hostsAsWritten(): readonly string[] {
  return texts(vscode.workspace.getConfiguration(section).get<unknown>(key)).flatMap(
    (text) => parseSshHost(text)?.name ?? [],
  );
}

/** Asks for an SSH host and keeps it in the settings. Nothing is sent to it before its row is unfolded. */
export async function addHost(): Promise<void> {
  const { l10n } = vscode;
  const known = hostsAsWritten();
  const text = await vscode.window.showInputBox({
    title: l10n.t("Add SSH host"),
    prompt: l10n.t("As for ssh: an alias of your SSH configuration, or user@host:port."),
    placeHolder: l10n.t("docker-box, or core@10.0.0.7:22"),
    ignoreFocusOut: true,
    validateInput: (value) => {
      const host = parseSshHost(value);
      if (value.trim() === "") return undefined;
      if (host === undefined)
        return l10n.t("This is neither a host name nor an address, alone or as user@host:port.");
      return known.includes(host.name) ? l10n.t("This host is in the list already.") : undefined;
    },
  });
  const host = text === undefined ? undefined : parseSshHost(text);
  if (host === undefined || known.includes(host.name)) return;
  await write([...known, host.name]);
  await vscode.commands.executeCommand("podSandbox.nodes.focus");
}

/** Takes a host out of the settings; without one it is asked which. */
export async function removeHost(host: string | undefined): Promise<void> {
  const { l10n } = vscode;
  const known = hostsAsWritten();
  if (known.length === 0) {
    void vscode.window.showInformationMessage(l10n.t("There is no SSH host to remove."));
    return;
  }
  const items = known.map((name) => ({ label: withoutIcons(name), name }));
  const chosen =
    host ?? (await vscode.window.showQuickPick(items, { title: l10n.t("Remove SSH host") }))?.name;
  if (chosen !== undefined) await write(known.filter((name) => name !== chosen));
}

/** Where the list comes from, there it is changed: what a workspace sets hides the user's own. */
async function write(hosts: readonly string[]): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(section);
  const ofWorkspace = vscode.workspace.isTrusted && configuration.inspect(key)?.workspaceValue !== undefined;
  const { Workspace, Global } = vscode.ConfigurationTarget;
  await configuration.update(key, hosts, ofWorkspace ? Workspace : Global);
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === "string") : [];
}
