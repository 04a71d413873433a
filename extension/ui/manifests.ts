import * as vscode from "vscode";
import type { Manifest } from "../core/manifest/manifest.ts";
import type { TextRange } from "../core/manifest/yaml-reader.ts";

/** YAML of any origin, and the Kubernetes extension's documents of objects in a cluster, YAML or JSON. */
export const manifestSelector: vscode.DocumentSelector = [
  { language: "yaml" },
  { scheme: "k8smsx" },
  { scheme: "k8smsxro" },
];

/** Keeps what was read of a document for as long as it is open and not edited. */
export class ManifestReader {
  readonly #known = new WeakMap<
    vscode.TextDocument,
    { readonly version: number; readonly manifest: Manifest }
  >();

  async read(document: vscode.TextDocument): Promise<Manifest> {
    // The YAML parser is loaded when it is first needed.
    const loaded = await import("../core/manifest/manifest.ts");
    const { version } = document;
    const last = this.#known.get(document);
    if (last?.version === version) return last.manifest;
    const manifest = new loaded.Manifest(document.getText());
    this.#known.set(document, { version, manifest });
    return manifest;
  }
}

export function rangeIn(document: vscode.TextDocument, [start, end]: TextRange): vscode.Range {
  return new vscode.Range(document.positionAt(start), document.positionAt(end));
}

/** One call for many that come within `ms` of each other; none after `dispose`. */
export class Debounced implements vscode.Disposable {
  readonly #run: () => void;
  readonly #ms: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(run: () => void, ms: number) {
    this.#run = run;
    this.#ms = ms;
  }

  call(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#run, this.#ms);
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }
}
