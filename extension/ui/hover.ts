import * as vscode from "vscode";
import type { HoverLookup } from "../app/hover-lookup.ts";
import { hoverMarkdown, inspectCommand } from "../core/hover-markdown.ts";
import { hoverBlocks, type HoverPod } from "../core/hover-text.ts";
import type { Manifest } from "../core/manifest/manifest.ts";
import type { PodTemplate } from "../core/manifest/pod-template.ts";

/** YAML of any origin, and the Kubernetes extension's documents of objects in a cluster, YAML or JSON. */
const selector: vscode.DocumentSelector = [
  { language: "yaml" },
  { scheme: "k8smsx" },
  { scheme: "k8smsxro" },
];

/** Shows, over the fields of a pod's manifest that decide it, what the pod's containers will share. */
export function registerHover(lookup: HoverLookup): vscode.Disposable {
  const read = manifestReader();
  return vscode.languages.registerHoverProvider(selector, {
    async provideHover(document, position, token) {
      const manifest = await read(document);
      if (token.isCancellationRequested) return undefined;
      const hit = manifest.at(document.offsetAt(position));
      if (hit === undefined) return undefined;
      const pods = await podsFor(hit.template, lookup);
      if (token.isCancellationRequested) return undefined;
      const blocks = hoverBlocks({ hit, pods, now: Date.now() });
      const text = new vscode.MarkdownString(hoverMarkdown(blocks));
      // One command only: the text comes from files and clusters.
      text.isTrusted = { enabledCommands: [inspectCommand] };
      const [start, end] = hit.range;
      return new vscode.Hover(text, new vscode.Range(document.positionAt(start), document.positionAt(end)));
    },
  });
}

/** Keeps what was read of a document for as long as it is open and not edited. */
function manifestReader(): (document: vscode.TextDocument) => Promise<Manifest> {
  const known = new WeakMap<vscode.TextDocument, { readonly version: number; readonly manifest: Manifest }>();
  return async (document) => {
    // The YAML parser is loaded when a hover first needs it.
    const loaded = await import("../core/manifest/manifest.ts");
    const { version } = document;
    const last = known.get(document);
    if (last?.version === version) return last.manifest;
    const manifest = new loaded.Manifest(document.getText());
    known.set(document, { version, manifest });
    return manifest;
  };
}

/** Inspected ones first: there may be room for only a few. */
async function podsFor(
  { kind, name, namespace }: PodTemplate,
  lookup: HoverLookup,
): Promise<readonly HoverPod[]> {
  if (name === undefined) return [];
  const refs = await lookup.podsOf({ kind, name, namespace });
  const pods = refs.map((ref): HoverPod => ({ ref, report: lookup.lastReport(ref) }));
  return pods.toSorted((a, b) => Number(b.report !== undefined) - Number(a.report !== undefined));
}
