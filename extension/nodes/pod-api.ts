import type { RunningCommand, TerminalStream } from "./session.ts";

/** Where a debug pod is. */
export interface DebugPodRef {
  readonly namespace: string;
  readonly name: string;
  /** metadata.uid: a pod that took the name later is not ours to delete. */
  readonly uid: string;
}

/** What debug pods need of one cluster's API; made by openPodApi of the room `cluster`. Every method throws SandboxError. */
export interface PodApi {
  /** Which of the verbs that a debug pod takes the user lacks in a Kubernetes namespace, such as "create pods/exec". */
  missingRights(namespace: string, signal: AbortSignal): Promise<readonly string[]>;
  /** `debug-pod-refused` where admission says no, `forbidden` where RBAC does. `manifest` is the Pod object as JSON. */
  createPod(namespace: string, manifest: unknown, signal: AbortSignal): Promise<DebugPodRef>;
  /** Resolves when its container runs; `debug-pod-failed` when it will not. */
  waitUntilRunning(pod: DebugPodRef, signal: AbortSignal): Promise<void>;
  /**
   * Over the exec subresource of the pod's only container. `debug-pod-failed` where the pod is not there any more.
   * With servers before 1.30 the end of stdin does not arrive: a command has to end by itself.
   */
  exec(pod: DebugPodRef, argv: readonly string[], signal: AbortSignal): Promise<RunningCommand>;
  /** The same with a terminal, whose size is yet to be told: what it prints comes as its stdout. It goes on when it is stopped. */
  execTerminal(
    pod: DebugPodRef,
    argv: readonly string[],
    signal: AbortSignal,
  ): Promise<Omit<TerminalStream, "kind">>;
  /** Done when the pod is gone from the API; a pod that is not there is no error. */
  deletePod(pod: DebugPodRef, signal: AbortSignal): Promise<void>;
  /** Pods by label in one Kubernetes namespace. */
  listPods(
    namespace: string,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<readonly DebugPodRef[]>;
}
