import * as vscode from "vscode";
import type { NodeList } from "../app/node-list.ts";
import type { NodePlace } from "../app/node-place.ts";
import type { NodeStates } from "../app/node-states.ts";
import type { PodStore } from "../app/store.ts";
import type { ChosenWays, TakenWay } from "../app/ways.ts";
import type { NodeView } from "../core/node-view.ts";
import { SandboxError } from "../core/errors.ts";
import type { Disposables } from "./disposables.ts";
import { hostsAsWritten } from "./hosts.ts";
import { NodesRows, type NodesRow } from "./nodes-rows.ts";
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
  readonly #rows: NodesRows;
  readonly #view: vscode.TreeView<NodesRow>;

  constructor(
    { store, list, states, ways }: { store: PodStore; list: NodeList; states: NodeStates; ways: ChosenWays },
    disposables: Disposables,
  ) {
    this.#list = list;
    this.#states = states;
    const rows = new NodesRows({ list, states, context: () => store.context, hosts: hostsAsWritten });
    this.#rows = rows;
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
    this.#view = view;
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

  async focus(): Promise<void> {
    await vscode.commands.executeCommand(`${viewId}.focus`);
  }

  /**
   * Goes to a node's row and unfolds it, or to the row of a sandbox on it that is no pod. A node that was never read is
   * read, as when somebody unfolds it. Throws SandboxError `node-gone`, and `sandbox-gone`.
   *
   * @param key - OtherSandbox.key.
   */
  async reveal(place: NodePlace, key?: string): Promise<void> {
    await this.focus();
    await this.#list.start();
    const row = this.#rows.nodeAt(place);
    const facts = { node: place.node };
    if (row === undefined) throw new SandboxError("node-gone", "not among the rows", { facts });
    if (this.#states.of(place).kind === "unread") await this.read(place);
    if (key === undefined) {
      await this.#view.reveal(row, { select: true, focus: true, expand: true });
      return;
    }
    const other = this.#rows.otherAt(place, key);
    if (other === undefined) {
      await this.#view.reveal(row, { select: true, focus: true, expand: true });
      throw new SandboxError("sandbox-gone", "not among the rows", { facts });
    }
    await this.#view.reveal(other, { select: true, focus: true });
  }

  /** Reads one node again; the view tells how that went. */
  async read(place: NodePlace): Promise<void> {
    await vscode.window.withProgress({ location: { viewId } }, async () => this.#states.read(place));
  }

  /** What the last reading of a node gave; it is read where there is none. Throws SandboxError. */
  async viewOf(place: NodePlace): Promise<NodeView> {
    if (this.#states.of(place).kind !== "read") await this.read(place);
    const state = this.#states.of(place);
    if (state.kind === "read") return state.view;
    throw state.kind === "failed" ? state.error : new SandboxError("cancelled", "the node was not read");
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
