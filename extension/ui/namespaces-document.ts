import * as vscode from "vscode";
import * as z from "zod/mini";
import type { NodePlace } from "../app/node-place.ts";
import type { NodeStates } from "../app/node-states.ts";
import { nodeTable } from "../core/node-table.ts";
import type { Disposables } from "./disposables.ts";
import { oneLine } from "./text.ts";

const scheme = "pod-sandbox-node";
const placeShape = z.object({ context: z.nullable(z.string()), node: z.string() });

/** A node's Linux namespaces as a read-only document, which follows each reading of the node. */
export class NamespacesDocuments implements vscode.TextDocumentContentProvider {
  readonly #states: NodeStates;
  readonly #changed: vscode.EventEmitter<vscode.Uri>;

  readonly onDidChange: vscode.Event<vscode.Uri>;

  constructor(states: NodeStates, disposables: Disposables) {
    this.#states = states;
    this.#changed = disposables.add(new vscode.EventEmitter<vscode.Uri>());
    this.onDidChange = this.#changed.event;
    disposables.addClosable(states.onChange((place) => this.#changed.fire(uriOf(place))));
    disposables.add(vscode.workspace.registerTextDocumentContentProvider(scheme, this));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const state = this.#states.of(placeOf(uri));
    const view = state.kind === "unread" ? undefined : state.view;
    return view === undefined
      ? vscode.l10n.t("This node was not read yet: unfold its row in the Nodes view.")
      : nodeTable(view);
  }

  async open(place: NodePlace): Promise<void> {
    const document = await vscode.workspace.openTextDocument(uriOf(place));
    await vscode.window.showTextDocument(document, { preview: true });
  }
}

function uriOf({ context, node }: NodePlace): vscode.Uri {
  // The last part of the path is what the tab is called.
  const name = oneLine(node).replaceAll("/", "_");
  return vscode.Uri.from({
    scheme,
    path: `/${vscode.l10n.t("Linux namespaces of {0}", name)}`,
    query: JSON.stringify({ context, node }),
  });
}

function placeOf({ query }: vscode.Uri): NodePlace {
  return placeShape.parse(JSON.parse(query));
}
