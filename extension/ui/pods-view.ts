import * as vscode from "vscode";
import type { PodStore } from "../app/store.ts";
import type { AnyReport } from "../core/report.ts";
import type { NamespaceId } from "../protocol/messages.ts";
import { setKey } from "./context-keys.ts";
import type { Disposables } from "./disposables.ts";
import { type Problem, problemOf } from "./problem.ts";
import { RowDecorations } from "./row-decorations.ts";
import { troublesOf } from "./row-mark.ts";
import { podOf, type Grouping, type PodRow, type Row } from "./rows.ts";
import { oneLine } from "./text.ts";
import type { TreeView } from "./tree-rows.ts";
import { PodTree } from "./tree.ts";

const groupingKey = "grouping";

/** The view in the sidebar: the tree, what is written beside its title, and the context keys that its menus go by. */
export class PodsView {
  readonly #store: PodStore;
  readonly #state: vscode.Memento;
  readonly #decorations: RowDecorations;
  readonly #tree: PodTree;
  readonly #view: vscode.TreeView<Row>;
  #problem: Problem | undefined;

  constructor(store: PodStore, state: vscode.Memento, disposables: Disposables) {
    this.#store = store;
    this.#state = state;
    this.#decorations = disposables.add(new RowDecorations(store));
    const view: TreeView = {
      grouping: state.get<unknown>(groupingKey) === "node" ? "node" : "namespace",
      filter: "",
      restricted: !vscode.workspace.isTrusted,
    };
    this.#tree = disposables.add(new PodTree(store, view, this.#decorations));
    this.#view = disposables.add(
      vscode.window.createTreeView("podSandbox.pods", {
        treeDataProvider: this.#tree,
        showCollapseAll: true,
      }),
    );
    disposables.addClosable(store.onChange(() => this.#show()));
    disposables.add(
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.#tree.setView({ ...this.#tree.view, restricted: false });
      }),
    );
    this.#showView();
    this.#show();
  }

  get filter(): string {
    return this.#tree.view.filter;
  }

  /** The pod of the selected row, while the view can be seen. */
  get selectedPod(): PodRow | undefined {
    const [row] = this.#view.selection;
    return row === undefined || !this.#view.visible ? undefined : podOf(row);
  }

  /** Lights up the rows of who is in a Linux namespace that a panel shows; null puts them out. */
  highlight(namespace: NamespaceId | null, report: AnyReport): void {
    const lit = namespace === null ? undefined : { namespace, report };
    this.#tree.drawPodsAgain(this.#decorations.light(lit));
  }

  async groupBy(grouping: Grouping): Promise<void> {
    this.#tree.setView({ ...this.#tree.view, grouping });
    this.#showView();
    await this.#state.update(groupingKey, grouping);
  }

  setFilter(filter: string): void {
    this.#tree.setView({ ...this.#tree.view, filter: filter.trim() });
    this.#showView();
    this.#show();
  }

  showMore(group: unknown): void {
    this.#tree.showMore(group);
  }

  #showView(): void {
    const { grouping, filter } = this.#tree.view;
    setKey("podSandbox.grouping", grouping);
    setKey("podSandbox.filtered", filter !== "");
  }

  /** For the activity bar: how many of the inspected pods somebody should look at. */
  #badge(): vscode.ViewBadge | undefined {
    const value = this.#store.inspected().filter((report) => troublesOf(report).length > 0).length;
    if (value === 0) return undefined;
    const { l10n } = vscode;
    const tooltip =
      value === 1
        ? l10n.t("1 inspected pod has warnings or errors")
        : l10n.t("{0} inspected pods have warnings or errors", value);
    return { value, tooltip };
  }

  #show(): void {
    const filter = oneLine(this.filter);
    const context = this.#store.context === undefined ? "" : oneLine(this.#store.context);
    const description = [context, filter === "" ? "" : vscode.l10n.t("filtered by “{0}”", filter)];
    this.#view.description = description.filter(Boolean).join(" · ");
    this.#view.badge = this.#badge();
    const problem = problemOf(this.#store.phase, this.#tree.emptiness);
    if (problem === this.#problem) return;
    this.#problem = problem;
    setKey("podSandbox.problem", problem);
  }
}
