import type { ContainerState, Pod, PodContainer } from "../core/pod.ts";

/** How a state is to be seen at a glance. */
export type Tone = "good" | "busy" | "bad" | "over" | "unknown";

export interface PodState {
  /** One word or two, as kubectl's STATUS column has them: "Running", "CrashLoopBackOff", "Init 0/2". Untrusted text. */
  readonly word: string;
  readonly tone: Tone;
  /** Containers that are to run side by side: those ready, and all. Init and ephemeral ones do not count. */
  readonly ready: number;
  readonly wanted: number;
}

/** Waiting for these is the ordinary way up. */
const ordinaryWaits = ["", "ContainerCreating", "PodInitializing"];

/** Sums a pod up the way kubectl does, so that both say the same. */
export function podState(pod: Pod): PodState {
  const counted = pod.containers.filter(({ kind }) => kind === "app" || kind === "sidecar");
  return {
    ...summary(pod),
    ready: counted.filter(({ ready }) => ready).length,
    wanted: counted.length,
  };
}

function summary(pod: Pod): { word: string; tone: Tone } {
  if (pod.deletedAt !== undefined) return { word: "Terminating", tone: "busy" };
  if (pod.phase === "Succeeded") return { word: "Completed", tone: "over" };
  if (pod.phase === "Failed") return { word: pod.reason ?? "Failed", tone: "bad" };
  const trouble = pod.containers.map(troubleOf).find((word) => word !== undefined);
  if (trouble !== undefined) return { word: trouble, tone: "bad" };
  if (pod.phase === "Pending") return { word: pendingWord(pod), tone: "busy" };
  if (pod.phase !== "Running") return { word: pod.reason ?? (pod.phase || "Unknown"), tone: "unknown" };
  const allReady = pod.containers.every(({ kind, ready }) =>
    kind === "app" || kind === "sidecar" ? ready : true,
  );
  return { word: "Running", tone: allReady ? "good" : "busy" };
}

/** The word for a container that will not come up by itself; undefined while there is hope. */
function troubleOf({ state, kind }: PodContainer): string | undefined {
  if (kind === "ephemeral") return undefined;
  if (state.kind === "waiting" && !ordinaryWaits.includes(state.reason)) return state.reason;
  if (state.kind === "terminated" && state.exitCode !== 0) return state.reason || "Error";
  return undefined;
}

function pendingWord(pod: Pod): string {
  if (pod.nodeName === undefined) return "Not scheduled";
  const inits = pod.containers.filter(({ kind }) => kind === "init");
  const ended = inits.filter(({ state }) => state.kind === "terminated" && state.exitCode === 0);
  return ended.length < inits.length ? `Init ${ended.length}/${inits.length}` : "Starting";
}

/** Whether there may be a sandbox to read, as far as the pod itself tells. */
export function hasSandbox({ nodeName, phase, os }: Pod): boolean {
  return nodeName !== undefined && os !== "windows" && phase !== "Succeeded" && phase !== "Failed";
}

/** A container's state at a glance. */
export function containerTone(state: ContainerState, ready: boolean): Tone {
  switch (state.kind) {
    case "running":
      return ready ? "good" : "busy";
    case "waiting":
      return ordinaryWaits.includes(state.reason) ? "busy" : "bad";
    case "terminated":
      return state.exitCode === 0 ? "over" : "bad";
    case "unknown":
      return "unknown";
  }
}
