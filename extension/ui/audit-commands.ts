import * as vscode from "vscode";
import type { ReadAllProgress } from "../app/read-all-nodes.ts";
import type { PodStore } from "../app/store.ts";
import type { Audit } from "../core/audit/audit.ts";
import { auditCsv } from "../core/audit/csv.ts";
import { type AuditTool, auditSarif } from "../core/audit/sarif.ts";
import { auditSummary } from "../core/audit/summary.ts";
import { setKey } from "./context-keys.ts";
import { withSignal } from "./cancellation.ts";
import { fileNamePart } from "./snapshot-files.ts";
import type { TextDocuments } from "./text-documents.ts";
import { oneLine } from "./text.ts";

export interface AuditPorts {
  readonly store: Pick<PodStore, "usualContext">;
  readonly texts: TextDocuments;
  readonly tool: AuditTool;
  readAll(
    context: string,
    request: { signal: AbortSignal; onProgress: (progress: ReadAllProgress) => void },
  ): Promise<Audit>;
}

/** "Read all nodes", and what is made of it. The last audit is kept until the window closes. */
export class AuditCommands {
  readonly #ports: AuditPorts;
  #last: Audit | undefined;

  constructor(ports: AuditPorts) {
    this.#ports = ports;
  }

  async readAll(): Promise<void> {
    const { l10n } = vscode;
    const context = await this.#ports.store.usualContext();
    const audit = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: l10n.t("Reading all nodes of {0}", oneLine(context)),
        cancellable: true,
      },
      async (progress, token) =>
        withSignal(token, async (signal) => {
          let shown = 0;
          return this.#ports.readAll(context, {
            signal,
            onProgress: (how) => {
              progress.report({ message: words(how), increment: (100 * (how.done - shown)) / how.total });
              shown = how.done;
            },
          });
        }),
    );
    this.#last = audit;
    setKey("podSandbox.hasAudit", true);
    const name = l10n.t("Nodes of {0}.txt", context);
    await this.#ports.texts.show(name, auditSummary(audit), vscode.ViewColumn.Active);
    void this.#offerExport(audit);
  }

  /** Saves the last audit, in the form that the file's name asks for. */
  async export(): Promise<void> {
    const { l10n } = vscode;
    if (this.#last === undefined) {
      void vscode.window.showInformationMessage(
        l10n.t("There is nothing to export yet: run “Read all nodes” first."),
      );
      return;
    }
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const name = `pod-sandbox-${fileNamePart(this.#last.context)}.csv`;
    const target = await vscode.window.showSaveDialog({
      title: l10n.t("Export what was read of all nodes"),
      filters: { CSV: ["csv"], JSON: ["json"], SARIF: ["sarif"] },
      ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) }),
    });
    if (target === undefined) return;
    const text = textFor(target.path.toLowerCase(), this.#last, this.#ports.tool);
    await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
    vscode.window.setStatusBarMessage(l10n.t("$(check) Saved"), 3000);
  }

  async #offerExport({ nodes }: Audit): Promise<void> {
    const { l10n } = vscode;
    const read = nodes.filter(({ outcome }) => outcome === "read").length;
    const action = l10n.t("Export…");
    const message = l10n.t("Nodes read: {0} of {1}", read, nodes.length);
    const chosen = nodes.every(({ outcome }) => outcome === "read" || outcome === "unfit")
      ? await vscode.window.showInformationMessage(message, action)
      : await vscode.window.showWarningMessage(message, action);
    if (chosen === action) await vscode.commands.executeCommand("podSandbox.exportAudit");
  }
}

function words({ done, failed, total }: ReadAllProgress): string {
  return failed === 0
    ? vscode.l10n.t("{0} of {1}", done, total)
    : vscode.l10n.t("{0} of {1}, not read: {2}", done, total, failed);
}

function textFor(path: string, audit: Audit, tool: AuditTool): string {
  if (path.endsWith(".sarif")) return auditSarif(audit, tool);
  if (path.endsWith(".json")) return `${JSON.stringify(audit, undefined, 2)}\n`;
  return auditCsv(audit);
}
