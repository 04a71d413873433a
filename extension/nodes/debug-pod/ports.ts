import type { SandboxError } from "../../core/errors.ts";
import type { DebugPodLedger } from "./ledger.ts";

/** What the user is to read and to agree to before a debug pod is created. */
export interface DebugPodQuestion {
  readonly context: string;
  readonly node: string;
  /** The Kubernetes namespace that the pod is created in. */
  readonly namespace: string;
  /** The whole Pod object as it is sent, as YAML. */
  readonly manifestYaml: string;
  readonly image: string;
}

/** What debug pods need beside the cluster's API. */
export interface DebugPodPorts {
  /** False = nothing is created. When `signal` aborts nobody waits for the answer any more. */
  agree(question: DebugPodQuestion, signal: AbortSignal): Promise<boolean>;
  readonly ledger: DebugPodLedger;
  /** A pod of ours is still there, although nobody needs it any more: `debug-pod-left`, to be said to the user. */
  left(problem: SandboxError): void;
}
