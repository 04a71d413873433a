import * as vscode from "vscode";
import type { NodePlace } from "../app/node-place.ts";
import { type Alternative, type ChoiceScope, type ChosenWays, wayWords } from "../app/ways.ts";
import type { ErrorReason } from "../core/errors.ts";
import type { ClusterNode } from "../core/pod.ts";
import type { SshHost } from "../nodes/ssh/ssh-host.ts";
import { takenWords } from "./nodes-look.ts";
import { withProgress } from "./progress.ts";
import { oneLine, withoutIcons } from "./text.ts";

export interface ChooseWayPorts {
  readonly ways: ChosenWays;
  nodeAt(place: NodePlace, signal: AbortSignal): Promise<ClusterNode | SshHost>;
  openSettings(setting: string): void | Promise<void>;
}

interface WayItem extends vscode.QuickPickItem {
  /** undefined: what was chosen is forgotten. */
  readonly alternative?: Alternative;
}

/**
 * Lets the user choose another way onto a node and remembers it; gives whether they did. Where a rule of the settings
 * decides, says so. Throws SandboxError as the API does.
 *
 * @param reason - why the present way failed, where it did.
 */
export async function chooseWay(
  ports: ChooseWayPorts,
  place: NodePlace,
  reason?: ErrorReason,
): Promise<boolean> {
  const { l10n } = vscode;
  const { ways } = ports;
  const name = oneLine(place.node);
  const taken = ways.taken(place);
  const node = await withProgress(l10n.t("Asking the API for {0}", name), async ({ signal }) =>
    ports.nodeAt(place, signal),
  );
  if (taken.by === "rule") {
    const open = l10n.t("Open settings");
    const answer = await vscode.window.showInformationMessage(
      l10n.t("A rule of the setting podSandbox.access decides how {0} is reached.", name),
      open,
    );
    if (answer === open) await ports.openSettings("podSandbox.access");
    return false;
  }
  const alternatives = await ways.alternatives(node, place.context, reason);
  const items: WayItem[] = alternatives.map((alternative) => ({
    label: upperFirst(withoutIcons(wayWords(alternative.way, place.node))),
    detail: alternative.why,
    alternative,
  }));
  if (taken.by === "choice") {
    items.push({
      label: l10n.t("Forget the choice"),
      detail: l10n.t("Back to the usual way, which is SSH."),
    });
  }
  if (items.length === 0) {
    void vscode.window.showInformationMessage(
      l10n.t("There is no other way onto {0} that could be told from here.", name),
    );
    return false;
  }
  const item = await vscode.window.showQuickPick(items, {
    title: l10n.t("Reach {0} another way", withoutIcons(place.node)),
    placeHolder: l10n.t("At present: {0}", takenWords(taken, withoutIcons(place.node))),
    ignoreFocusOut: true,
  });
  if (item === undefined) return false;
  if (item.alternative === undefined) {
    await ways.forget(place);
    return true;
  }
  const scope = await askScope(place);
  if (scope === undefined) return false;
  await ways.choose(place, item.alternative.way, scope);
  return true;
}

/** For a host without a cluster there is nothing to ask. */
async function askScope({ context, node }: NodePlace): Promise<ChoiceScope | undefined> {
  if (context === null) return "node";
  const { l10n } = vscode;
  const scopes: readonly (vscode.QuickPickItem & { readonly scope: ChoiceScope })[] = [
    { label: l10n.t("All nodes of {0}", withoutIcons(context)), scope: "context" },
    { label: l10n.t("Only this node"), description: withoutIcons(node), scope: "node" },
  ];
  const chosen = await vscode.window.showQuickPick(scopes, {
    title: l10n.t("For which nodes?"),
    placeHolder: l10n.t("It is remembered until you choose another way"),
    ignoreFocusOut: true,
  });
  return chosen?.scope;
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
