import * as vscode from "vscode";
import { SandboxError } from "../core/errors.ts";
import {
  longestFile,
  parseSnapshot,
  type Snapshot,
  type SnapshotContent,
  writeSnapshot,
} from "../core/snapshot/snapshot.ts";
import { toMarkdown } from "../core/markdown.ts";
import { nodeTable } from "../core/node-table.ts";
import { namedIn, titleOf } from "../core/subject.ts";

export const snapshotEnding = ".sandbox.json";

/** Reads a snapshot's file, wherever VS Code can read one. Throws SandboxError `snapshot-invalid`, and as VS Code does. */
export async function readSnapshot(uri: vscode.Uri): Promise<Snapshot> {
  // What is too large is not even read: the host would have to hold all of it.
  if ((await vscode.workspace.fs.stat(uri)).size > longestFile) {
    const detail = vscode.l10n.t("it is too large");
    throw new SandboxError("snapshot-invalid", detail, { facts: { file: nameOf(uri), detail } });
  }
  const bytes = await vscode.workspace.fs.readFile(uri);
  return parseSnapshot(new TextDecoder().decode(bytes), nameOf(uri));
}

/** The last part of its path. */
export function nameOf(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf("/") + 1);
}

/** Asks where to; a file that ends in .md or .txt gets what people read instead. */
export async function saveSnapshot(content: SnapshotContent, savedBy: string): Promise<void> {
  const { l10n } = vscode;
  const title = content.kind === "report" ? titleOf(namedIn(content.report)).name : content.view.node.name;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const name = `${fileNamePart(title)}${snapshotEnding}`;
  const target = await vscode.window.showSaveDialog({
    title: l10n.t("Save snapshot"),
    filters:
      content.kind === "report"
        ? { [l10n.t("Snapshot")]: ["sandbox.json", "json"], Markdown: ["md"] }
        : { [l10n.t("Snapshot")]: ["sandbox.json", "json"], [l10n.t("Text")]: ["txt"] },
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) }),
  });
  if (target === undefined) return;
  const text = textFor(target.path.toLowerCase(), content) ?? writeSnapshot(content, new Date(), savedBy);
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  vscode.window.setStatusBarMessage(l10n.t("$(check) Saved"), 3000);
}

function textFor(path: string, content: SnapshotContent): string | undefined {
  if (content.kind === "report") return path.endsWith(".md") ? toMarkdown(content.report) : undefined;
  return path.endsWith(".txt") ? nodeTable(content.view) : undefined;
}

/** A name comes from the cluster or from a node and must not lead to another folder. */
export function fileNamePart(name: string): string {
  return name.replaceAll(/[^-.a-z0-9]/giu, "_").replace(/^\.+/u, "") || "unnamed";
}
