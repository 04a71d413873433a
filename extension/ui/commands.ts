import * as vscode from "vscode";
import type { SandboxError } from "../core/errors.ts";
import { inspectOneOf } from "./code-lens.ts";
import type { AuditCommands } from "./audit-commands.ts";
import { compareCommand, type ComparePorts, compareSnapshots } from "./compare.ts";
import { chooseContext, chooseFilter, chooseKubeconfig } from "./choose.ts";
import type { Disposables } from "./disposables.ts";
import { type ErrorActions, guarded } from "./errors.ts";
import { explainFinding } from "./explain-finding.ts";
import { forgetSecrets } from "./forget-secrets.ts";
import { addHost, removeHost } from "./hosts.ts";
import { inspectCommand, inspectOtherCommand } from "./inspect-command.ts";
import { copyLessonCommands, type Lesson } from "./lesson.ts";
import type { LogChannel } from "./log.ts";
import type { NamespacesDocuments } from "./namespaces-document.ts";
import type { NodeAccess } from "./node-access.ts";
import { parseNodeTarget } from "./nodes-target.ts";
import type { NodesView } from "./nodes-view.ts";
import { copyNsenter } from "./copy-nsenter.ts";
import { copyReport } from "./report-files.ts";
import type { StoredSecrets } from "./secret-vault.ts";
import { saveNodeSnapshot, trySample } from "./snapshot-commands.ts";
import { showInNodeCommand } from "./show-in-node.ts";
import { openTerminalCommand, type TerminalCommandPorts } from "./open-terminal.ts";
import { containerOfRow, parseTarget } from "./target.ts";

export interface CommandPorts extends TerminalCommandPorts {
  readonly extensionUri: vscode.Uri;
  readonly nodesView: NodesView;
  readonly documents: NamespacesDocuments;
  readonly access: NodeAccess;
  readonly secrets: StoredSecrets;
  readonly lesson: Lesson;
  readonly comparing: ComparePorts;
  readonly audits: AuditCommands;
  /** Program and version, for the snapshots that it saves. */
  readonly savedBy: string;
  /** Closes the ways onto nodes and what was made for them; the next use opens them anew. */
  closeNodes(): Promise<void>;
  /** Closes the ways onto nodes too, whose debug pods go with them. Answers why some are left. */
  deleteDebugPods(): Promise<readonly SandboxError[]>;
  readonly log: LogChannel;
  readonly actions: ErrorActions;
}

const walkthrough = "pod-sandbox-explorer.pod-sandbox-explorer#start";
const lessonWalkthrough = "pod-sandbox-explorer.pod-sandbox-explorer#lesson";

/** Registers every command of package.json. Each goes through one wrapper that tells a person what went wrong. */
export function registerCommands(ports: CommandPorts, disposables: Disposables): void {
  const { extensionUri, clusters, store, view, nodesView, documents, access, audits, secrets, log, actions } =
    ports;
  const commands: Readonly<Record<string, (argument?: unknown, more?: unknown) => unknown>> = {
    inspect: async (argument) => inspectCommand(ports, argument),
    refresh: async () => store.refresh(),
    chooseContext: async () => chooseContext(clusters, store),
    chooseKubeconfig: async () => chooseKubeconfig(),
    groupByNode: async () => view.groupBy("node"),
    groupByNamespace: async () => view.groupBy("namespace"),
    filter: async () => chooseFilter(view),
    clearFilter: () => view.setFilter(""),
    showMore: (group) => view.showMore(group),
    copyReport: async (row) => copyRowReport(ports, row),
    copyNsenter: async (row) => copyRowNsenter(ports, row),
    openTerminal: async (row) => openTerminalCommand(ports, row),
    showInNode: async (row) => showInNodeCommand(ports, row),
    compare: async (argument) => compareCommand(ports.comparing, argument),
    compareSnapshots: async (file, files) => compareSnapshots(ports.comparing, file, files),
    saveNodeSnapshot: async (row) => saveNodeSnapshot(ports, row),
    trySample: async () => trySample(extensionUri),
    inspectOneOf: async (pods) => inspectOneOf(pods),
    inspectOther: async (row) => inspectOtherCommand(ports, row),
    readAllNodes: async () => audits.readAll(),
    exportAudit: async () => audits.export(),
    refreshNodes: async () => nodesView.refresh(),
    readNode: async (row) => nodesView.read(parseNodeTarget(row)),
    showNamespaces: async (row) => documents.open(parseNodeTarget(row)),
    addHost: async () => addHost(),
    removeHost: async (row) => removeHost(row === undefined ? undefined : parseNodeTarget(row).node),
    checkNodeAccess: async (row) => access.check(row),
    chooseWay: async (row) => access.choose(row),
    deleteDebugPods: async () => deleteDebugPods(ports),
    checkLesson: async (argument) => ports.lesson.check(argument),
    copyLessonCommands: async (argument) => copyLessonCommands(argument),
    chooseLessonPlace: async () => ports.lesson.choosePlace(),
    openLesson: async () =>
      vscode.commands.executeCommand("workbench.action.openWalkthrough", lessonWalkthrough, false),
    forgetSecrets: async () => forgetSecrets(secrets, async () => ports.closeNodes()),
    explainFinding: async (code) => explainFinding(extensionUri, String(code)),
    showLog: () => log.show(),
    openSettings: async () => actions.openSettings(),
    getStarted: async () =>
      vscode.commands.executeCommand("workbench.action.openWalkthrough", walkthrough, false),
  };
  for (const [name, run] of Object.entries(commands)) {
    disposables.add(
      vscode.commands.registerCommand(`podSandbox.${name}`, async (argument?: unknown, more?: unknown) =>
        guarded(name, { log, actions }, () => run(argument, more)),
      ),
    );
  }
}

async function deleteDebugPods(ports: CommandPorts): Promise<void> {
  const { l10n, ProgressLocation } = vscode;
  const [problem] = await vscode.window.withProgress(
    { location: ProgressLocation.Notification, title: l10n.t("Deleting debug pods") },
    async () => ports.deleteDebugPods(),
  );
  if (problem !== undefined) throw problem;
}

async function copyRowNsenter({ store }: CommandPorts, row: unknown): Promise<void> {
  const { namespace = "", name } = parseTarget(row);
  const report = store.reportOf({ namespace, name });
  if (report !== undefined) await copyNsenter(report, containerOfRow(row));
}

async function copyRowReport({ store }: CommandPorts, row: unknown): Promise<void> {
  const { namespace = "", name } = parseTarget(row);
  const report = store.reportOf({ namespace, name });
  if (report !== undefined) await copyReport(report, "markdown");
}
