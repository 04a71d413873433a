import * as vscode from "vscode";
import type { HoverLookup } from "../app/hover-lookup.ts";
import { hoverMarkdown, inspectCommand } from "../core/hover-markdown.ts";
import { hoverBlocks, type HoverPod } from "../core/hover-text.ts";
import type { PodTemplate } from "../core/manifest/pod-template.ts";
import { manifestSelector, type ManifestReader, rangeIn } from "./manifests.ts";

/** Shows, over the fields of a pod's manifest that decide it, what the pod's containers will share. */
export function registerHover(lookup: HoverLookup, manifests: ManifestReader): vscode.Disposable {
  return vscode.languages.registerHoverProvider(manifestSelector, {
    async provideHover(document, position, token) {
      const manifest = await manifests.read(document);
      if (token.isCancellationRequested) return undefined;
      const hit = manifest.at(document.offsetAt(position));
      if (hit === undefined) return undefined;
      const pods = await podsFor(hit.template, lookup);
      if (token.isCancellationRequested) return undefined;
      const blocks = hoverBlocks({ hit, pods, now: Date.now() });
      const text = new vscode.MarkdownString(hoverMarkdown(blocks));
      // One command only: the text comes from files and clusters.
      text.isTrusted = { enabledCommands: [inspectCommand] };
      return new vscode.Hover(text, rangeIn(document, hit.range));
    },
  });
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
