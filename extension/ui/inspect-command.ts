import * as vscode from "vscode";
import type { Clusters } from "../app/clusters.ts";
import type { Inspections } from "../app/inspections.ts";
import { resolveRef } from "../app/resolve-ref.ts";
import type { PodStore } from "../app/store.ts";
import { SandboxError } from "../core/errors.ts";
import type { PodRef } from "../core/pod.ts";
import type { SandboxReport } from "../core/report.ts";
import { withSignal } from "./cancellation.ts";
import { resolveKubernetesRow } from "./kubernetes-extension.ts";
import type { Panels } from "./panels.ts";
import { pickPod } from "./pick-pod.ts";
import type { PodsView } from "./pods-view.ts";
import { isKubernetesRow, parseTarget } from "./target.ts";
import { oneLine } from "./text.ts";

export interface InspectPorts {
  readonly clusters: Clusters;
  readonly store: PodStore;
  readonly view: PodsView;
  readonly inspections: Inspections;
  readonly panels: Panels;
}

/**
 * "Inspect sandbox": of the pod that was given, else of the one selected in the view, else of one that is picked.
 * Gives the report after opening its panel; undefined when no pod was picked. Throws SandboxError.
 */
export async function inspectCommand(
  ports: InspectPorts,
  argument: unknown,
): Promise<SandboxReport | undefined> {
  const ref = await chooseRef(ports, argument);
  if (ref === undefined) return undefined;
  const report = await readWithProgress(ports, ref);
  ports.panels.show(ref, report);
  return report;
}

async function chooseRef(
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

async function readWithProgress({ inspections, panels }: InspectPorts, ref: PodRef): Promise<SandboxReport> {
  const title = vscode.l10n.t("Inspecting {0}", oneLine(`${ref.namespace}/${ref.name}`));
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) =>
      withSignal(token, async (signal) => {
        const options = {
          signal,
          onProgress: (message: string) => progress.report({ message: oneLine(message) }),
        };
        // An open panel shows that it is being read again.
        return (panels.find(ref) ?? inspector(inspections, ref)).read(options);
      }),
  );
}

function inspector(
  inspections: Inspections,
  ref: PodRef,
): Pick<NonNullable<ReturnType<Panels["find"]>>, "read"> {
  return { read: async (options) => inspections.inspect(ref, options) };
}
