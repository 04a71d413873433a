import * as vscode from "vscode";
import { type PodGroup, PodScope } from "../app/pod-scope.ts";
import { isRefused } from "../app/store.ts";
import { podState } from "../app/pod-state.ts";
import type { ClusterSource } from "../cluster/source.ts";
import { errorText } from "../core/error-text.ts";
import type { Pod, PodRef } from "../core/pod.ts";
import { withoutIcons } from "./text.ts";

interface PodItem extends vscode.QuickPickItem {
  /** undefined for an item that only tells something. */
  readonly pod: Pod | undefined;
}

/**
 * Lets a person choose one of the cluster's pods, live while they look. Where not all pods may be listed, those of the
 * default Kubernetes namespace. undefined when they chose none.
 */
export async function pickPod(cluster: ClusterSource, defaultNamespace: string): Promise<PodRef | undefined> {
  const { l10n } = vscode;
  const picker = vscode.window.createQuickPick<PodItem>();
  picker.title = l10n.t("Inspect the sandbox of a pod in {0}", withoutIcons(cluster.context));
  picker.placeholder = l10n.t("Name, Kubernetes namespace, node or state");
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.ignoreFocusOut = false;

  let scope: PodScope | undefined;
  const draw = (group: PodGroup): void => {
    picker.busy = !group.loaded;
    // Where the person stands in the list must survive a pod that comes or goes.
    const active = picker.activeItems[0]?.pod?.uid;
    picker.items = itemsOf(group);
    const again = picker.items.find(({ pod }) => pod !== undefined && pod.uid === active);
    if (again !== undefined) picker.activeItems = [again];
  };
  const watch = (namespace: string | undefined): void => {
    scope?.close();
    const own = new PodScope({
      onDiff: () => draw(own),
      onStatus: () => {
        if (namespace === undefined && isRefused(own)) watch(defaultNamespace);
        else draw(own);
      },
    });
    scope = own;
    draw(own);
    own.open(cluster, namespace);
  };

  picker.show();
  watch(undefined);
  try {
    const pod = await chosen(picker);
    return pod === undefined
      ? undefined
      : { context: cluster.context, namespace: pod.namespace, name: pod.name };
  } finally {
    scope?.close();
    picker.dispose();
  }
}

async function chosen(picker: vscode.QuickPick<PodItem>): Promise<Pod | undefined> {
  return new Promise((resolve) => {
    picker.onDidAccept(() => {
      const [item] = picker.selectedItems;
      // An item that only tells something is not to be chosen.
      if (item?.pod !== undefined) resolve(item.pod);
    });
    picker.onDidHide(() => resolve(undefined));
  });
}

function itemsOf({ pods, loaded, status }: PodGroup): PodItem[] {
  const items = pods.map(itemOf);
  if (status.kind === "retrying") {
    const { title, next } = errorText(status.error);
    items.unshift({
      label: `$(warning) ${withoutIcons(title)}`,
      detail: withoutIcons(next),
      alwaysShow: true,
      pod: undefined,
    });
  } else if (loaded && items.length === 0) {
    items.push({ label: vscode.l10n.t("There are no pods"), alwaysShow: true, pod: undefined });
  }
  return items;
}

function itemOf(pod: Pod): PodItem {
  const { word, ready, wanted } = podState(pod);
  const where = [pod.namespace, pod.nodeName ?? vscode.l10n.t("on no node yet")];
  return {
    label: withoutIcons(pod.name),
    description: [...where, word, `${ready}/${wanted}`].map(withoutIcons).join(" · "),
    pod,
  };
}
