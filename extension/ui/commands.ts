import * as vscode from "vscode";
import { chooseContext, chooseFilter, chooseKubeconfig } from "./choose.ts";
import type { Disposables } from "./disposables.ts";
import { type ErrorActions, guarded } from "./errors.ts";
import { explainFinding } from "./explain-finding.ts";
import { addHost, removeHost } from "./hosts.ts";
import { inspectCommand, inspectOtherCommand, type InspectPorts } from "./inspect-command.ts";
import type { LogChannel } from "./log.ts";
import type { NamespacesDocuments } from "./namespaces-document.ts";
import { parseNodeTarget } from "./nodes-target.ts";
import type { NodesView } from "./nodes-view.ts";
import { copyReport } from "./report-files.ts";
import { parseTarget } from "./target.ts";

export interface CommandPorts extends InspectPorts {
  readonly extensionUri: vscode.Uri;
  readonly nodesView: NodesView;
  readonly documents: NamespacesDocuments;
  readonly log: LogChannel;
  readonly actions: ErrorActions;
}

const walkthrough = "pod-sandbox-explorer.pod-sandbox-explorer#start";

/** Registers every command of package.json. Each goes through one wrapper that tells a person what went wrong. */
export function registerCommands(ports: CommandPorts, disposables: Disposables): void {
  const { extensionUri, clusters, store, view, nodesView, documents, log, actions } = ports;
  const commands: Readonly<Record<string, (argument?: unknown) => unknown>> = {
    inspect: async (argument) => inspectCommand(ports, argument),
    refresh: async () => store.refresh(),
    chooseContext: async () => chooseContext(clusters, store),
    chooseKubeconfig: async () => chooseKubeconfig(),
    groupByNode: async () => view.groupBy("node"),
    groupByNamespace: async () => view.groupBy("namespace"),
    filter: async () => chooseFilter(view),
    clearFilter: () => view.setFilter(""),
    copyReport: async (row) => copyRowReport(ports, row),
    inspectOther: async (row) => inspectOtherCommand(ports, row),
    refreshNodes: async () => nodesView.refresh(),
    readNode: async (row) => nodesView.read(parseNodeTarget(row)),
    showNamespaces: async (row) => documents.open(parseNodeTarget(row)),
    addHost: async () => addHost(),
    removeHost: async (row) => removeHost(row === undefined ? undefined : parseNodeTarget(row).node),
    explainFinding: async (code) => explainFinding(extensionUri, String(code)),
    showLog: () => log.show(),
    openSettings: async () => actions.openSettings(),
    getStarted: async () =>
      vscode.commands.executeCommand("workbench.action.openWalkthrough", walkthrough, false),
  };
  for (const [name, run] of Object.entries(commands)) {
    disposables.add(
      vscode.commands.registerCommand(`podSandbox.${name}`, async (argument?: unknown) =>
        guarded(name, { log, actions }, () => run(argument)),
      ),
    );
  }
}

async function copyRowReport({ store }: CommandPorts, row: unknown): Promise<void> {
  const { namespace = "", name } = parseTarget(row);
  const report = store.reportOf({ namespace, name });
  if (report !== undefined) await copyReport(report, "markdown");
}
