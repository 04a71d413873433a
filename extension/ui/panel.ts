import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { InspectOptions } from "../app/inspections.ts";
import { errorText } from "../core/error-text.ts";
import { asSandboxError, type SandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { AnyReport } from "../core/report.ts";
import { askedAgain } from "../core/report-view.ts";
import type {
  HostMessage,
  NamespaceId,
  PanelState,
  PanelSubject,
  WebviewMessage,
} from "../protocol/messages.ts";
import { parseWebviewMessage } from "../protocol/parse.ts";
import { shownState } from "../protocol/shown-state.ts";
import type { Arrangements } from "./arrangements.ts";
import { copyNsenter } from "./copy-nsenter.ts";
import { type ErrorActions, guarded } from "./errors.ts";
import { saveDrawing } from "./drawing-files.ts";
import { explainFinding } from "./explain-finding.ts";
import { panelHtml } from "./panel-html.ts";
import { copyReport, copyText } from "./report-files.ts";

export interface PanelPorts {
  readonly extensionUri: vscode.Uri;
  /** Reads what a panel is about. Throws SandboxError. */
  read(subject: PanelSubject, options: InspectOptions): Promise<AnyReport>;
  readonly actions: ErrorActions;
  readonly acts: PanelActs;
  readonly arrangements: Arrangements;
  readonly log: Log;
}

/** What a panel can have done elsewhere in VS Code. */
export interface PanelActs {
  /** Shows where else the Linux namespace is; null for none any more. */
  highlight(namespace: NamespaceId | null, report: AnyReport): void;
  /** Asks where to, and saves it. */
  saveSnapshot(report: AnyReport): Promise<void>;
  /** Lets the reader choose what to see beside it. Throws SandboxError. */
  compareWith(report: AnyReport): Promise<void>;
  /** Goes to the node in the Nodes view. Throws SandboxError where it is not there. */
  showInNode(subject: PanelSubject, report: AnyReport): Promise<void>;
  /** Asks where in the sandbox, and opens a terminal there. Throws SandboxError. */
  openTerminal(subject: PanelSubject, report: AnyReport): Promise<void>;
}

/** A report that is not read from a node. */
export interface FileSource {
  readonly title: string;
  readonly report: AnyReport;
}

/** Built by build.mjs from webview/. */
const builtFolder = "dist";

/** What asks a node, or is only right on the node as it is now. */
const nodeMessages: ReadonlySet<WebviewMessage["type"]> = new Set([
  "readAgain",
  "openTerminal",
  "copyNsenter",
  "showInNode",
]);

/** One sandbox's panel. The webview gets the whole state with each change, and whenever it asks. */
export class Panel implements vscode.Disposable {
  readonly title: string;
  readonly #subject: PanelSubject;
  readonly #panel: vscode.WebviewPanel;
  readonly #ports: PanelPorts;
  #state: PanelState;
  /** Behind the state's error. */
  #failed: SandboxError | undefined;
  #revision = 0;
  #reading: AbortController | undefined;
  #closed = false;
  /** Whether rows in the tree are lit because of this panel. */
  #lit = false;

  /** @param file - of a panel that shows what is in a file: then no node is asked, and VS Code names the tab. */
  constructor(
    panel: vscode.WebviewPanel,
    subject: PanelSubject,
    title: string,
    ports: PanelPorts,
    file?: FileSource,
  ) {
    this.title = title;
    this.#subject = subject;
    this.#panel = panel;
    this.#ports = ports;
    this.#state = {
      subject,
      reading: false,
      report: file?.report ?? null,
      error: null,
      source: file === undefined ? { kind: "live" } : { kind: "file", title: file.title },
      arrangement: ports.arrangements.of(subject),
      asked: null,
    };
    const { webview } = panel;
    if (file === undefined) panel.title = title;
    panel.iconPath = {
      light: vscode.Uri.joinPath(ports.extensionUri, "media", "panel-light.svg"),
      dark: vscode.Uri.joinPath(ports.extensionUri, "media", "panel-dark.svg"),
    };
    webview.onDidReceiveMessage((data: unknown) => {
      const message = parseWebviewMessage(data);
      if (message === undefined) ports.log.warn("panel: a message that is none of ours");
      else void guarded(`panel ${message.type}`, ports, () => this.#answer(message));
    });
    panel.onDidDispose(() => {
      this.#closed = true;
      this.#reading?.abort();
      this.#putOut();
    });
    // A hidden webview is gone before it can say that nothing is looked at any more.
    panel.onDidChangeViewState(() => {
      if (!panel.visible) this.#putOut();
    });
    const built = vscode.Uri.joinPath(ports.extensionUri, builtFolder);
    webview.options = { enableScripts: true, localResourceRoots: [built] };
    webview.html = panelHtml({
      script: webview.asWebviewUri(vscode.Uri.joinPath(built, "webview.js")).toString(),
      style: webview.asWebviewUri(vscode.Uri.joinPath(built, "webview.css")).toString(),
      source: webview.cspSource,
      nonce: randomBytes(18).toString("hex"),
      language: vscode.env.language,
      translations: vscode.l10n.bundle,
    });
  }

  reveal(): void {
    this.#panel.reveal();
  }

  show(report: AnyReport): void {
    this.#showReport(report);
  }

  /** Reads it again. A later reading takes the place of one still going on. Throws SandboxError. */
  async read({ signal, onProgress }: InspectOptions): Promise<AnyReport> {
    this.#reading?.abort();
    const own = new AbortController();
    this.#reading = own;
    this.#set({ reading: true });
    try {
      const report = await this.#ports.read(this.#subject, {
        signal: AbortSignal.any([signal, own.signal]),
        ...(onProgress === undefined ? {} : { onProgress }),
      });
      if (this.#reading === own) this.#showReport(report);
      return report;
    } catch (thrown) {
      const error = asSandboxError(thrown);
      if (this.#reading === own && error.reason !== "cancelled") {
        this.#failed = error;
        this.#set({
          error: {
            ...errorText(error),
            detail: error.message,
            offers: this.#ports.actions.access.offers(error),
          },
        });
      }
      throw error;
    } finally {
      if (this.#reading === own) {
        this.#reading = undefined;
        this.#set({ reading: false });
      }
    }
  }

  /** Reads without telling anybody but the panel, which shows what went wrong. */
  async readQuietly(): Promise<void> {
    try {
      await this.read({ signal: new AbortController().signal });
    } catch {
      // The state has it, and the log.
    }
  }

  dispose(): void {
    this.#panel.dispose();
  }

  async #answer(message: WebviewMessage): Promise<void> {
    const { report, source } = this.#state;
    // A file's PIDs and nodes are somebody else's, or long gone: nothing in it leads to a node.
    if (source.kind === "file" && nodeMessages.has(message.type)) return;
    switch (message.type) {
      case "ready":
        this.#send();
        return;
      case "readAgain":
        await this.readQuietly();
        return;
      case "cancel":
        this.#reading?.abort();
        return;
      case "copy":
        if (report !== null) await copyReport(report, message.what);
        return;
      case "copyText":
        await copyText(message.text);
        return;
      case "saveSnapshot":
        if (report !== null) await this.#ports.acts.saveSnapshot(report);
        return;
      case "compareWith":
        if (report !== null) await this.#ports.acts.compareWith(report);
        return;
      case "saveDrawing":
        if (report !== null) await saveDrawing(report, message.format, message.data);
        return;
      case "explainFinding":
        await explainFinding(this.#ports.extensionUri, message.code);
        return;
      case "chooseWay":
        if (this.#failed !== undefined && (await this.#ports.actions.access.chooseAfter(this.#failed))) {
          await this.readQuietly();
        }
        return;
      case "checkAccess":
        if (this.#failed !== undefined) await this.#ports.actions.access.checkAfter(this.#failed);
        return;
      case "showLog":
        this.#ports.actions.showLog();
        return;
      case "openSettings":
        await this.#ports.actions.openSettings();
        return;
      case "arrange":
        this.#set({ arrangement: message.arrangement });
        await this.#ports.arrangements.keep(this.#subject, message.arrangement);
        return;
      case "explainCell":
        this.#set({ asked: message.cell });
        return;
      case "highlight":
        if (report === null) return;
        this.#lit = message.namespace !== null;
        this.#ports.acts.highlight(message.namespace, report);
        return;
      case "openTerminal":
        if (report !== null) await this.#ports.acts.openTerminal(this.#subject, report);
        return;
      case "copyNsenter":
        if (report !== null) await copyNsenter(report);
        return;
      case "showInNode":
        if (report !== null) await this.#ports.acts.showInNode(this.#subject, report);
        return;
    }
  }

  /** Only what it has lit itself: another panel may have lit other rows since. */
  #putOut(): void {
    const { report } = this.#state;
    if (this.#lit && report !== null) this.#ports.acts.highlight(null, report);
    this.#lit = false;
  }

  #showReport(report: AnyReport): void {
    const { asked, report: before } = this.#state;
    this.#set({ report, error: null, asked: askedAgain(asked, before, report) });
  }

  #set(change: Partial<PanelState>): void {
    this.#state = { ...this.#state, ...change };
    this.#revision++;
    this.#send();
  }

  #send(): void {
    if (this.#closed) return;
    const message: HostMessage = { type: "state", revision: this.#revision, state: shownState(this.#state) };
    // A hidden webview loses it, and asks when it is shown again.
    void this.#panel.webview.postMessage(message);
  }
}
