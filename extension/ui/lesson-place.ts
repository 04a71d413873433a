import * as vscode from "vscode";
import type { LessonPlace } from "../app/lesson-reading.ts";
import type { NodeList } from "../app/node-list.ts";
import type { PodStore } from "../app/store.ts";
import type { ChosenWays } from "../app/ways.ts";
import { appName } from "../core/lesson.ts";
import { placesOf } from "./pick-node.ts";
import { withoutIcons } from "./text.ts";

interface PlaceItem extends vscode.QuickPickItem {
  readonly place?: LessonPlace;
}

/** The host that stands for this machine, as ssh would call it. */
const here = { context: null, node: "localhost" } as const;

/** Lets a reader choose where they take the lesson; undefined where they chose nothing. */
export async function pickLessonPlace({
  list,
  store,
  ways,
}: {
  readonly list: NodeList;
  readonly store: PodStore;
  readonly ways: ChosenWays;
}): Promise<LessonPlace | undefined> {
  const { l10n } = vscode;
  const items = list.start().then(() => itemsOf(list, store));
  const chosen = await vscode.window.showQuickPick(items, {
    title: l10n.t("Where do you take the lesson?"),
    placeHolder: l10n.t("The machine on which you type the commands; it is only read"),
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (chosen?.place?.kind === "node" && chosen.place.node === here.node && chosen.place.context === null) {
    // Who says "this machine" has said how to reach it.
    if (ways.taken(here).by === "default")
      await ways.choose(here, { kind: "local", become: undefined }, "node");
  }
  return chosen?.place;
}

function itemsOf(list: NodeList, store: PodStore): PlaceItem[] {
  const { l10n } = vscode;
  const { context } = store;
  const machine: PlaceItem[] =
    process.platform === "linux"
      ? [
          {
            label: l10n.t("This machine"),
            description: l10n.t("where docker or podman runs here"),
            place: { kind: "node", ...here },
          },
        ]
      : [];
  const nodes = placesOf(list, context)
    .filter(({ place }) => place.context !== null || place.node !== here.node)
    .map(
      ({ place, label, description }) => ({ label, description, place: { kind: "node", ...place } }) as const,
    );
  const pod: PlaceItem[] =
    context === undefined
      ? []
      : [
          {
            label: l10n.t("A pod {0} of the cluster", appName),
            description: `${withoutIcons(context)} · ${withoutIcons(store.defaultNamespace)}`,
            place: { kind: "pod", context, namespace: store.defaultNamespace },
          },
        ];
  return [...machine, ...nodes, ...pod];
}
