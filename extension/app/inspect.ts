import type { ClusterSource } from "../cluster/source.ts";
import { buildReport } from "../core/build-report.ts";
import { asSandboxError, SandboxError } from "../core/errors.ts";
import type { FindingCode } from "../core/finding-codes.ts";
import type { ClusterNode, Pod, PodRef } from "../core/pod.ts";
import type { Elevation } from "../core/probe/launcher.ts";
import { podProbe } from "../core/probe/pod-probe.ts";
import type { NodeProbe } from "../core/probe/probe.ts";
import type { SandboxReport } from "../core/report.ts";
import { parseRuntime } from "../core/runtime.ts";
import type { NodeTransport } from "../nodes/transport.ts";

export interface InspectDeps {
  openCluster(context: string): Promise<ClusterSource>;
  transport(node: ClusterNode): NodeTransport;
  readonly elevation: Elevation;
  /** For reaching the node and its answer, in milliseconds. */
  readonly timeoutMs: number;
  now(): Date;
}

export interface InspectRequest {
  readonly signal: AbortSignal;
  readonly onProgress?: ((message: string) => void) | undefined;
}

/** Enough for a pod of 4,000 processes with long command lines. */
const maxBytes = 64 * 1024 * 1024;

/** A reading that looks odd is repeated, for the pod may have been changing just then. */
const mostReadings = 3;
const pauseBetweenReadingsMs = 250;

/** Findings that a pod in the middle of a change shows for a moment. */
const maybePassing: readonly FindingCode[] = [
  "sharing-differs",
  "read-raced",
  "no-main-process",
  "no-sandbox-found",
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
  onProgress?.(`Asking the API for ${ref.namespace}/${ref.name}`);
  const cluster = await deps.openCluster(ref.context);
  let pod = await cluster.getPod(ref.namespace, ref.name, signal);
  let place = await whereItRuns(cluster, pod, signal);

  let before: SandboxReport | undefined;
  for (let reading = 1; ; reading++) {
    const { node, runtimeHandler } = place;
    onProgress?.(reading === 1 ? `Reading the sandbox on ${node.name}` : "Reading once more to be sure");
    const probe = podProbe({
      uid: pod.configHash ?? pod.uid,
      containerIds: pod.containers.flatMap(({ id }) => (id === undefined ? [] : [id])),
      pins: !["containerd", "docker"].includes(parseRuntime(node.runtimeVersion).name),
      elevation: deps.elevation,
    });
    const scan = await ask(deps.transport(node), probe, node, { signal, timeoutMs: deps.timeoutMs });
    const report = buildReport({
      context: ref.context,
      pod,
      node,
      scan,
      runtimeHandler,
      takenAt: deps.now(),
    });
    const settled =
      !report.findings.some(({ code }) => maybePassing.includes(code)) ||
      (before !== undefined && sameFindings(before, report));
    if (settled) return report;
    if (reading === mostReadings) return confirmed(report, before);
    before = report;
    await pause(pauseBetweenReadingsMs, signal);
    const again = await cluster.getPod(ref.namespace, ref.name, signal);
    if (again.uid !== pod.uid || again.nodeName !== pod.nodeName) {
      // Another pod has taken the name meanwhile: nothing of the old one is of use.
      place = await whereItRuns(cluster, again, signal);
      before = undefined;
    }
    pod = again;
  }
}

interface Place {
  readonly node: ClusterNode;
  readonly runtimeHandler: string | undefined;
}

async function whereItRuns(cluster: ClusterSource, pod: Pod, signal: AbortSignal): Promise<Place> {
  const nodeName = inspectableNodeName(pod);
  const [node, runtimeHandler] = await Promise.all([
    nodeOf(cluster, pod, nodeName, signal),
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

/** Who may read pods may often not read nodes: then the pod's own status says where the node is. */
async function nodeOf(
  cluster: ClusterSource,
  pod: Pod,
  name: string,
  signal: AbortSignal,
): Promise<ClusterNode> {
  try {
    return await cluster.getNode(name, signal);
  } catch (thrown) {
    if (asSandboxError(thrown).reason !== "forbidden") throw thrown;
    return {
      name,
      addresses: [
        ...(pod.hostIP === undefined ? [] : [{ type: "InternalIP", address: pod.hostIP }]),
        { type: "Hostname", address: name },
      ],
      runtimeVersion: pod.runtimeScheme === undefined ? "" : `${pod.runtimeScheme}://`,
      kubeletVersion: "",
      kernelVersion: "",
      os: "",
      osImage: "",
      virtual: false,
      ready: true,
    };
  }
}

async function ask<T>(
  transport: NodeTransport,
  probe: NodeProbe<T>,
  node: ClusterNode,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): Promise<T> {
  const result = await transport.run(
    { argv: probe.argv, stdin: probe.stdin },
    { signal, timeoutMs, maxBytes },
  );
  // POSIX: 127 = command not found, 126 = found but not executable.
  if (result.exitCode === 127 || result.exitCode === 126) {
    throw new SandboxError("node-no-shell", `the node ran no sh (exit code ${result.exitCode})`, {
      facts: { node: node.name },
    });
  }
  try {
    return probe.parse(result.stdout);
  } catch (thrown) {
    const error = asSandboxError(thrown);
    const said = result.stderr.trim().slice(0, 500);
    throw new SandboxError(
      error.reason,
      `${error.message}; exit code ${result.exitCode ?? "none"}${said === "" ? "" : `; stderr: ${said}`}`,
      { cause: error, facts: { node: node.name } },
    );
  }
}

/** The last reading of a pod that never came to rest: what only this one saw to differ may have been passing. */
function confirmed(report: SandboxReport, before: SandboxReport | undefined): SandboxReport {
  const said = new Set(before?.findings.map((finding) => JSON.stringify(finding)));
  return {
    ...report,
    findings: report.findings.map((finding) =>
      finding.code !== "sharing-differs" || said.has(JSON.stringify(finding))
        ? finding
        : {
            ...finding,
            code: "sharing-unverified",
            severity: "info",
            message: `The pod was changing while it was read: whether ${finding.container}'s ${finding.namespaceType} Linux namespace is as the spec asks is not certain.`,
          },
    ),
  };
}

function sameFindings(a: SandboxReport, b: SandboxReport): boolean {
  return JSON.stringify(a.findings) === JSON.stringify(b.findings);
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new SandboxError("cancelled", "cancelled between two readings"));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
