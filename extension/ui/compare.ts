import * as vscode from "vscode";
import * as z from "zod/mini";
import type { Clusters } from "../app/clusters.ts";
import type { InspectOptions } from "../app/inspections.ts";
import type { PastReports } from "../app/past-reports.ts";
import { resolveRef } from "../app/resolve-ref.ts";
import type { PodStore } from "../app/store.ts";
import { SandboxError } from "../core/errors.ts";
import type { PodRef } from "../core/pod.ts";
import type { AnyReport } from "../core/report.ts";
import type { PanelSubject } from "../protocol/messages.ts";
import type { Comparisons } from "./comparison-panel.ts";
import { parseOtherTarget } from "./nodes-target.ts";
import { pickPod } from "./pick-pod.ts";
import type { PodsView } from "./pods-view.ts";
import { withProgress } from "./progress.ts";
import { readSnapshot } from "./snapshot-files.ts";
import { parseTarget } from "./target.ts";
import { oneLine, withoutIcons } from "./text.ts";

export interface ComparePorts {
  readonly comparisons: Comparisons;
  readonly past: PastReports;
  readonly clusters: Clusters;
  readonly store: PodStore;
  readonly view: PodsView;
  /** Throws SandboxError. */
  read(subject: PanelSubject, options: InspectOptions): Promise<AnyReport>;
}

/** "Compare with…": of the row that was given, else of the pod selected in the view, else of one that is picked. */
export async function compareCommand(ports: ComparePorts, argument: unknown): Promise<void> {
  const subject = await chooseSubject(ports, argument);
  if (subject !== undefined) await compareWith(ports, await readNow(ports, subject));
}

/** Lets a person choose what is to stand beside a report. Throws SandboxError. */
export async function compareWith(ports: ComparePorts, left: AnyReport): Promise<void> {
  const { l10n } = vscode;
  const kinds = {
    pod: { label: l10n.t("Another pod…") },
    past: { label: l10n.t("An earlier reading of it…") },
    file: { label: l10n.t("A snapshot file…") },
    node: { label: l10n.t("The node…"), description: l10n.t("one container beside its node") },
  };
  const past = ports.past.before(left);
  const chosen = await vscode.window.showQuickPick(
    [kinds.pod, ...(past.length === 0 ? [] : [kinds.past]), kinds.file, kinds.node],
    { title: l10n.t("Compare with") },
  );
  if (chosen === kinds.node) {
    const container = await chooseContainer(left);
    if (container !== undefined) {
      ports.comparisons.open({ kind: "node", report: left, container, nodeFirst: false });
    }
    return;
  }
  const right =
    chosen === kinds.pod
      ? await otherPod(ports)
      : chosen === kinds.past
        ? await choosePast(past)
        : chosen === kinds.file
          ? await fileReport()
          : undefined;
  // What is earlier stands on the left.
  if (right === undefined) return;
  ports.comparisons.open(
    chosen === kinds.past ? { kind: "reports", left: right, right: left } : { kind: "reports", left, right },
  );
}

const uri = z.custom<vscode.Uri>((value) => value instanceof vscode.Uri);

/** "Compare sandbox snapshots" of two files in the Explorer, which gives the one that was clicked, and all selected. */
export async function compareSnapshots(
  { comparisons }: Pick<ComparePorts, "comparisons">,
  clicked: unknown,
  selected: unknown,
): Promise<void> {
  const given = z.array(uri).safeParse(selected).data ?? [];
  const one = uri.safeParse(clicked).data;
  const [first, second] = given.length === 2 ? given : [one, await askForFile()];
  if (first === undefined || second === undefined) return;
  comparisons.open({ kind: "reports", left: await reportIn(first), right: await reportIn(second) });
}

async function chooseSubject(ports: ComparePorts, argument: unknown): Promise<PanelSubject | undefined> {
  if (z.object({ kind: z.literal("other") }).safeParse(argument).success) {
    return { kind: "other", ...parseOtherTarget(argument) };
  }
  const ref = await chooseRef(ports, argument);
  return ref === undefined ? undefined : { kind: "pod", ...ref };
}

async function chooseRef(ports: ComparePorts, argument: unknown): Promise<PodRef | undefined> {
  const { clusters, store, view } = ports;
  if (argument !== undefined && argument !== null) {
    return resolveRef(clusters, parseTarget(argument), async () => store.usualContext());
  }
  const { selectedPod } = view;
  if (selectedPod === undefined) return anyPod(ports);
  const { context, namespace, name } = selectedPod;
  return { context, namespace, name };
}

async function anyPod({ clusters, store }: ComparePorts): Promise<PodRef | undefined> {
  await store.start();
  if (store.phase.kind === "failed" && store.context === undefined) throw store.phase.error;
  if (store.context === undefined) throw new SandboxError("context-missing", "no context is open");
  return pickPod(await clusters.open(store.context), store.defaultNamespace);
}

async function otherPod(ports: ComparePorts): Promise<AnyReport | undefined> {
  const ref = await anyPod(ports);
  return ref === undefined ? undefined : readNow(ports, { kind: "pod", ...ref });
}

async function readNow(ports: ComparePorts, subject: PanelSubject): Promise<AnyReport> {
  const name = subject.kind === "pod" ? `${subject.namespace}/${subject.name}` : subject.title;
  return withProgress(vscode.l10n.t("Inspecting {0}", oneLine(name)), async (options) =>
    ports.read(subject, options),
  );
}

async function choosePast(past: readonly AnyReport[]): Promise<AnyReport | undefined> {
  const items = past.map((report) => ({ label: new Date(report.takenAt).toLocaleString(), report }));
  const title = vscode.l10n.t("Earlier readings in this window");
  return (await vscode.window.showQuickPick(items, { title }))?.report;
}

async function chooseContainer({ containers }: AnyReport): Promise<number | undefined> {
  const items = containers.map(({ name, state }, index) => ({
    label: withoutIcons(name),
    description: withoutIcons(state),
    index,
  }));
  return (
    await vscode.window.showQuickPick(items, { title: vscode.l10n.t("Container to compare with its node") })
  )?.index;
}

async function fileReport(): Promise<AnyReport | undefined> {
  const file = await askForFile();
  return file === undefined ? undefined : reportIn(file);
}

async function askForFile(): Promise<vscode.Uri | undefined> {
  const { l10n } = vscode;
  const chosen = await vscode.window.showOpenDialog({
    title: l10n.t("Compare with a snapshot"),
    filters: { [l10n.t("Snapshot")]: ["json"] },
  });
  return chosen?.[0];
}

/** Throws SandboxError `snapshot-invalid` for the snapshot of a node too. */
async function reportIn(file: vscode.Uri): Promise<AnyReport> {
  const { content } = await readSnapshot(file);
  if (content.kind === "report") return content.report;
  const detail = vscode.l10n.t("it is of a whole node, and sandboxes are compared");
  throw new SandboxError("snapshot-invalid", detail, { facts: { detail } });
}
