import * as vscode from "vscode";
import type { NodesView } from "./nodes-view.ts";
import { parseNodeTarget } from "./nodes-target.ts";
import { snapshotViewType } from "./snapshot-editor.ts";
import { saveSnapshot } from "./snapshot-files.ts";

/** Taken from a real node by test/support/cluster/take-sample.ts. */
const sample = ["media", "sample-pod.sandbox.json"] as const;

/** "Try with a sample pod": what the product shows, with no cluster at all. */
export async function trySample(extensionUri: vscode.Uri): Promise<void> {
  await vscode.commands.executeCommand(
    "vscode.openWith",
    vscode.Uri.joinPath(extensionUri, ...sample),
    snapshotViewType,
  );
}

/** "Save node snapshot…" of a row in the Nodes view; a node that was not read yet is read first. */
export async function saveNodeSnapshot(
  { nodesView, savedBy }: { readonly nodesView: NodesView; readonly savedBy: string },
  row: unknown,
): Promise<void> {
  const view = await nodesView.viewOf(parseNodeTarget(row));
  await saveSnapshot({ kind: "node", view }, savedBy);
}
