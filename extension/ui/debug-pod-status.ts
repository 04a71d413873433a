import * as vscode from "vscode";
import { textOf } from "../core/json.ts";
import type { LedgerStore } from "../nodes/debug-pod/ledger.ts";
import { debugPodStatusWords } from "./debug-pod-words.ts";
import type { Disposables } from "./disposables.ts";
import { withoutIcons } from "./text.ts";

/** The ledger of debug pods in a memento. What this window writes there is shown in the status bar for as long as it stands. */
export class DebugPodStatus implements LedgerStore {
  readonly #memento: vscode.Memento;
  readonly #item: vscode.StatusBarItem;
  readonly #names = new Map<string, string>();

  constructor(memento: vscode.Memento, disposables: Disposables) {
    this.#memento = memento;
    this.#item = disposables.add(
      vscode.window.createStatusBarItem("debugPods", vscode.StatusBarAlignment.Left),
    );
    this.#item.name = vscode.l10n.t("Debug pods");
    this.#item.command = "podSandbox.deleteDebugPods";
    this.#item.backgroundColor = new vscode.ThemeColor("statusBarItem.warningBackground");
  }

  keys(): readonly string[] {
    return this.#memento.keys();
  }

  get(key: string): unknown {
    return this.#memento.get(key);
  }

  async update(key: string, value: unknown): Promise<void> {
    await this.#memento.update(key, value);
    if (value === undefined) this.#names.delete(key);
    else this.#names.set(key, textOf(value, "name") ?? key);
    this.#draw();
  }

  #draw(): void {
    if (this.#names.size === 0) {
      this.#item.hide();
      return;
    }
    const { text, tooltip } = debugPodStatusWords([...this.#names.values()]);
    this.#item.text = `$(server-process) ${withoutIcons(text)}`;
    this.#item.tooltip = tooltip;
    this.#item.accessibilityInformation = { label: `${text}. ${tooltip}`, role: "button" };
    this.#item.show();
  }
}
