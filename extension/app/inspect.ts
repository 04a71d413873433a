import type { ClusterSource } from "../cluster/source.ts";
import { buildReport } from "../core/build-report.ts";
import { asSandboxError, SandboxError } from "../core/errors.ts";
import type { FindingCode } from "../core/finding-codes.ts";
import type { ClusterNode, Pod, PodRef } from "../core/pod.ts";
import { nodeProbe } from "../core/probe/node-probe.ts";
import { podProbe } from "../core/probe/pod-probe.ts";
import type { SandboxReport } from "../core/report.ts";
import type { NodeScan } from "../core/scan.ts";
import { withNode } from "../core/with-node.ts";
import type { NodeTransport } from "../nodes/transport.ts";
import { askNode } from "./ask-node.ts";
import { nodeOf } from "./node-of.ts";
import type { ReadingStep } from "./reading-step.ts";
import { readUntilSettled } from "./settled.ts";

export interface InspectDeps {
  openCluster(context: string): Promise<ClusterSource>;
  transport(node: ClusterNode): NodeTransport;
  /** For reaching the node and its answer, in milliseconds. */
  readonly timeoutMs: number;
  now(): Date;
}

export interface InspectRequest {
  readonly signal: AbortSignal;
  readonly onProgress?: ((step: ReadingStep) => void) | undefined;
}

/** Findings that a pod in the middle of a change shows for a moment. */
const maybePassing: readonly FindingCode[] = [
  "sharing-differs",
  "read-raced",
  "no-main-process",
  "no-sandbox-found",
  "held-by-nothing",
];

/**
 * Reads one pod's sandbox: the pod and its node from the API, the namespace links from the node in one round trip, and
 * the comparison of both. What differs from the spec is only reported when a second reading says the same.
 * Throws SandboxError with any reason of the API, the way to the node, or the pod's own state.
 */
export async function inspectSandbox(
  deps: InspectDeps,
  ref: PodRef,
  { signal, onProgress }: InspectRequest,
): Promise<SandboxReport> {
  onProgress?.({ kind: "asking-api", of: `${ref.namespace}/${ref.name}` });
  const cluster = await deps.openCluster(ref.context);
  let pod = await cluster.getPod(ref.namespace, ref.name, signal);
  let place = await whereItRuns(cluster, pod, signal);

  return readUntilSettled({
    signal,
    maybePassing,
    read: async (reading) => {
      onProgress?.({ kind: reading === 1 ? "reading-sandbox" : "reading-again", of: place.node.name });
      return read(deps, ref.context, pod, place, { signal, onProgress });
    },
    again: async () => {
      const before = pod;
      pod = await cluster.getPod(ref.namespace, ref.name, signal);
      if (pod.uid === before.uid && pod.nodeName === before.nodeName) return true;
      // Another pod has taken the name meanwhile: nothing of the old one is of use.
      place = await whereItRuns(cluster, pod, signal);
      return false;
    },
  });
}

interface Place {
  readonly node: ClusterNode;
  readonly runtimeHandler: string | undefined;
}

/**
 * Reads the pod, and its whole node too where nothing of the pod was seen to hold its Linux namespaces: then it may be
 * another process, or a descriptor, of whatever else runs on the node.
 */
async function read(
  deps: InspectDeps,
  context: string,
  pod: Pod,
  { node, runtimeHandler }: Place,
  { signal, onProgress }: InspectRequest,
): Promise<SandboxReport> {
  const transport = deps.transport(node);
  const limits = { signal, timeoutMs: deps.timeoutMs };
  const probe = podProbe({
    uid: pod.configHash ?? pod.uid,
    containerIds: pod.containers.flatMap(({ id }) => (id === undefined ? [] : [id])),
  });
  const report = (scan: NodeScan): SandboxReport =>
    buildReport({ context, pod, node, scan, runtimeHandler, takenAt: deps.now() });

  const scan = await askNode(transport, probe, node.name, limits);
  const ofPod = report(scan);
  const readable = ofPod.containers.some(({ namespaces }) => namespaces.net.status === "read");
  const unheld =
    ofPod.sandbox.holder.kind === "unknown" || ofPod.findings.some(({ code }) => code === "held-by-nothing");
  if (!readable || !unheld) return ofPod;
  onProgress?.({ kind: "looking-for-holder", of: node.name });
  try {
    return report(withNode(scan, await askNode(transport, nodeProbe(), node.name, limits)));
  } catch (thrown) {
    // A node too busy to be read whole: then the holder stays unknown, and the rest is as good as it was.
    if (asSandboxError(thrown).reason === "cancelled") throw thrown;
    return ofPod;
  }
}

async function whereItRuns(cluster: ClusterSource, pod: Pod, signal: AbortSignal): Promise<Place> {
  const nodeName = inspectableNodeName(pod);
  const [node, runtimeHandler] = await Promise.all([
    nodeOf(cluster, nodeName, pod, signal),
    pod.runtimeClassName === undefined
      ? undefined
      : cluster
          .runtimeHandler(pod.runtimeClassName, signal)
          .then((handler) => handler ?? pod.runtimeClassName),
  ]);
  if (node.os === "windows") throw unfit("pod-windows", pod, nodeName);
  if (node.virtual) throw unfit("node-virtual", pod, nodeName);
  return { node, runtimeHandler };
}

/** Tells early which pods have no sandbox that could be read. */
function inspectableNodeName(pod: Pod): string {
  if (pod.os === "windows") throw unfit("pod-windows", pod, pod.nodeName ?? "");
  if (pod.nodeName === undefined) throw unfit("pod-not-scheduled", pod, "");
  if (pod.phase === "Succeeded" || pod.phase === "Failed") throw unfit("pod-finished", pod, pod.nodeName);
  return pod.nodeName;
}

function unfit(
  reason: "pod-windows" | "pod-not-scheduled" | "pod-finished" | "node-virtual",
  pod: Pod,
  node: string,
): SandboxError {
  return new SandboxError(reason, `${reason}: ${pod.namespace}/${pod.name}`, {
    facts: { namespace: pod.namespace, pod: pod.name, node, phase: pod.phase },
  });
}
