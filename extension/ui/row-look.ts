import * as l10n from "@vscode/l10n";
import { containerTone, hasSandbox, podState, type Tone } from "../app/pod-state.ts";
import { errorText } from "../core/error-text.ts";
import type { ContainerState, Pod, PodContainer } from "../core/pod.ts";
import type { ContainerReport, SandboxReport } from "../core/report.ts";
import { shortKind } from "../core/words.ts";
import type { Grouping, Status } from "./rows.ts";
import { joined, oneLine, sentence } from "./text.ts";

/** What a row shows. All text is one printable line. */
export interface RowLook {
  readonly label: string;
  readonly description: string;
  /** Name of a codicon. */
  readonly icon: string;
  readonly tone: Tone | undefined;
  /** Name and value, one under the other; shown as text, never as markup. */
  readonly details: readonly (readonly [name: string, value: string])[];
  /** For a screen reader: the whole row in words. */
  readonly spoken: string;
}

export function contextLook(context: string): RowLook {
  const label = oneLine(context);
  return {
    label,
    description: "",
    icon: "server-environment",
    tone: undefined,
    details: [[l10n.t("Context"), label]],
    spoken: l10n.t("Context {0}", label),
  };
}

/** @param pods - how many are in it and shown; undefined while that is not known. */
export function groupLook(by: Grouping, name: string, pods: number | undefined): RowLook {
  const isNode = by === "node";
  const unscheduled = isNode && name === "";
  const label = unscheduled ? l10n.t("On no node yet") : oneLine(name);
  const count = pods === undefined ? "" : countPods(pods);
  const what = isNode ? l10n.t("Node") : l10n.t("Kubernetes namespace");
  const details: [string, string][] = unscheduled ? [] : [[what, label]];
  if (count !== "") details.push([l10n.t("Pods"), String(pods)]);
  return {
    label,
    description: count,
    icon: unscheduled ? "circle-slash" : isNode ? "server" : "symbol-namespace",
    tone: undefined,
    details,
    spoken: sentence(unscheduled ? l10n.t("Pods on no node yet") : `${what} ${label}`, count),
  };
}

function countPods(count: number): string {
  return count === 1 ? l10n.t("1 pod") : l10n.t("{0} pods", count);
}

/** @param by - what the row's parent tells already. */
export function podLook(pod: Pod, by: Grouping): RowLook {
  const state = podState(pod);
  const word = oneLine(state.word);
  const node = pod.nodeName === undefined ? "" : oneLine(pod.nodeName);
  const namespace = oneLine(pod.namespace);
  const name = oneLine(pod.name);
  const restarts = pod.containers.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const details: [string, string][] = [
    [l10n.t("Pod"), name],
    [l10n.t("Kubernetes namespace"), namespace],
    [l10n.t("Node"), node || l10n.t("none yet")],
    [l10n.t("State"), word],
    [l10n.t("Ready"), l10n.t("{0} of {1} containers", state.ready, state.wanted)],
  ];
  if (restarts > 0) details.push([l10n.t("Restarts"), String(restarts)]);
  if (pod.runtimeClassName !== undefined)
    details.push([l10n.t("RuntimeClass"), oneLine(pod.runtimeClassName)]);
  const sharing = unusualSharing(pod);
  if (sharing !== "") details.push([l10n.t("Asks for"), sharing]);
  details.push([l10n.t("UID"), oneLine(pod.uid)]);
  return {
    label: name,
    description: joined(word, `${state.ready}/${state.wanted}`, by === "namespace" ? node : namespace),
    icon: toneIcon[state.tone],
    tone: state.tone,
    details,
    spoken: sentence(
      l10n.t("Pod {0}", name),
      word,
      l10n.t("{0} of {1} containers ready", state.ready, state.wanted),
      by === "node" ? l10n.t("Kubernetes namespace {0}", namespace) : node && l10n.t("on node {0}", node),
    ),
  };
}

/** The fields of the spec that make this pod share more, or less, than most do. Field names are the API's own. */
function unusualSharing({ sharing }: Pod): string {
  const set = (["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"] as const).filter(
    (field) => sharing[field],
  );
  return [...set, ...(sharing.hostUsers === false ? ["hostUsers: false"] : [])].join(", ");
}

