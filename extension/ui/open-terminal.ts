import * as vscode from "vscode";
import type { InspectOptions } from "../app/inspections.ts";
import type { NodePlace } from "../app/node-place.ts";
import { enterables, enterCommand, entranceDetail, type Enterable, type Entrance } from "../core/enter.ts";
import type { AnyReport } from "../core/report.ts";
import { namedIn, titleOf } from "../core/subject.ts";
import type { NodeTerminal } from "../nodes/session.ts";
import type { TerminalRequest } from "../nodes/transport.ts";
import type { PanelSubject } from "../protocol/messages.ts";
import { chooseRef, type InspectPorts } from "./inspect-command.ts";
import { isOtherRow, parseOtherTarget } from "./nodes-target.ts";
import { withProgress } from "./progress.ts";
import { StreamTerminal } from "./stream-terminal.ts";
import { containerOfRow } from "./target.ts";
import { oneLine, withoutIcons } from "./text.ts";

export interface TerminalPorts {
  /** Starts a command on the node that is there, by the way that leads onto it. Throws SandboxError. */
  startOnNode(place: NodePlace, request: TerminalRequest, options: InspectOptions): Promise<NodeTerminal>;
}

export interface TerminalCommandPorts extends InspectPorts {
  readonly terminals: TerminalPorts;
  /** Reads a sandbox anew. Throws SandboxError. */
  read(subject: PanelSubject, options: InspectOptions): Promise<AnyReport>;
}

/** "Open terminal in sandbox" of a row, else of a pod as "Inspect sandbox" chooses one. Throws SandboxError. */
export async function openTerminalCommand(ports: TerminalCommandPorts, argument: unknown): Promise<void> {
  const subject = await subjectOf(ports, argument);
  if (subject === undefined) return;
  const name = subject.kind === "pod" ? `${subject.namespace}/${subject.name}` : subject.title;
  const title = vscode.l10n.t("Inspecting {0}", oneLine(name));
  const report = await withProgress(title, async (options) => ports.read(subject, options));
  await openTerminal(ports.terminals, subject, report, containerOfRow(argument));
}

/**
 * Asks where in the sandbox the terminal is to be, and opens it. Throws SandboxError.
 *
 * @param container - name of the one that is meant; by default it is asked for.
 */
export async function openTerminal(
  ports: TerminalPorts,
  subject: PanelSubject,
  report: AnyReport,
  container?: string,
): Promise<void> {
  const { l10n } = vscode;
  const all = enterables(report);
  const named = all.filter((one) => one.container.name === container);
  const offered = named.length === 0 ? all : named;
  const { name } = titleOf(namedIn(report));
  if (offered.length === 0) {
    void vscode.window.showInformationMessage(
      l10n.t(
        "There is nothing to enter in {0}: no running process with Linux namespaces of its own was seen on the node.",
        oneLine(name),
      ),
    );
    return;
  }
  const [only] = offered;
  const chosen = offered.length === 1 ? only : await chooseContainer(name, offered);
  if (chosen === undefined) return;
  const entrances = await chooseEntrances(chosen);
  if (entrances.length === 0) return;

  const argv = enterCommand(chosen, entrances, report.node);
  const node = subject.kind === "pod" ? report.node.name : subject.node;
  const size = { columns: 80, rows: 24 };
  const terminal = await withProgress(l10n.t("Opening a terminal on {0}", oneLine(node)), async (options) =>
    ports.startOnNode({ context: subject.context, node }, { argv, size }, options),
  );
  const inside = entrances.join(", ");
  show(terminal, {
    name: `${oneLine(chosen.container.name)}: ${inside}`,
    intro: l10n.t(
      "Linux namespaces of {0} on {1}: {2}. What you type runs there as root.",
      oneLine(chosen.container.name),
      oneLine(node),
      inside,
    ),
  });
}

async function subjectOf(ports: InspectPorts, argument: unknown): Promise<PanelSubject | undefined> {
  if (isOtherRow(argument)) return { kind: "other", ...parseOtherTarget(argument) };
  const ref = await chooseRef(ports, argument);
  return ref === undefined ? undefined : { kind: "pod", ...ref };
}

async function chooseContainer(name: string, offered: readonly Enterable[]): Promise<Enterable | undefined> {
  const { l10n } = vscode;
  const items = offered.map((enterable) => {
    const { container, pid } = enterable;
    return {
      label: withoutIcons(container.name),
      description: l10n.t("PID {0}", pid),
      detail: withoutIcons(container.image),
      enterable,
    };
  });
  const chosen = await vscode.window.showQuickPick(items, {
    title: l10n.t("Open terminal in {0}", oneLine(name)),
    placeHolder: l10n.t("Whose Linux namespaces are to be entered"),
  });
  return chosen?.enterable;
}

/** Empty where nothing was chosen. */
async function chooseEntrances({ container, entrances }: Enterable): Promise<readonly Entrance[]> {
  const { l10n } = vscode;
  const items = entrances.map((entrance, index) => ({
    label: entrance,
    detail: entranceDetail(entrance),
    picked: index === 0,
    entrance,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: l10n.t("Open terminal in {0}", oneLine(container.name)),
    placeHolder: l10n.t("Linux namespaces to enter; all else is the node's own"),
    canPickMany: true,
  });
  const picked = (chosen ?? []).map(({ entrance }) => entrance);
  return picked.includes("all") ? ["all"] : picked;
}

function show(terminal: NodeTerminal, { name, intro }: { name: string; intro: string }): void {
  const iconPath = new vscode.ThemeIcon("inspect");
  if (terminal.kind === "stream") {
    const pty = new StreamTerminal(terminal, intro);
    vscode.window.createTerminal({ name, pty, iconPath, isTransient: true }).show();
    return;
  }
  const { file, args, env } = terminal;
  const options = { name, iconPath, isTransient: true, message: intro, env: { ...env } };
  const shown = vscode.window.createTerminal({ ...options, shellPath: file, shellArgs: [...args] });
  const listening = vscode.window.onDidCloseTerminal((closed) => {
    if (closed === shown) terminal.stop();
  });
  void terminal.gone.then(() => {
    listening.dispose();
    shown.dispose();
  });
  shown.show();
}
