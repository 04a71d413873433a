import * as vscode from "vscode";
import type { NodeList } from "../app/node-list.ts";
import type { NodePlace } from "../app/node-place.ts";
import { hostsAsWritten } from "./hosts.ts";
import { withoutIcons } from "./text.ts";

/** Lets a person choose a node of the context that is shown, or one of their hosts; undefined when they chose none. */
export async function pickNode(
  list: NodeList,
  context: () => string | undefined,
  title: string,
): Promise<NodePlace | undefined> {
  const { l10n } = vscode;
  const asked = list.start().then(() => itemsOf(list, context()));
  const chosen = await vscode.window.showQuickPick(asked, {
    title,
    placeHolder: l10n.t("A node of the cluster, or a host that you added"),
    matchOnDescription: true,
  });
  return chosen?.place;
}

type NodeItem = vscode.QuickPickItem & { readonly place: NodePlace | undefined };

type PlaceItem = Required<Pick<NodeItem, "label" | "description">> & { readonly place: NodePlace };

function itemsOf(list: NodeList, context: string | undefined): NodeItem[] {
  const items = placesOf(list, context);
  return items.length > 0
    ? items
    : [{ label: vscode.l10n.t("There are no nodes"), alwaysShow: true, place: undefined }];
}

/** The nodes of the context that may be readable, and the hosts of the settings, as a list has them. */
export function placesOf({ nodes }: NodeList, context: string | undefined): PlaceItem[] {
  const { l10n } = vscode;
  const names =
    nodes.kind === "listed"
      ? nodes.nodes.filter(({ os, virtual }) => os !== "windows" && !virtual).map(({ name }) => name)
      : nodes.kind === "of-pods"
        ? nodes.names
        : [];
  return [
    ...(context === undefined ? [] : names.map((node) => item({ context, node }, context))),
    ...[...new Set(hostsAsWritten())].map((node) => item({ context: null, node }, l10n.t("SSH host"))),
  ];
}

function item(place: NodePlace, description: string): PlaceItem {
  return { label: withoutIcons(place.node), description: withoutIcons(description), place };
}