export function sandboxLook(pod: Pod, report: SandboxReport | undefined): RowLook {
  const nothing = noSandboxWords(pod);
  // What was found before the pod ended is there no more.
  if (report === undefined || nothing !== undefined) {
    const description = nothing ?? l10n.t("not inspected yet");
    return {
      label: l10n.t("Sandbox"),
      description,
      icon: "debug-pause",
      tone: "unknown",
      details: [
        [
          l10n.t("Sandbox"),
          l10n.t("the Linux namespaces that the containers share, held by a pause process"),
        ],
        nothing === undefined
          ? [l10n.t("To see it"), l10n.t("select this row: it is read from the node")]
          : [l10n.t("Here"), nothing],
      ],
      spoken: sentence(l10n.t("Sandbox"), description),
    };
  }
  const { sandbox, containers, takenAt } = report;
  const infra = containers.find(({ kind }) => kind === "infra");
  const label = infra === undefined ? l10n.t("Sandbox") : oneLine(infra.name);
  const id = shortId(sandbox.id);
  const holder = holderWords(sandbox.holder);
  const pid = sandbox.holder.pid === null ? "" : l10n.t("PID {0}", sandbox.holder.pid);
  const details: [string, string][] = [
    [l10n.t("Sandbox"), sandbox.id ?? l10n.t("not found")],
    [l10n.t("Held by"), joined(holder, pid)],
    [l10n.t("Certainty"), certaintyWords(sandbox)],
    ...sandbox.evidence.map((text): [string, string] => [l10n.t("Because"), oneLine(text)]),
    [l10n.t("Findings"), String(report.findings.length)],
    [l10n.t("Read"), new Date(takenAt).toLocaleTimeString()],
  ];
  return {
    label,
    description: joined(id, pid, infra === undefined ? holder : ""),
    icon: "debug-pause",
    tone: sandbox.holder.kind === "process" || sandbox.holder.kind === "pinned" ? "good" : "unknown",
    details,
    spoken: sentence(l10n.t("Sandbox {0}", id), holder, pid),
  };
}

function certaintyWords({ confidence }: SandboxReport["sandbox"]): string {
  switch (confidence) {
    case "certain":
      return l10n.t("certain");
    case "likely":
      return l10n.t("likely, not certain");
    case "unknown":
      return l10n.t("not known");
  }
}

function noSandboxWords(pod: Pod): string | undefined {
  if (hasSandbox(pod)) return undefined;
  if (pod.os === "windows") return l10n.t("none: a Windows pod");
  return pod.nodeName === undefined ? l10n.t("none yet: on no node") : l10n.t("none: the pod has finished");
}

function holderWords({ kind }: SandboxReport["sandbox"]["holder"]): string {
  switch (kind) {
    case "process":
      return l10n.t("held by the pause process");
    case "pinned":
      return l10n.t("held by bind mounts, no pause process");
    case "none":
      return l10n.t("held by nothing but its containers");
    case "virtualised":
      return l10n.t("inside a virtual machine or a sandboxed runtime");
    case "unknown":
      return l10n.t("holder not found");
  }
}

/** @param report - the last report of this container's pod. */
export function containerLook(container: PodContainer, report: SandboxReport | undefined): RowLook {
  const name = oneLine(container.name);
  const kind = kindWords(container.kind);
  const state = stateWords(container.state);
  const seen = report?.containers.find((candidate) => isSame(candidate, container));
  const pid = seen?.pid === undefined || seen.pid === null ? "" : l10n.t("PID {0}", seen.pid);
  const restarts = restartWords(container.restartCount);
  // The icon and the place in the tree say that it is a container.
  const shownKind = container.kind === "app" ? "" : shortKind(container.kind);
  const details: [string, string][] = [
    [l10n.t("Container"), name],
    [l10n.t("Kind"), kind],
    [l10n.t("State"), state],
    [l10n.t("Image"), oneLine(container.image)],
    [l10n.t("ID"), container.id ?? l10n.t("none yet")],
  ];
  if (container.state.kind === "waiting" && container.state.message !== "") {
    details.push([l10n.t("Message"), oneLine(container.state.message)]);
  }
  if (restarts !== "") details.push([l10n.t("Restarts"), String(container.restartCount)]);
  if (container.privileged) details.push([l10n.t("Privileged"), l10n.t("yes")]);
  if (container.targetContainerName !== undefined) {
    details.push([l10n.t("Target"), oneLine(container.targetContainerName)]);
  }
  if (pid !== "") details.push([l10n.t("Main process"), pid]);
  return {
    label: name,
    description: joined(shownKind, state, pid, restarts),
    icon: kindIcon[container.kind],
    tone: containerTone(
      container.state,
      container.ready || container.kind === "ephemeral" || container.kind === "init",
    ),
    details,
    spoken: sentence(l10n.t("{0} {1}", kind, name), state, pid, restarts),
  };
}

/** A PID is only told of the very run of the container that was looked at, and while that goes on. */
function isSame(seen: ContainerReport, container: PodContainer): boolean {
  return (
    container.state.kind === "running" &&
    seen.name === container.name &&
    seen.kind === container.kind &&
    seen.id === (container.id ?? null)
  );
}

