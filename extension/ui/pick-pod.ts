import * as vscode from "vscode";
import { podFilter } from "../app/pod-filter.ts";
import { PodScope } from "../app/pod-scope.ts";
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

/** Of more pods than this, so many are offered, found by what was typed: VS Code is sent every one of them each time. */
const mostOffered = 1000;
/** Pods that come together are drawn together, in milliseconds. */
const gatherMs = 200;

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
  let timer: ReturnType<typeof setTimeout> | undefined;
  const draw = (): void => {
    timer = undefined;
    if (scope === undefined) return;
    picker.busy = !scope.loaded;
    // Where the person stands in the list must survive a pod that comes or goes.
    const active = picker.activeItems[0]?.pod?.uid;
    picker.items = itemsOf(scope, picker.value);
    const again = picker.items.find(({ pod }) => pod !== undefined && pod.uid === active);
    if (again !== undefined) picker.activeItems = [again];
  };
  const drawSoon = (): void => {
    timer ??= setTimeout(draw, gatherMs);
  };
  const watch = (namespace: string | undefined): void => {
    scope?.close();
    const own = new PodScope({
      onDiff: drawSoon,
      onStatus: () => {
        if (namespace === undefined && isRefused(own)) watch(defaultNamespace);
        else drawSoon();
      },
    });
    scope = own;
    draw();
    own.open(cluster, namespace);
  };
  picker.onDidChangeValue(() => {
    if (scope !== undefined && scope.index.size > mostOffered) draw();
  });

  picker.show();
  watch(undefined);
  try {
    const pod = await chosen(picker);
    return pod === undefined
      ? undefined
      : { context: cluster.context, namespace: pod.namespace, name: pod.name };
  } finally {
    clearTimeout(timer);
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

function itemsOf({ index, loaded, status }: PodScope, typed: string): PodItem[] {
  const many = index.size > mostOffered;
  const found = many ? firstFound(index, typed) : index.pods;
  const items = found.slice(0, mostOffered).map((pod) => ({ ...itemOf(pod), alwaysShow: many }));
  if (found.length > items.length) {
    items.push({
      label: vscode.l10n.t("There are more pods: type more of what you look for"),
      alwaysShow: true,
      pod: undefined,
    });
  }
  if (status.kind === "retrying") {
    const { title, next } = errorText(status.error);
    items.unshift({
      label: `$(warning) ${withoutIcons(title)}`,
      detail: withoutIcons(next),
      alwaysShow: true,
      pod: undefined,
    });
  } else if (loaded && index.size === 0) {
    items.push({ label: vscode.l10n.t("There are no pods"), alwaysShow: true, pod: undefined });
  }
  return items;
}

/** One more than are offered, at most; which ones, does not matter, as nobody reads so many. By name. */
function firstFound(pods: Iterable<Pod>, typed: string): readonly Pod[] {
  const wanted = podFilter(typed) ?? (() => true);
  const found: Pod[] = [];
  for (const pod of pods) {
    if (wanted(pod)) found.push(pod);
    if (found.length > mostOffered) break;
  }
  return found.toSorted((one, other) => (one.name < other.name ? -1 : 1));
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
