import * as vscode from "vscode";
import type { Disposables } from "./disposables.ts";
import { oneLine } from "./text.ts";

const scheme = "pod-sandbox-text";

/** Texts of one moment as read-only documents. What was shown is forgotten when its document is closed. */
export class TextDocuments implements vscode.TextDocumentContentProvider {
  readonly #texts = new Map<string, string>();
  readonly #changed: vscode.EventEmitter<vscode.Uri>;

  readonly onDidChange: vscode.Event<vscode.Uri>;

  constructor(disposables: Disposables) {
    this.#changed = disposables.add(new vscode.EventEmitter<vscode.Uri>());
    this.onDidChange = this.#changed.event;
    disposables.add(vscode.workspace.registerTextDocumentContentProvider(scheme, this));
    disposables.add(
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === scheme) this.#texts.delete(uri.path);
      }),
    );
  }

  provideTextDocumentContent({ path }: vscode.Uri): string {
    return this.#texts.get(path) ?? vscode.l10n.t("This text was of another window and is gone.");
  }

  /**
   * Shows a text in a tab of that name; one that is open is brought to the front with the new text.
   *
   * @param name - its ending says what language it is in, where it has one. Untrusted text.
   */
  async show(name: string, text: string, where: vscode.ViewColumn): Promise<ShownText> {
    const uri = vscode.Uri.from({ scheme, path: `/${oneLine(name).replaceAll("/", "_")}` });
    this.#texts.set(uri.path, text);
    this.#changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    // One that is open in another column stays there.
    const open = tabsOf(uri)[0]?.group.viewColumn;
    await vscode.window.showTextDocument(document, { preview: true, viewColumn: open ?? where });
    return { close: async () => void (await vscode.window.tabGroups.close(tabsOf(uri))) };
  }
}

export interface ShownText {
  /** Closes its tab, if that is still open. */
  close(): Promise<void>;
}

function tabsOf(uri: vscode.Uri): readonly vscode.Tab[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString());
}
