import * as vscode from "vscode";
import type { Clusters } from "../app/clusters.ts";
import { resolveRef } from "../app/resolve-ref.ts";
import type { PodStore } from "../app/store.ts";
import { SandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { PodRef } from "../core/pod.ts";
import type { AnyReport } from "../core/report.ts";
import { type ErrorActions, guarded } from "./errors.ts";
import { resolveKubernetesRow } from "./kubernetes-extension.ts";
import { parseOtherTarget } from "./nodes-target.ts";
import type { Panels } from "./panels.ts";
import { pickPod } from "./pick-pod.ts";
import type { PodsView } from "./pods-view.ts";
import { withProgress } from "./progress.ts";
import { isKubernetesRow, parseTarget } from "./target.ts";
import { oneLine } from "./text.ts";

export interface InspectPorts {
  readonly log: Log;
  readonly actions: ErrorActions;
  readonly clusters: Clusters;
  readonly store: PodStore;
  readonly view: PodsView;
  readonly panels: Panels;
}

/**
 * "Inspect sandbox": of the pod that was given, else of the one selected in the view, else of one that is picked.
 * Gives the report after opening its panel; undefined when no pod was picked, or where reading failed, which the person
 * is told. Throws SandboxError where it is not known which pod is meant.
 */
export async function inspectCommand(ports: InspectPorts, argument: unknown): Promise<AnyReport | undefined> {
  const ref = await chooseRef(ports, argument);
  if (ref === undefined) return undefined;
  const title = vscode.l10n.t("Inspecting {0}", oneLine(`${ref.namespace}/${ref.name}`));
  // What failed is tried again with another way onto the node, not with another pod.
  return guarded("inspect", ports, async () =>
    ports.panels.inspect({ kind: "pod", ...ref }, async (read) => withProgress(title, read)),
  );
}

/** "Inspect sandbox" of a row in the Nodes view. Throws SandboxError. */
export async function inspectOtherCommand(
  { panels }: Pick<InspectPorts, "panels">,
  row: unknown,
): Promise<AnyReport> {
  const subject = parseOtherTarget(row);
  const title = vscode.l10n.t("Inspecting {0}", oneLine(subject.title));
  return panels.inspect({ kind: "other", ...subject }, async (read) => withProgress(title, read));
}

/** The pod that is meant; undefined when none was picked. Throws SandboxError where it is not known. */
export async function chooseRef(
  { clusters, store, view }: InspectPorts,
  argument: unknown,
): Promise<PodRef | undefined> {
  if (isKubernetesRow(argument)) {
    // That extension works with kubectl's current context, whichever one our view shows.
    return resolveRef(clusters, parseTarget(await resolveKubernetesRow(argument)));
  }
  if (argument !== undefined && argument !== null)
    return resolveRef(clusters, parseTarget(argument), async () => store.usualContext());
  const { selectedPod } = view;
  if (selectedPod !== undefined) {
    // No more than the reference: the panel keeps it, and the row hangs on to others.
    const { context, namespace, name } = selectedPod;
    return { context, namespace, name };
  }
  await store.start();
  if (store.phase.kind === "failed" && store.context === undefined) throw store.phase.error;
  const { context } = store;
  if (context === undefined) throw new SandboxError("context-missing", "no context is open");
  return pickPod(await clusters.open(context), store.defaultNamespace);
}
