import * as l10n from "@vscode/l10n";
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
    ? { name: named.name, place: l10n.t("in {0}", named.namespace) }
    : { name: named.title, place: l10n.t("on {0}", named.node) };
}

/** Whose name a report goes by. */
export function namedIn(report: AnyReport): Named {
  return "pod" in report ? report.pod : report.other;
}

/** A pod's phase, or what else it is, with the node: "Running on node-a", "Podman pod on node-a". */
export function statusWords(report: AnyReport): string {
  const what = "pod" in report ? phaseWords(report.pod.phase) : kindWords(report.other.kind);
  return l10n.t("{0} on {1}", what, report.node.name);
}

/** A pod's phase is a word of the API; those that a sandbox has are said in the reader's language. */
function phaseWords(phase: string): string {
  switch (phase) {
    case "Running":
      return l10n.t("Running");
    case "Pending":
      return l10n.t("Pending");
    default:
      return phase;
  }
}

function kindWords(kind: OtherSandbox["kind"]): string {
  switch (kind) {
    case "containers":
      return l10n.t("Containers joined by hand");
    case "podman-pod":
      return l10n.t("Podman pod");
    case "container":
      return l10n.t("Container without a pod");
    case "processes":
      return l10n.t("Processes without a container");
  }
}
