import * as vscode from "vscode";
import { errorText } from "../core/error-text.ts";
import { asSandboxError } from "../core/errors.ts";
import { visibleStrings } from "../core/plain-text.ts";
import type { AnyReport } from "../core/report.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import type { PanelSubject } from "../protocol/messages.ts";
import { parseSnapshotMessage, type SnapshotState } from "../protocol/pages.ts";
import { guarded } from "./errors.ts";
import { Page } from "./page.ts";
import { Panel, type PanelPorts } from "./panel.ts";
import { nameOf, readSnapshot } from "./snapshot-files.ts";

export const snapshotViewType = "podSandbox.snapshot";

/** Shows snapshots without any cluster: a report in the panel, a node in a page of its own. */
export class SnapshotEditor implements vscode.CustomReadonlyEditorProvider {
  readonly #ports: PanelPorts;

  constructor(ports: PanelPorts) {
    this.#ports = ports;
  }

  register(): vscode.Disposable {
    return vscode.window.registerCustomEditorProvider(snapshotViewType, this, {
      supportsMultipleEditorsPerDocument: true,
    });
  }

  openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
    return { uri, dispose: () => undefined };
  }

  async resolveCustomEditor({ uri }: vscode.CustomDocument, panel: vscode.WebviewPanel): Promise<void> {
    const title = nameOf(uri);
    let snapshot: Snapshot;
    try {
      snapshot = await readSnapshot(uri);
    } catch (thrown) {
      const error = asSandboxError(thrown);
      this.#ports.log.warn(`snapshot: ${error.reason}: ${error.message}`);
      this.#page(uri, panel, { kind: "failed", ...errorText(error) });
      return;
    }
    const { content, savedAt } = snapshot;
    if (content.kind === "node") {
      this.#page(uri, panel, { kind: "node", title, savedAt, view: content.view });
      return;
    }
    const { report } = content;
    // It ends with its webview, whose messages it answers.
    void new Panel(panel, subjectOf(report), title, this.#ports, { title, report });
  }

  #page(uri: vscode.Uri, panel: vscode.WebviewPanel, state: SnapshotState): void {
    void new Page(panel.webview, visibleStrings(state), {
      extensionUri: this.#ports.extensionUri,
      bundle: "node",
      parse: parseSnapshotMessage,
      answer: () => void this.#openAsText(uri),
    });
  }

  async #openAsText(uri: vscode.Uri): Promise<void> {
    const { log, actions } = this.#ports;
    await guarded("open as text", { log, actions }, async () => {
      await vscode.commands.executeCommand("vscode.openWith", uri, "default");
    });
  }
}

/** Whose sandbox a report is of. Where a host is known from is not in the report. */
export function subjectOf(report: AnyReport): PanelSubject {
  if ("other" in report) {
    const { node, key, title } = report.other;
    return { kind: "other", context: null, node, key, title };
  }
  const { context, namespace, name } = report.pod;
  return { kind: "pod", context, namespace, name };
}
