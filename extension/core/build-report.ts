import * as l10n from "@vscode/l10n";
import { containerReport, type ContainerFacts } from "./container-report.ts";
import { expectedSharing, type SharingSubject } from "./expected.ts";
import { heldNamespaces, podHolder, podTypes } from "./holders.ts";
import { identify } from "./identify.ts";
import { namespaceTypes } from "./namespaces.ts";
import { nodeReport } from "./node-report.ts";
import { podFindings } from "./pod-findings.ts";
import type { ClusterNode, Pod, PodContainer } from "./pod.ts";
import type { ContainerReport, SandboxReport } from "./report.ts";
import { parseRuntime } from "./runtime.ts";
import type { NodeScan } from "./scan.ts";
import { listOf } from "./words.ts";

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
  const runtime = parseRuntime(node.runtimeVersion);
  const sharingNode = { runtime, cgroupVersion: scan.cgroupVersion };
  const live = [...(found.sandbox === undefined ? [] : [found.sandbox]), ...found.byName.values()];
  const surroundings = {
    pausePid: found.sandbox?.main.pid,
    insidePids: new Set(live.flatMap(({ processes }) => processes.map(({ pid }) => pid))),
    takenAt: input.takenAt,
  };
  const report = (
    facts: Pick<ContainerFacts, "name" | "kind" | "id" | "image" | "state" | "live" | "whyAbsent">,
    subject: SharingSubject,
  ): ContainerReport => {
    const expected = expectedSharing(pod.sharing, subject, sharingNode);
    return containerReport(
      { ...facts, expected, targets: targetsOf(expected, subject), virtualisedBy: found.virtualisedBy },
      scan,
      surroundings,
    );
  };

  const infra =
    found.sandbox === undefined
      ? []
      : [
          report(
            {
              name: infraName(pod),
              kind: "infra",
              id: found.sandbox.id,
              image: "",
              state: "running",
              live: found.sandbox,
              whyAbsent: "",
            },
            { kind: "infra", privileged: false, targetContainerName: undefined },
          ),
        ];
  const others = pod.containers.map((container) => {
    const processes = found.byName.get(container.name);
    return report(
      {
        name: container.name,
        kind: container.kind,
        id: processes?.id ?? container.id ?? null,
        image: container.image,
        state: stateText(container),
        live: processes,
        whyAbsent: whyAbsent(container, scan),
      },
      container,
    );
  });
  const containers = [...infra, ...others];
  const namespaces = heldNamespaces(containers, scan);
  const holder = podHolder({ found, containers, namespaces }, scan);

  const evidence = [...found.evidence];
  if (scan.host.source === "kthreadd") {
    evidence.push(
      l10n.t(
        "The kernel hides the node's PID 1 even from root; its own thread kthreadd (PID 2) stands for the node.",
      ),
    );
  }
  if (holder.kind === "pinned") {
    const pinned = podTypes.filter((type) =>
      namespaces.some((one) => one.type === type && one.holds.some(({ kind }) => kind === "pinned")),
    );
    evidence.push(
      l10n.t(
        "Bind mounts hold Linux namespaces that the pod's containers are in, of type {0}.",
        listOf(pinned),
      ),
    );
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
    node: nodeReport(node, scan),
    sandbox: {
      id: found.sandboxId ?? null,
      holder,
      namespaces,
      confidence: holder.kind === "pinned" ? "certain" : found.confidence,
      evidence,
    },
    containers,
    findings: podFindings({ pod, node, scan, found, holder, namespaces, runtime, containers }),
    since: null,
  };
}

/** `pause`, as the infra container's name is not known; a name that no container can have where one has this name. */
function infraName(pod: Pod): string {
  return pod.containers.some(({ name }) => name === "pause") ? "pause (sandbox)" : "pause";
}

function targetsOf(
  expected: ContainerReport["expected"],
  { targetContainerName }: SharingSubject,
): ContainerReport["targets"] {
  return Object.fromEntries(
    namespaceTypes.flatMap((type) => (expected[type] === "TARGET" ? [[type, targetContainerName]] : [])),
  );
}

function whyAbsent({ state }: PodContainer, scan: NodeScan): string {
  switch (state.kind) {
    case "waiting":
      return state.reason === ""
        ? l10n.t("it is not running: waiting")
        : l10n.t("it is not running: {0}", state.reason);
    case "terminated":
      return state.reason === ""
        ? l10n.t("it has ended: exit code {0}", state.exitCode)
        : l10n.t("it has ended: {0}", state.reason);
    case "running":
      return scan.hidden
        ? l10n.t("the node hides other users' processes; that needs root")
        : l10n.t("no process of it was found on the node");
    case "unknown":
      return l10n.t("it has not started");
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
