import type { SandboxReport } from "../core/report.ts";

/** What the panel shows. A whole snapshot: the webview keeps nothing that the host could not send again. */
export interface PanelState {
  readonly pod: { readonly context: string; readonly namespace: string; readonly name: string };
  /** True while the sandbox is being read (again). */
  readonly reading: boolean;
  /** The last report, if any; stays when a later reading fails. */
  readonly report: SandboxReport | null;
  /** Why the last reading failed, or null. */
  readonly error: { readonly title: string; readonly next: string; readonly detail: string } | null;
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
  | { readonly type: "showLog" }
  | { readonly type: "openSettings" };
