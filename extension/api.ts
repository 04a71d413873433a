/**
 * The public API: what `vscode.extensions.getExtension("pod-sandbox-explorer.pod-sandbox-explorer").activate()` gives.
 * Names and shapes stay as they are for as long as `apiVersion` is 1.
 */
import type { SandboxReport } from "./core/report.ts";

export type { SandboxReport } from "./core/report.ts";

export interface PodSandboxApi {
  readonly apiVersion: 1;
  /**
   * Reads a pod's sandbox from its node, without opening the panel.
   * Throws an Error whose `reason` is one of core/errors.ts; `cancelled` after `signal` was aborted.
   */
  inspect(target: InspectTarget, options?: { readonly signal?: AbortSignal }): Promise<SandboxReport>;
}

/**
 * Which pod. Also the argument of the command `podSandbox.inspect`, which opens the panel and returns the report; what
 * goes wrong it tells the user, and returns undefined.
 */
export interface InspectTarget {
  /** A kubeconfig context; the one that the sidebar shows, or would show, when left out. */
  readonly context?: string;
  /** The Kubernetes namespace. */
  readonly namespace: string;
  /** The pod's name. */
  readonly pod: string;
}
