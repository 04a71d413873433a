import type { AnyReport, OtherSandbox } from "./report.ts";

/** What gives a sandbox its name: that of its pod, or what it is called on its node. */
export type Named =
  | { readonly namespace: string; readonly name: string }
  | { readonly node: string; readonly title: string };

export interface Title {
  readonly name: string;
  /** Where that name is to be looked for: "in default", "on node-a". */
  readonly place: string;
}

export function titleOf(named: Named): Title {
  return "namespace" in named
    ? { name: named.name, place: `in ${named.namespace}` }
    : { name: named.title, place: `on ${named.node}` };
}

/** Whose name a report goes by. */
export function namedIn(report: AnyReport): Named {
  return "pod" in report ? report.pod : report.other;
}

/** A pod's phase, or what else it is, with the node: "Running on node-a", "Podman pod on node-a". */
export function statusWords(report: AnyReport): string {
  return "pod" in report
    ? `${report.pod.phase} on ${report.node.name}`
    : `${kindWords[report.other.kind]} on ${report.node.name}`;
}

const kindWords: Readonly<Record<OtherSandbox["kind"], string>> = {
  containers: "Containers joined by hand",
  "podman-pod": "Podman pod",
  container: "Container without a pod",
  processes: "Processes without a container",
};
