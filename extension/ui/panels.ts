import * as vscode from "vscode";
import type { InspectOptions } from "../app/inspections.ts";
import { Together } from "../app/together.ts";
import type { AnyReport } from "../core/report.ts";
import type { PanelSubject } from "../protocol/messages.ts";
import { parseSavedSubject } from "../protocol/parse.ts";
import { Panel, type PanelPorts } from "./panel.ts";
import { subjectKey } from "./subject-key.ts";
import { oneLine } from "./text.ts";
import { UnseenTabs } from "./unseen-tabs.ts";

const viewType = "podSandbox.report";

/** The open panels, one for each sandbox. */
export class Panels implements vscode.Disposable, vscode.WebviewPanelSerializer {
  readonly #ports: PanelPorts;
  readonly #open = new Map<string, Panel>();
  readonly #inspecting = new Together<AnyReport>();
  readonly #unseen: UnseenTabs;
  #ending = false;

  /** @param state - of the workspace, as panels are. */
  constructor(ports: PanelPorts, state: vscode.Memento) {
    this.#ports = ports;
    this.#unseen = new UnseenTabs(state, viewType);
  }

  /** From now on, VS Code brings panels back that were open when it was closed. */
  restoreOld(): vscode.Disposable {
    return vscode.window.registerWebviewPanelSerializer(viewType, this);
  }

  /**
   * Reads a sandbox and shows it in its panel, which is opened where there is none. Who asks for the same while it is
   * read gets the same answer in the same panel. Throws SandboxError.
   *
   * @param within - gives the reading its progress and what cancels it.
   */
  async inspect(
    subject: PanelSubject,
    within: (read: (options: InspectOptions) => Promise<AnyReport>) => Promise<AnyReport>,
  ): Promise<AnyReport> {
    return this.#inspecting.run(subjectKey(subject), async () => {
      // An open panel shows that it is being read again.
      const known = this.#open.get(subjectKey(subject));
      const report = await within(async (options) =>
        known === undefined ? this.#ports.read(subject, options) : known.read(options),
      );
      await this.#show(subject, report);
      return report;
    });
  }

  async deserializeWebviewPanel(webviewPanel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const subject = parseSavedSubject(state);
    if (subject === undefined || this.#open.has(subjectKey(subject))) {
      webviewPanel.dispose();
      return;
    }
    // Not awaited: VS Code shows the panel only when this has ended, and reading may take long or ask something.
    void this.#adopt(webviewPanel, subject).readQuietly();
  }

  dispose(): void {
    this.#ending = true;
    for (const panel of this.#open.values()) panel.dispose();
  }

  async #show(subject: PanelSubject, report: AnyReport): Promise<void> {
    const known = this.#open.get(subjectKey(subject));
    if (known === undefined) {
      await this.#unseen.close({ title: titleOf(subject), key: subjectKey(subject) }, this.#titles());
    }
    // VS Code may have brought it back meanwhile.
    const panel = this.#open.get(subjectKey(subject)) ?? this.#create(subject);
    known?.reveal();
    panel.show(report);
  }

  #create(subject: PanelSubject): Panel {
    const { Active } = vscode.ViewColumn;
    return this.#adopt(
      vscode.window.createWebviewPanel(viewType, "", Active, { enableScripts: true }),
      subject,
    );
  }

  #adopt(webviewPanel: vscode.WebviewPanel, subject: PanelSubject): Panel {
    const panel = new Panel(webviewPanel, subject, titleOf(subject), this.#ports);
    this.#open.set(subjectKey(subject), panel);
    this.#keep();
    webviewPanel.onDidDispose(() => {
      this.#open.delete(subjectKey(subject));
      this.#keep();
    });
    return panel;
  }

  /** What is open when VS Code ends comes back with it. */
  #keep(): void {
    if (!this.#ending) this.#unseen.keep(this.#titles());
  }

  #titles(): { title: string; key: string }[] {
    return [...this.#open].map(([key, { title }]) => ({ title, key }));
  }
}

function titleOf(subject: PanelSubject): string {
  return vscode.l10n.t("{0} sandbox", oneLine(subject.kind === "pod" ? subject.name : subject.title));
}