function kindWords(kind: PodContainer["kind"]): string {
  switch (kind) {
    case "app":
      return l10n.t("container");
    case "init":
      return l10n.t("init container");
    case "sidecar":
      return l10n.t("sidecar container");
    case "ephemeral":
      return l10n.t("ephemeral container");
  }
}

function stateWords(state: ContainerState): string {
  switch (state.kind) {
    case "running":
      return l10n.t("running");
    case "waiting":
      return state.reason === "" ? l10n.t("waiting") : l10n.t("waiting: {0}", oneLine(state.reason));
    case "terminated":
      return l10n.t("ended: {0} ({1})", oneLine(state.reason) || l10n.t("no reason given"), state.exitCode);
    case "unknown":
      return l10n.t("state not known");
  }
}

function restartWords(count: number): string {
  if (count === 0) return "";
  return count === 1 ? l10n.t("1 restart") : l10n.t("{0} restarts", count);
}

export function statusLook(status: Status): RowLook {
  const { label, description, icon, tone, next } = statusWords(status);
  const details: [string, string][] = [["", label]];
  if (description !== "") details.push(["", description]);
  if (next !== "") details.push(["", next]);
  return { label, description, icon, tone, details, spoken: sentence(label, description, next) };
}

interface StatusWords {
  readonly label: string;
  readonly description: string;
  readonly icon: string;
  readonly tone: Tone | undefined;
  readonly next: string;
}

function statusWords(status: Status): StatusWords {
  switch (status.kind) {
    case "connecting":
      return {
        label: l10n.t("Asking the cluster…"),
        description: "",
        icon: "loading~spin",
        tone: undefined,
        next: "",
      };
    case "loading":
      return {
        label: l10n.t("Loading pods…"),
        description: "",
        icon: "loading~spin",
        tone: undefined,
        next: "",
      };
    case "retrying": {
      const { title, next } = errorText(status.error);
      const seconds = Math.max(1, Math.round(status.inMs / 1000));
      return {
        // In a narrow sidebar only the beginning can be seen.
        label: l10n.t("No answer, next try in {0} s", seconds),
        description: title,
        icon: "warning",
        tone: "busy",
        next: status.stale ? l10n.t("{0} The pods shown may be out of date.", next) : next,
      };
    }
    case "refused": {
      const { title, next } = errorText(status.error);
      return { label: l10n.t("No permission"), description: title, icon: "lock", tone: "bad", next };
    }
    case "only-default-namespace":
      return {
        label: l10n.t("Only {0} is shown", oneLine(status.namespace)),
        description: l10n.t("Kubernetes namespaces may not be listed"),
        icon: "info",
        tone: undefined,
        next: l10n.t(
          "This is the Kubernetes namespace that the kubeconfig names for this context. To see another, name it there, or ask for the right to list Kubernetes namespaces.",
        ),
      };
    case "by-namespace-instead":
      return {
        label: l10n.t("Group by Kubernetes namespace"),
        description: l10n.t("needs less permission"),
        icon: "symbol-namespace",
        tone: undefined,
        next: l10n.t(
          "Nodes are told from the pods of the whole cluster. Select this row to group the other way.",
        ),
      };
    case "no-pods":
      return {
        label:
          status.by === "node"
            ? l10n.t("No pods in this cluster")
            : l10n.t("No pods in this Kubernetes namespace"),
        description: "",
        icon: "circle-slash",
        tone: undefined,
        next: l10n.t("As soon as one is made, it is shown here."),
      };
    case "no-match":
      return {
        label: l10n.t("No pod matches “{0}”", oneLine(status.filter)),
        description: "",
        icon: "filter",
        tone: undefined,
        next: l10n.t("Select this row to clear the filter."),
      };
    case "more":
      return {
        label: l10n.t("Show more"),
        description: l10n.t("pods not shown: {0}", status.count),
        icon: "ellipsis",
        tone: undefined,
        next: l10n.t("Select this row to show more of them, or filter by what you look for."),
      };
    case "restricted":
      return {
        label: l10n.t("Restricted Mode"),
        description: l10n.t("this workspace's settings for clusters and nodes are ignored"),
        icon: "shield",
        tone: "busy",
        next: l10n.t(
          "Your own settings are used. Select this row to decide whether to trust this workspace.",
        ),
      };
  }
}

/** The first eight digits, as runtimes print it. */
export function shortId(id: string | null): string {
  return id === null ? "" : oneLine(id).slice(0, 8);
}

const toneIcon: Readonly<Record<Tone, string>> = {
  good: "pass-filled",
  busy: "watch",
  bad: "error",
  over: "circle-outline",
  unknown: "question",
};

const kindIcon: Readonly<Record<PodContainer["kind"], string>> = {
  app: "package",
  init: "debug-start",
  sidecar: "layers",
  ephemeral: "bug",
};
