import * as vscode from "vscode";
import type { Clusters } from "../app/clusters.ts";
import type { PodStore } from "../app/store.ts";
import type { PodsView } from "./pods-view.ts";
import { section } from "./settings.ts";
import { withoutIcons } from "./text.ts";

/** Asks for one of the kubeconfig's contexts and opens it. */
export async function chooseContext(clusters: Clusters, store: PodStore): Promise<void> {
  const { l10n } = vscode;
  const { contexts, current } = await clusters.contexts();
  const open = store.context;
  const items = contexts.map(({ name, namespace }) => ({
    label: withoutIcons(name),
    description: [
      name === open ? l10n.t("open here") : "",
      name === current ? l10n.t("kubectl's current one") : "",
      namespace === undefined ? "" : l10n.t("Kubernetes namespace {0}", withoutIcons(namespace)),
    ]
      .filter(Boolean)
      .join(" · "),
    name,
  }));
  // The open one first, so that Enter changes nothing.
  const sorted = items.toSorted((one, other) => Number(other.name === open) - Number(one.name === open));
  const chosen = await vscode.window.showQuickPick(sorted, {
    title: l10n.t("Choose a context"),
    placeHolder: l10n.t("A context of your kubeconfig: a cluster and who you are there"),
    matchOnDescription: true,
  });
  if (chosen !== undefined) await store.useContext(chosen.name);
}

/** Asks for a kubeconfig file and keeps it in the user's settings. */
export async function chooseKubeconfig(): Promise<void> {
  const files = await vscode.window.showOpenDialog({
    title: vscode.l10n.t("Choose a kubeconfig"),
    openLabel: vscode.l10n.t("Use this kubeconfig"),
    canSelectMany: false,
  });
  const file = files?.[0];
  if (file === undefined) return;
  await vscode.workspace
    .getConfiguration(section)
    .update("kubeconfig", file.fsPath, vscode.ConfigurationTarget.Global);
}

/** Asks for the text to filter by; the tree follows while it is typed. */
export async function chooseFilter(view: PodsView): Promise<void> {
  const before = view.filter;
  const box = vscode.window.createInputBox();
  box.title = vscode.l10n.t("Filter pods");
  box.placeholder = vscode.l10n.t("Words in name, Kubernetes namespace, node or state");
  box.prompt = vscode.l10n.t("The tree follows while you type.");
  box.value = before;
  let accepted = false;
  box.onDidChangeValue((value) => view.setFilter(value));
  box.onDidAccept(() => {
    accepted = true;
    box.hide();
  });
  box.show();
  await new Promise<void>((resolve) => {
    box.onDidHide(() => resolve());
  });
  if (!accepted) view.setFilter(before);
  box.dispose();
}
