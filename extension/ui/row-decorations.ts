import * as vscode from "vscode";
import * as z from "zod/mini";
import type { PodStore } from "../app/store.ts";
import type { SandboxReport } from "../core/report.ts";
import { isTouched, type Lit, type PodPart, type RowMark, rowMark } from "./row-mark.ts";
import type { ContainerRow, PodRow, SandboxRow } from "./rows.ts";

/** Of what no file, no editor and no other extension's row has. */
const scheme = "pod-sandbox-row";

const part = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("pod") }),
  z.object({ kind: z.literal("sandbox") }),
  z.object({
    kind: z.literal("container"),
    name: z.string(),
    containerKind: z.enum(["infra", "app", "init", "sidecar", "ephemeral", "processes"]),
  }),
]);
const query = z.object({ uid: z.string(), part });

/** Marks behind the rows of inspected pods: how much was found, and who is in the Linux namespace that is looked at. */
export class RowDecorations implements vscode.FileDecorationProvider, vscode.Disposable {
  readonly #store: PodStore;
  readonly #changed = new vscode.EventEmitter<vscode.Uri[]>();
  readonly #registered: vscode.Disposable;
  readonly #listening: { close(): void };
  #lit: Lit | undefined;

  readonly onDidChangeFileDecorations: vscode.Event<vscode.Uri[]> = this.#changed.event;

  constructor(store: PodStore) {
    this.#store = store;
    this.#registered = vscode.window.registerFileDecorationProvider(this);
    this.#listening = store.onChange((change) => {
      if (change.kind !== "report") return;
      const report = store.report(change.uid);
      if (report !== undefined) this.#changed.fire(urisOf(report));
    });
  }

  /** Lights up who is in it, and puts out what was lit before. Gives the reports of the pods whose rows are different now. */
  light(lit: Lit | undefined): readonly SandboxReport[] {
    const touched = this.#store
      .inspected()
      .filter((report) => [this.#lit, lit].some((one) => one !== undefined && isTouched(report, one)));
    this.#lit = lit;
    if (touched.length > 0) this.#changed.fire(touched.flatMap(urisOf));
    return touched;
  }

  /** What a row says of this, for who cannot see it. */
  markOf(row: PodRow | SandboxRow | ContainerRow): RowMark | undefined {
    const uid = row.kind === "pod" ? row.uid : row.parent.uid;
    return this.#mark(uid, partOf(row));
  }

  provideFileDecoration(of: vscode.Uri): vscode.FileDecoration | undefined {
    if (of.scheme !== scheme) return undefined;
    const asked = query.safeParse(parsed(of.query)).data;
    const mark = asked === undefined ? undefined : this.#mark(asked.uid, asked.part);
    if (mark === undefined) return undefined;
    return new vscode.FileDecoration(mark.badge, mark.words, new vscode.ThemeColor(colour[mark.tone]));
  }

  dispose(): void {
    this.#registered.dispose();
    this.#listening.close();
    this.#changed.dispose();
  }

  #mark(uid: string, of: PodPart): RowMark | undefined {
    return rowMark(of, this.#store.report(uid), this.#lit);
  }
}

/** By which VS Code asks for the marks of a row. */
export function uriOf(row: PodRow | SandboxRow | ContainerRow): vscode.Uri {
  return uri(row.kind === "pod" ? row.uid : row.parent.uid, partOf(row));
}

function partOf(row: PodRow | SandboxRow | ContainerRow): PodPart {
  const { kind } = row;
  return kind === "container" ? { kind, name: row.name, containerKind: row.containerKind } : { kind };
}

function urisOf({ pod: { uid }, containers }: SandboxReport): vscode.Uri[] {
  return [
    uri(uid, { kind: "pod" }),
    uri(uid, { kind: "sandbox" }),
    ...containers.map(({ name, kind }) => uri(uid, { kind: "container", name, containerKind: kind })),
  ];
}

function uri(uid: string, of: PodPart): vscode.Uri {
  return vscode.Uri.from({ scheme, path: "/", query: JSON.stringify({ uid, part: of }) });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const colour: Readonly<Record<RowMark["tone"], string>> = {
  error: "list.errorForeground",
  warning: "list.warningForeground",
  lit: "charts.blue",
};
