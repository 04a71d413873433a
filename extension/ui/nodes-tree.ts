import * as vscode from "vscode";
import type { NodePlace } from "../app/node-place.ts";
import type { NodeStates } from "../app/node-states.ts";
import type { TakenWay } from "../app/ways.ts";
import {
  leakLook,
  leaksLook,
  namespacesLook,
  nodeLook,
  nodesStatusLook,
  othersLook,
  otherLook,
  unreadableWords,
} from "./nodes-look.ts";
import type { LeakRow, NodeRow, NodesRow, NodesRows, NodesStatusRow, OtherRow } from "./nodes-rows.ts";
import { drawn } from "./tree-item.ts";

export interface NodesTreePorts {
  readonly states: Pick<NodeStates, "of">;
  /** The way onto a node; undefined where the settings cannot be read. */
  taken(place: NodePlace): TakenWay | undefined;
  /** Called when VS Code asks for the first rows, which it does when the view is seen. */
  onShown(): void;
}

/** Draws the rows of the Nodes view. */
export class NodesTree implements vscode.TreeDataProvider<NodesRow>, vscode.Disposable {
  readonly #rows: NodesRows;
  readonly #ports: NodesTreePorts;
  readonly #drawAgain = new vscode.EventEmitter<undefined>();

  readonly onDidChangeTreeData: vscode.Event<undefined> = this.#drawAgain.event;

  constructor(rows: NodesRows, ports: NodesTreePorts) {
    this.#rows = rows;
    this.#ports = ports;
  }

  /** The rows are few, and VS Code knows them again by their IDs: all are drawn. */
  drawAgain(): void {
    this.#drawAgain.fire(undefined);
  }

  getChildren(row?: NodesRow): NodesRow[] {
    if (row !== undefined) return [...this.#rows.children(row)];
    this.#ports.onShown();
    return [...this.#rows.roots()];
  }

  getParent(row: NodesRow): NodesRow | undefined {
    return this.#rows.parent(row);
  }

  getTreeItem(row: NodesRow): vscode.TreeItem {
    const { l10n, TreeItemCollapsibleState: State } = vscode;
    switch (row.kind) {
      case "node":
        return this.#node(row);
      case "others":
        return drawn(
          row,
          othersLook(row.view),
          row.view.others.length > 0 ? State.Expanded : State.Collapsed,
        );
      case "leaks":
        return drawn(row, leaksLook(row.view), row.view.leaks.length > 0 ? State.Expanded : State.Collapsed);
      case "namespaces":
        return withCommand(drawn(row, namespacesLook(row.view), State.None), {
          command: "podSandbox.showNamespaces",
          title: l10n.t("Show the Linux namespaces"),
          arguments: [row],
        });
      case "other":
        return other(row);
      case "leak":
        return leak(row);
      case "status":
        return status(row);
    }
  }

  dispose(): void {
    this.#drawAgain.dispose();
  }

  #node(row: NodeRow): vscode.TreeItem {
    const { TreeItemCollapsibleState: State } = vscode;
    const readable = row.node === undefined || unreadableWords(row.node) === undefined;
    const { states } = this.#ports;
    const look = nodeLook(row, states.of(row.place), this.#ports.taken(row.place));
    const item = drawn(row, look, readable ? State.Collapsed : State.None);
    const kind = row.place.context === null ? "host" : "node";
    item.contextValue = readable ? kind : `${kind}.unreadable`;
    return item;
  }
}

function other(row: OtherRow): vscode.TreeItem {
  const item = drawn(row, otherLook(row), vscode.TreeItemCollapsibleState.None);
  item.contextValue = "other";
  return withCommand(item, {
    command: "podSandbox.inspectOther",
    title: vscode.l10n.t("Inspect sandbox"),
    arguments: [row],
  });
}

function leak(row: LeakRow): vscode.TreeItem {
  return withCommand(drawn(row, leakLook(row), vscode.TreeItemCollapsibleState.None), explain(row.leak.code));
}

function status(row: NodesStatusRow): vscode.TreeItem {
  const item = drawn(row, nodesStatusLook(row.status), vscode.TreeItemCollapsibleState.None);
  const command = statusCommand(row);
  return command === undefined ? item : withCommand(item, command);
}

/** What selecting the row does about what it tells. */
function statusCommand(row: NodesStatusRow): vscode.Command | undefined {
  switch (row.status.kind) {
    case "cluster-failed":
      return { command: "podSandbox.refreshNodes", title: vscode.l10n.t("Try again") };
    case "failed":
      return { command: "podSandbox.readNode", title: vscode.l10n.t("Try again"), arguments: [row] };
    case "finding":
      return explain(row.status.finding.code);
    case "connecting":
    case "names-of-pods":
    case "reading":
    case "leaks-unknown":
    case "no-others":
    case "no-leaks":
      return undefined;
  }
}

function explain(code: string): vscode.Command {
  return {
    command: "podSandbox.explainFinding",
    title: vscode.l10n.t("What does it mean?"),
    arguments: [code],
  };
}

function withCommand(item: vscode.TreeItem, command: vscode.Command): vscode.TreeItem {
  item.command = command;
  return item;
}
