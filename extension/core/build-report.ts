import { expectedSharing } from "./expected.ts";
import { findingsOf } from "./findings.ts";
import { holderOf, type Identification, identify, type LiveContainer } from "./identify.ts";
import { perNamespace } from "./namespaces.ts";
import type { ClusterNode, Pod, PodContainer } from "./pod.ts";
import type { ContainerReport, ProcessReport, Reading, SandboxReport } from "./report.ts";
import { parseRuntime } from "./runtime.ts";
import type { NodeScan, ProcessScan } from "./scan.ts";

export interface ReportInput {
  readonly context: string;
  /** As the API had it at the time of the scan. */
  readonly pod: Pod;
  readonly node: ClusterNode;
  readonly scan: NodeScan;
  /** RuntimeClass.handler, where the pod has one. */
  readonly runtimeHandler: string | undefined;
  readonly takenAt: Date;
}

/** Puts what the spec asks beside what the kernel says: the one value that everything shows. */
export function buildReport(input: ReportInput): SandboxReport {
  const { pod, node, scan } = input;
  const found = identify(pod, scan, input.runtimeHandler);
  const holder = holderOf(found, scan);
  const runtime = parseRuntime(node.runtimeVersion);
  const sharingNode = { runtime, cgroupVersion: scan.cgroupVersion };

  const infra: ContainerReport[] =
    found.sandbox === undefined
      ? []
      : [
          {
            name: infraName(pod),
            kind: "infra",
            id: found.sandbox.id,
            image: "",
            state: "running",
            ...observed(found.sandbox, found, scan),
            expected: expectedSharing(
              pod.sharing,
              { kind: "infra", privileged: false, targetContainerName: undefined },
              sharingNode,
            ),
          },
        ];
  const others = pod.containers.map((container): ContainerReport => {
    const live = found.byName.get(container.name);
    return {
      name: container.name,
      kind: container.kind,
      id: live?.id ?? container.id ?? null,
      image: container.image,
      state: stateText(container),
      ...(live === undefined ? absent(container, scan) : observed(live, found, scan)),
      expected: expectedSharing(pod.sharing, container, sharingNode),
    };
  });
  const containers = [...infra, ...others];

  const evidence = [...found.evidence];
  if (scan.host.source === "kthreadd") {
    evidence.push(
      "The kernel hides the node's PID 1 even from root; its own thread kthreadd (PID 2) stands for the node.",
    );
  }
  if (holder.kind === "pinned") {
    evidence.push("The pod's Linux namespaces are held by bind mounts that its containers are in.");
  }
  return {
    schemaVersion: 1,
    takenAt: input.takenAt.toISOString(),
    pod: {
      context: input.context,
      namespace: pod.namespace,
      name: pod.name,
      uid: pod.uid,
      nodeName: node.name,
      phase: pod.phase,
    },
    node: {
      name: node.name,
      bootId: scan.bootId,
      kernelRelease: scan.kernelRelease,
      cgroupVersion: scan.cgroupVersion,
      runtime: node.runtimeVersion,
      namespaces: scan.host.namespaces,
      namespacesOf: scan.host.source,
    },
    sandbox: {
      id: found.sandbox?.id ?? null,
      holder,
      confidence: holder.kind === "pinned" ? "certain" : found.confidence,
      evidence,
    },
    containers,
    findings: findingsOf({ pod, scan, found, holder, runtime, containers }),
  };
}

/** `pause`, as the infra container's name is not known; a name that no container can have where one has this name. */
function infraName(pod: Pod): string {
  return pod.containers.some(({ name }) => name === "pause") ? "pause (sandbox)" : "pause";
}

type Observed = Pick<ContainerReport, "pid" | "processes" | "namespaces">;

function observed(live: LiveContainer, found: Identification, scan: NodeScan): Observed {
  const virtualisedBy = found.virtualisedBy;
  return {
    pid: live.main.pid,
    processes: live.processes.map((process) => processReport(process, scan)),
    namespaces:
      virtualisedBy === undefined
        ? live.main.namespaces
        : nothingVisible(`the container runs in ${virtualisedBy}: its Linux namespaces are in there`),
  };
}

function absent(container: PodContainer, scan: NodeScan): Observed {
  return { pid: null, processes: [], namespaces: nothingVisible(whyAbsent(container, scan)) };
}

function nothingVisible(reason: string): ContainerReport["namespaces"] {
  return perNamespace((): Reading => ({ status: "not-visible", reason }));
}

function whyAbsent({ state }: PodContainer, scan: NodeScan): string {
  switch (state.kind) {
    case "waiting":
      return `it is not running: ${state.reason || "waiting"}`;
    case "terminated":
      return `it has ended: ${state.reason || `exit code ${state.exitCode}`}`;
    case "running":
      return scan.hidden
        ? "the node hides other users' processes; that needs root"
        : "no process of it was found on the node";
    case "unknown":
      return "it has not started";
  }
}

function stateText({ state }: PodContainer): string {
  switch (state.kind) {
    case "waiting":
      return state.reason === "" ? "waiting" : `waiting: ${state.reason}`;
    case "terminated":
      return `terminated: ${state.reason || "ended"} (${state.exitCode})`;
    case "running":
      return "running";
    case "unknown":
      return "unknown";
  }
}

function processReport(process: ProcessScan, scan: NodeScan): ProcessReport {
  return {
    pid: process.pid,
    nspid: process.nspids.at(-1) ?? null,
    ppid: process.ppid,
    startTime: new Date(scan.bootedAt + (process.startTicks / scan.ticksPerSecond) * 1000).toISOString(),
    state: process.state,
    comm: process.comm,
    argv: process.argv,
  };
}
