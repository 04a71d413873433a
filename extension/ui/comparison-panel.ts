import * as vscode from "vscode";
import { visibleStrings } from "../core/plain-text.ts";
import type { AnyReport } from "../core/report.ts";
import { type Compared, sideBySide, swapCompared } from "../core/side-by-side.ts";
import { sideBySideMarkdown } from "../core/side-by-side-markdown.ts";
import { type ComparisonState, parseComparisonMessage, parseSavedComparison } from "../protocol/pages.ts";
import { Page } from "./page.ts";
import { copyText } from "./report-files.ts";
import { oneLine } from "./text.ts";

const viewType = "podSandbox.comparison";

/** Opens what is compared, each time in a panel of its own, and brings these back after a restart. */
export class Comparisons implements vscode.WebviewPanelSerializer {
  readonly #extensionUri: vscode.Uri;

  constructor(extensionUri: vscode.Uri) {
    this.#extensionUri = extensionUri;
  }

  restoreOld(): vscode.Disposable {
    return vscode.window.registerWebviewPanelSerializer(viewType, this);
  }

  open(compared: Compared): void {
    const { Active } = vscode.ViewColumn;
    this.#fill(vscode.window.createWebviewPanel(viewType, "", Active, { enableScripts: true }), compared);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const compared = parseSavedComparison(state);
    if (compared === undefined) panel.dispose();
    else this.#fill(panel, compared);
    return Promise.resolve();
  }

  #fill(panel: vscode.WebviewPanel, first: Compared): void {
    let compared = first;
    const icon = (theme: string): vscode.Uri =>
      vscode.Uri.joinPath(this.#extensionUri, "media", `panel-${theme}.svg`);
    panel.iconPath = { light: icon("light"), dark: icon("dark") };
    panel.title = titleOf(compared);
    const page = new Page(panel.webview, stateOf(compared), {
      extensionUri: this.#extensionUri,
      bundle: "compare",
      parse: parseComparisonMessage,
      answer: ({ type }) => {
        if (type === "copyMarkdown") {
          void copyText(sideBySideMarkdown(sideBySide(compared)));
        } else if (type === "swap") {
          compared = swapCompared(compared);
          panel.title = titleOf(compared);
          page.show(stateOf(compared));
        }
      },
    });
  }
}

function titleOf(compared: Compared): string {
  const { left, right } = sideBySide(compared);
  return vscode.l10n.t("{0} beside {1}", oneLine(left.title), oneLine(right.title));
}

function withoutArguments(compared: Compared): Compared {
  return compared.kind === "reports"
    ? { ...compared, left: bare(compared.left), right: bare(compared.right) }
    : { ...compared, report: bare(compared.report) };
}

function bare(report: AnyReport): AnyReport {
  const containers = report.containers.map((container) => ({
    ...container,
    processes: container.processes.map((process) => ({ ...process, argv: [] })),
  }));
  return { ...report, containers };
}

/**
 * What is shown is made printable; what is kept stays as it was read, but for command lines: VS Code writes it to the
 * disk, and they may hold secrets.
 */
function stateOf(compared: Compared): ComparisonState {
  return { shown: visibleStrings(sideBySide(compared)), compared: withoutArguments(compared) };
}
