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
  readonly state: PanelState;
}

/** Webview -> host. */
export type WebviewMessage =
  | { readonly type: "ready" }
  | { readonly type: "readAgain" }
  | { readonly type: "cancel" }
  | { readonly type: "copy"; readonly what: "markdown" | "json" }
  | { readonly type: "copyText"; readonly text: string }
  | { readonly type: "saveReport" }
  | { readonly type: "explainFinding"; readonly code: string }
  | { readonly type: "chooseWay" }
  | { readonly type: "checkAccess" }
  | { readonly type: "showLog" }
  | { readonly type: "openSettings" };
