import type { Arrangement } from "../core/arrange.ts";
import type { CellId, ReportView } from "../core/report-view.ts";
import type { NamespaceType } from "../core/namespaces.ts";
import type { AnyReport } from "../core/report.ts";

/** Which sandbox a panel is about: enough to find it again, and to name it before it has been read. */
export type PanelSubject =
  | { readonly kind: "pod"; readonly context: string; readonly namespace: string; readonly name: string }
  | {
      readonly kind: "other";
      /** The kubeconfig context that the node is of; null for an SSH host that the user added. */
      readonly context: string | null;
      /** The node's name, or the SSH host as the user wrote it. */
      readonly node: string;
      /** OtherSandbox.key of core/report.ts. */
      readonly key: string;
      /** OtherSandbox.title. */
      readonly title: string;
    };

/** What the panel shows. A whole snapshot: the webview keeps nothing that the host could not send again. */
export interface PanelState {
  readonly subject: PanelSubject;
  /** True while the sandbox is being read (again). */
  readonly reading: boolean;
  /** The last report, if any; stays when a later reading fails. */
  readonly report: AnyReport | null;
  /** Why the last reading failed, or null. */
  readonly error: PanelError | null;
  /** Where the report comes from. What is in a file is not read again, and there is no node to open a terminal on. */
  readonly source: PanelSource;
  /** How the reader wants the columns. */
  readonly arrangement: Arrangement;
  /** The cell whose explanation is open, or null. */
  readonly asked: CellId | null;
}

/** The state with all that is made of it; see shown-state.ts. */
export interface ShownState extends PanelState {
  /** null where there is no report. */
  readonly view: ReportView | null;
}

/** `title`: the file's name, or what else the report is called that no node was asked for. */
export type PanelSource = { readonly kind: "live" } | { readonly kind: "file"; readonly title: string };

/** One Linux namespace within one report. */
export interface NamespaceId {
  readonly type: NamespaceType;
  /** nsfs inode, decimal. */
  readonly inode: string;
}

export interface PanelError {
  readonly title: string;
  readonly next: string;
  readonly detail: string;
  /** What may be done about the way onto the node; none where it is not the way that has failed. */
  readonly offers: readonly ("chooseWay" | "checkAccess")[];
}

/** Host -> webview. `revision` grows by one with each change; an older one than the last seen is dropped. */
export interface HostMessage {
  readonly type: "state";
  readonly revision: number;
  readonly state: ShownState;
}

/** Webview -> host. */
export type WebviewMessage =
  | { readonly type: "ready" }
  | { readonly type: "readAgain" }
  | { readonly type: "cancel" }
  | { readonly type: "copy"; readonly what: "markdown" | "json" }
  | { readonly type: "copyText"; readonly text: string }
  | { readonly type: "saveSnapshot" }
  | { readonly type: "compareWith" }
  | { readonly type: "explainFinding"; readonly code: string }
  | { readonly type: "chooseWay" }
  | { readonly type: "checkAccess" }
  | { readonly type: "showLog" }
  /** A drawing to be saved: an SVG document, or a PNG file in base64. */
  | { readonly type: "saveDrawing"; readonly format: "svg" | "png"; readonly data: string }
  | { readonly type: "openSettings" }
  | { readonly type: "showInNode" }
  | { readonly type: "openTerminal" }
  | { readonly type: "copyNsenter" }
  | { readonly type: "arrange"; readonly arrangement: Arrangement }
  /** Opens the explanation of a cell, or closes the one that is open. */
  | { readonly type: "explainCell"; readonly cell: CellId | null }
  /** The Linux namespace that the reader looks at, or null for none any more. */
  | { readonly type: "highlight"; readonly namespace: NamespaceId | null };
