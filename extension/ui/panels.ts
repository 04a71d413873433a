import * as vscode from "vscode";
import * as z from "zod/mini";
import type { PodRef } from "../core/pod.ts";
import type { SandboxReport } from "../core/report.ts";
import { Panel, type PanelPorts } from "./panel.ts";

const viewType = "podSandbox.report";

/** What a panel's webview keeps while VS Code is not running: which pod it shows, and no report. */
const saved = z.object({
  pod: z.object({
    context: z.string().check(z.minLength(1), z.maxLength(1000)),
    namespace: z.string().check(z.minLength(1), z.maxLength(63)),
    name: z.string().check(z.minLength(1), z.maxLength(253)),
  }),
});

/** The open panels, one for each pod. */
export class Panels implements vscode.Disposable, vscode.WebviewPanelSerializer {
  readonly #ports: PanelPorts;
  readonly #open = new Map<string, Panel>();

  constructor(ports: PanelPorts) {
    this.#ports = ports;
  }

  /** From now on, VS Code brings panels back that were open when it was closed. */
  restoreOld(): vscode.Disposable {
    return vscode.window.registerWebviewPanelSerializer(viewType, this);
  }

  find(ref: PodRef): Panel | undefined {
    return this.#open.get(keyOf(ref));
  }

  /** Shows the report in the pod's panel, opened for it where there is none. */
  show(ref: PodRef, report: SandboxReport): void {
    let panel = this.find(ref);
    if (panel === undefined) {
      panel = this.#adopt(
        vscode.window.createWebviewPanel(viewType, "", vscode.ViewColumn.Active, { enableScripts: true }),
        ref,
      );
    } else {
      panel.reveal();
    }
    panel.show(report);
  }

  async deserializeWebviewPanel(webviewPanel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const parsed = saved.safeParse(state);
    const known = parsed.success ? this.find(parsed.data.pod) : undefined;
    if (!parsed.success || known !== undefined) {
      webviewPanel.dispose();
      return;
    }
    // Not awaited: VS Code shows the panel only when this has ended, and reading may take long or ask something.
    void this.#adopt(webviewPanel, parsed.data.pod).readQuietly();
  }

  dispose(): void {
    for (const panel of this.#open.values()) panel.dispose();
  }

  #adopt(webviewPanel: vscode.WebviewPanel, ref: PodRef): Panel {
    const panel = new Panel(webviewPanel, ref, this.#ports);
    this.#open.set(keyOf(ref), panel);
    webviewPanel.onDidDispose(() => this.#open.delete(keyOf(ref)));
    return panel;
  }
}

function keyOf({ context, namespace, name }: PodRef): string {
  return JSON.stringify([context, namespace, name]);
}
