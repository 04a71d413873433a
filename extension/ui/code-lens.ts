import * as vscode from "vscode";
import * as z from "zod/mini";
import type { HoverLookup } from "../app/hover-lookup.ts";
import { inspectCommand } from "../core/hover-markdown.ts";
import type { PodTemplate } from "../core/manifest/pod-template.ts";
import type { PodRef } from "../core/pod.ts";
import { Disposables } from "./disposables.ts";
import { Debounced, manifestSelector, type ManifestReader, rangeIn } from "./manifests.ts";
import { section } from "./settings.ts";
import { withoutIcons } from "./text.ts";

const setting = "codeLens";
const inspectOneOfCommand = "podSandbox.inspectOneOf";
/** A cluster tells of many pods in a row. */
const settleMs = 300;
/** Pods of one workload that a person is offered to choose from. */
const maxPods = 500;

/** "Inspect sandbox" over each pod and workload of a manifest that has pods in the cluster which is open. */
export function registerCodeLens(
  lookup: HoverLookup,
  manifests: ManifestReader,
  onError: (thrown: unknown) => void,
): vscode.Disposable {
  const disposables = new Disposables(onError);
  const changed = disposables.add(new vscode.EventEmitter<void>());
  const later = disposables.add(new Debounced(() => changed.fire(), settleMs));
  disposables.addClosable(lookup.onPodsChanged(() => later.call()));
  disposables.add(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`${section}.${setting}`)) changed.fire();
    }),
  );
  disposables.add(
    vscode.languages.registerCodeLensProvider(manifestSelector, {
      onDidChangeCodeLenses: changed.event,
      async provideCodeLenses(document, token) {
        if (!isOn(document)) return [];
        const manifest = await manifests.read(document);
        if (token.isCancellationRequested) return [];
        return manifest.templates().flatMap(({ range, template }) => {
          const command = commandFor(podsFor(template, lookup));
          return command === undefined ? [] : [new vscode.CodeLens(rangeIn(document, range), command)];
        });
      },
    }),
  );
  return disposables;
}

function isOn(document: vscode.TextDocument): boolean {
  return vscode.workspace.getConfiguration(section, document).get<unknown>(setting) !== false;
}

function podsFor({ kind, name, namespace }: PodTemplate, lookup: HoverLookup): readonly PodRef[] {
  return name === undefined ? [] : lookup.knownPodsOf({ kind, name, namespace });
}

function commandFor(pods: readonly PodRef[]): vscode.Command | undefined {
  const [first] = pods;
  if (first === undefined) return undefined;
  if (pods.length === 1) {
    return {
      title: vscode.l10n.t("Inspect sandbox"),
      command: inspectCommand,
      arguments: [{ context: first.context, namespace: first.namespace, pod: first.name }],
    };
  }
  return {
    title: vscode.l10n.t("Inspect sandbox of {0} pods…", pods.length),
    command: inspectOneOfCommand,
    arguments: [pods.slice(0, maxPods)],
  };
}

const shown = z.string().check(z.minLength(1), z.maxLength(1000));
const podsArgument = z
  .array(z.object({ context: shown, namespace: shown, name: shown }))
  .check(z.minLength(1), z.maxLength(maxPods));

/** Asks which of a workload's pods is meant, and inspects that; does nothing where none is chosen. */
export async function inspectOneOf(argument: unknown): Promise<unknown> {
  const pods = podsArgument.safeParse(argument).data;
  if (pods === undefined) return undefined;
  const chosen = await vscode.window.showQuickPick(
    pods.map((pod) => ({
      label: withoutIcons(pod.name),
      description: vscode.l10n.t("Kubernetes namespace {0}", withoutIcons(pod.namespace)),
      pod,
    })),
    { title: vscode.l10n.t("Inspect sandbox"), placeHolder: vscode.l10n.t("A pod of this workload") },
  );
  if (chosen === undefined) return undefined;
  const { context, namespace, name } = chosen.pod;
  return vscode.commands.executeCommand(inspectCommand, { context, namespace, pod: name });
}
