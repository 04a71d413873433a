import * as vscode from "vscode";
import type { PodStore, StoreChange } from "../app/store.ts";
import type { Closable } from "../app/emitter.ts";
import { hasSandbox } from "../app/pod-state.ts";
import type { SandboxReport } from "../core/report.ts";
import { GatheredRows } from "./gathered-rows.ts";
import { type RowDecorations, uriOf } from "./row-decorations.ts";
import {
  contextLook,
  containerLook,
  groupLook,
  podLook,
  type RowLook,
  sandboxLook,
  statusLook,
} from "./row-look.ts";
import type { ContainerRow, GroupRow, PodRow, Row, SandboxRow, StatusRow } from "./rows.ts";
import { drawn, marked } from "./tree-item.ts";
import { type Emptiness, TreeRows, type TreeView } from "./tree-rows.ts";

/** Draws the rows, and draws those again that a change in the store touches. */
export class PodTree implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  readonly #store: PodStore;
  readonly #rows: TreeRows;
  readonly #marks: Pick<RowDecorations, "markOf">;
  readonly #drawAgain = new vscode.EventEmitter<Row[] | undefined>();
  readonly #listening: Closable;
  readonly #gathered = new GatheredRows((rows) => this.#drawAgain.fire(rows));

  readonly onDidChangeTreeData: vscode.Event<Row[] | undefined> = this.#drawAgain.event;

  constructor(store: PodStore, view: TreeView, marks: Pick<RowDecorations, "markOf">) {
    this.#store = store;
    this.#marks = marks;
    this.#rows = new TreeRows(store, view);
    this.#listening = store.onChange((change) => this.#onChange(change));
  }

  get view(): TreeView {
    return this.#rows.view;
  }

  setView(view: TreeView): void {
    this.#rows.setView(view);
    this.#gathered.add(undefined);
  }

  /** @param group - a row's ID; what is none draws nothing. */
  showMore(group: unknown): void {
    this.#gathered.add(this.#rows.showMore(group));
  }

  /** Draws the rows of these pods again: what they say of themselves is different. */
  drawPodsAgain(reports: readonly SandboxReport[]): void {
    for (const { pod } of reports) {
      this.#onChange({ kind: "report", context: pod.context, namespace: pod.namespace, uid: pod.uid });
    }
  }

  get emptiness(): Emptiness {
    return this.#rows.emptiness();
  }

  getChildren(row?: Row): Row[] {
    if (row !== undefined) return [...this.#rows.children(row)];
    // The view is seen for the first time: only now is a kubeconfig read.
    void this.#store.start();
    return [...this.#rows.roots()];
  }

  getParent(row: Row): Row | undefined {
    return row.parent;
  }

  getTreeItem(row: Row): vscode.TreeItem {
    switch (row.kind) {
      case "context": {
        const item = drawn(row, contextLook(row.context), vscode.TreeItemCollapsibleState.Expanded);
        item.contextValue = "context";
        return item;
      }
      case "group":
        return this.#group(row);
      case "pod":
        return this.#pod(row);
      case "sandbox":
      case "container":
        return this.#part(row);
      case "status":
        return status(row);
    }
  }

  dispose(): void {
    this.#gathered.dispose();
    this.#listening.close();
    this.#drawAgain.dispose();
  }

  #group(row: GroupRow): vscode.TreeItem {
    const { filter } = this.#rows.view;
    const item = drawn(
      row,
      groupLook(row.by, row.name, this.#rows.count(row)),
      this.#rows.unfolds(row)
        ? vscode.TreeItemCollapsibleState.Expanded
        : vscode.TreeItemCollapsibleState.Collapsed,
    );
    // VS Code remembers by ID what was folded; a filter's groups begin unfolded.
    if (filter !== "") item.id = JSON.stringify([row.id, filter]);
    item.contextValue = `group.${row.by}`;
    return item;
  }

  #pod(row: PodRow): vscode.TreeItem {
    const pod = this.#rows.pod(row);
    // Gone between two drawings: the next one leaves it out.
    if (pod === undefined) return new vscode.TreeItem(row.name);
    const look = podLook(pod, row.parent.by);
    const item = this.#marked(drawn(row, look, vscode.TreeItemCollapsibleState.Collapsed), look, row);
    item.contextValue = `pod${this.#inspected(row)}`;
    // Of what has no sandbox to read, Enter and a click only unfold the row.
    if (hasSandbox(pod)) item.command = inspectCommand(row);
    return item;
  }

  #part(row: SandboxRow | ContainerRow): vscode.TreeItem {
    const pod = this.#rows.pod(row.parent);
    const container =
      row.kind === "container"
        ? pod?.containers.find(({ name, kind }) => name === row.name && kind === row.containerKind)
        : undefined;
    const report = this.#store.report(row.parent.uid);
    if (pod === undefined || (row.kind === "container" && container === undefined)) {
      return new vscode.TreeItem(row.kind === "container" ? row.name : "");
    }
    const look = container === undefined ? sandboxLook(pod, report) : containerLook(container, report);
    const item = this.#marked(drawn(row, look, vscode.TreeItemCollapsibleState.None), look, row);
    item.contextValue = `${row.kind}${this.#inspected(row.parent)}`;
    if (row.kind === "sandbox" && pod.os !== "windows") {
      item.command = {
        command: "podSandbox.inspect",
        title: vscode.l10n.t("Inspect sandbox"),
        arguments: [row],
      };
    }
    return item;
  }

  #marked(item: vscode.TreeItem, look: RowLook, row: PodRow | SandboxRow | ContainerRow): vscode.TreeItem {
    return marked(item, look, uriOf(row), this.#marks.markOf(row));
  }

  #inspected(row: PodRow): string {
    return this.#store.report(row.uid) === undefined ? "" : ".inspected";
  }

  #onChange(change: StoreChange): void {
    this.#gathered.add(this.#rows.affected(change));
  }
}

function inspectCommand(row: Row): vscode.Command {
  return { command: "podSandbox.inspect", title: vscode.l10n.t("Inspect sandbox"), arguments: [row] };
}

function status(row: StatusRow): vscode.TreeItem {
  const item = drawn(row, statusLook(row.status), vscode.TreeItemCollapsibleState.None);
  item.contextValue = `status.${row.status.kind}`;
  const command = statusCommand(row);
  if (command !== undefined)
    item.command = { command, title: "", ...(row.status.kind === "more" && { arguments: [row.parent?.id] }) };
  return item;
}

/** What selecting the row does about what it tells. */
function statusCommand({ status: { kind } }: StatusRow): string | undefined {
  switch (kind) {
    case "retrying":
    case "refused":
      return "podSandbox.refresh";
    case "by-namespace-instead":
      return "podSandbox.groupByNamespace";
    case "no-match":
      return "podSandbox.clearFilter";
    case "more":
      return "podSandbox.showMore";
    case "restricted":
      return "workbench.trust.manage";
    case "connecting":
    case "loading":
    case "only-default-namespace":
    case "no-pods":
      return undefined;
  }
}
