import * as vscode from "vscode";
import type { NodeList } from "../app/node-list.ts";
import type { NodePlace } from "../app/node-place.ts";
import type { NodeStates } from "../app/node-states.ts";
import type { PodStore } from "../app/store.ts";
import type { ChosenWays, TakenWay } from "../app/ways.ts";
import type { Disposables } from "./disposables.ts";
import { hostsAsWritten } from "./hosts.ts";
import { NodesRows } from "./nodes-rows.ts";
import { NodesTree } from "./nodes-tree.ts";
import { section } from "./settings.ts";
import { oneLine } from "./text.ts";

const viewId = "podSandbox.nodes";

/** The settings that the rows show. */
const drawn = ["hosts", "access"];

/** The second view in the sidebar: nodes and SSH hosts, and what is on each beside pods. */
export class NodesView {
  readonly #list: NodeList;
  readonly #states: NodeStates;

  constructor(
    { store, list, states, ways }: { store: PodStore; list: NodeList; states: NodeStates; ways: ChosenWays },
    disposables: Disposables,
  ) {
    this.#list = list;
    this.#states = states;
    const rows = new NodesRows({ list, states, context: () => store.context, hosts: hostsAsWritten });
    // Only now is the cluster asked: VS Code wants rows when the view is seen.
    const tree = disposables.add(
      new NodesTree(rows, {
        states,
        taken: (place) => takenNow(ways, place),
        onShown: () => void list.start(),
      }),
    );
    const view = disposables.add(
      vscode.window.createTreeView(viewId, { treeDataProvider: tree, showCollapseAll: true }),
    );
    const draw = (): void => {
      view.description = store.context === undefined ? "" : oneLine(store.context);
      tree.drawAgain();
    };
    disposables.addClosable(list.onChange(draw));
    disposables.addClosable(states.onChange(draw));
    disposables.addClosable(ways.onChange(draw));
    disposables.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (drawn.some((key) => event.affectsConfiguration(`${section}.${key}`))) tree.drawAgain();
      }),
    );
  }

  /** Lists the nodes again; none of them is read. */
  async refresh(): Promise<void> {
    await vscode.window.withProgress({ location: { viewId } }, async () => this.#list.refresh());
  }

  /** Reads one node again; the view tells how that went. */
  async read(place: NodePlace): Promise<void> {
    await vscode.window.withProgress({ location: { viewId } }, async () => this.#states.read(place));
  }
}

/** Of wrong settings the user is told when they are used. */
function takenNow(ways: ChosenWays, place: NodePlace): TakenWay | undefined {
  try {
    return ways.taken(place);
  } catch {
    return undefined;
  }
}
