import * as l10n from "@vscode/l10n";
import type { NodeState } from "../app/node-states.ts";
import { type TakenWay, wayWords } from "../app/ways.ts";
import { errorText } from "../core/error-text.ts";
import type { Leak, NodeView, OtherSummary } from "../core/node-view.ts";
import type { ClusterNode } from "../core/pod.ts";
import { isPartial, type LeakRow, type NodeRow, type NodesStatus, type OtherRow } from "./nodes-rows.ts";
import type { RowLook } from "./row-look.ts";
import { joined, oneLine, oneParagraph, sentence } from "./text.ts";

/** @param taken - the way onto it; undefined where the settings do not say it, as they are wrong. */
export function nodeLook({ place, node }: NodeRow, state: NodeState, taken: TakenWay | undefined): RowLook {
  const isHost = place.context === null;
  const label = oneLine(place.node);
  const kind = isHost ? l10n.t("SSH host") : l10n.t("Node");
  const unfit = node === undefined ? undefined : unreadableWords(node);
  const notReady = node === undefined || node.ready ? "" : l10n.t("not ready");
  const how = unfit ?? stateWords(state);
  const details: [string, string][] = [[kind, label]];
  if (!isHost) details.push([l10n.t("Context"), oneLine(place.context ?? "")]);
  if (node !== undefined) {
    const facts: readonly (readonly [string, string])[] = [
      [l10n.t("Runtime"), node.runtimeVersion],
      [l10n.t("Kernel"), node.kernelVersion],
      [l10n.t("System"), node.osImage],
    ];
    for (const [name, value] of facts) if (value !== "") details.push([name, oneLine(value)]);
  }
  if (notReady !== "") details.push([l10n.t("State"), notReady]);
  details.push([l10n.t("Here"), how]);
  if (unfit === undefined && taken !== undefined) {
    details.push([l10n.t("Way onto it"), takenWords(taken, place.node)]);
  }
  if (unfit === undefined && state.kind === "unread") {
    details.push([l10n.t("To see it"), l10n.t("unfold this row: the node is read then")]);
  }
  return {
    label,
    description: joined(isHost ? kind : "", notReady, how),
    icon:
      unfit !== undefined
        ? "circle-slash"
        : state.kind === "reading"
          ? "loading~spin"
          : isHost
            ? "remote"
            : "server",
    tone: state.kind === "failed" ? "bad" : unfit === undefined ? undefined : "over",
    details,
    spoken: sentence(`${kind} ${label}`, notReady, how),
  };
}

/** "SSH (the usual way)": a way onto a node, and why it is that one. */
export function takenWords({ way, by }: TakenWay, node: string): string {
  const words = oneLine(wayWords(way, node));
  switch (by) {
    case "rule":
      return l10n.t("{0} (a rule of the setting podSandbox.access)", words);
    case "choice":
      return l10n.t("{0} (your choice)", words);
    case "default":
      return l10n.t("{0} (the usual way)", words);
  }
}

/** Why there is nothing on a node to be read, as far as the API tells; undefined where there may be. */
export function unreadableWords({ os, virtual }: ClusterNode): string | undefined {
  if (os === "windows") return l10n.t("Windows: no Linux namespaces");
  return virtual ? l10n.t("virtual: no machine to look into") : undefined;
}

function stateWords(state: NodeState): string {
  switch (state.kind) {
    case "unread":
      return l10n.t("not read yet");
    case "reading":
      return l10n.t("reading…");
    case "read":
      return l10n.t("read at {0}", clock(state.view.takenAt));
    case "failed":
      return state.view === undefined
        ? l10n.t("could not be read")
        : l10n.t("could not be read again; as of {0}", clock(state.view.takenAt));
  }
}

function clock(iso: string): string {
  return new Date(iso).toLocaleTimeString();
}

export function othersLook(view: NodeView): RowLook {
  return {
    ...partLook(l10n.t("Other sandboxes"), count(view.others.length, isPartial(view)), "layers"),
    details: [
      [
        l10n.t("Other sandboxes"),
        l10n.t("processes and containers in Linux namespaces of their own that are no pod of Kubernetes"),
      ],
    ],
  };
}

export function leaksLook(view: NodeView): RowLook {
  const { leaks, leaksUnknown } = view;
  const partial = isPartial(view);
  const known = leaksUnknown === null;
  const words = known || leaks.length > 0 ? count(leaks.length, partial) : l10n.t("not known");
  const icon = leaks.length > 0 ? "warning" : known && !partial ? "pass" : "question";
  return {
    ...partLook(l10n.t("Possible leaks"), words, icon),
    tone: leaks.length > 0 ? "busy" : undefined,
    details: [
      [
        l10n.t("Possible leaks"),
        l10n.t("what may be left behind on the node; a suspicion, and nothing is deleted"),
      ],
    ],
  };
}

export function namespacesLook({ namespaces }: NodeView): RowLook {
  return {
    ...partLook(l10n.t("Linux namespaces"), count(namespaces.length, false), "list-flat"),
    details: [
      [
        l10n.t("Linux namespaces"),
        l10n.t("all of the node, with what each is held by; select this row for the table"),
      ],
    ],
  };
}

function partLook(label: string, words: string, icon: string): RowLook {
  return { label, description: words, icon, tone: undefined, details: [], spoken: sentence(label, words) };
}

function count(number: number, partial: boolean): string {
  if (number > 0) return String(number);
  return partial ? l10n.t("none seen") : l10n.t("none");
}

export function otherLook({ other, seenAt }: OtherRow): RowLook {
  const label = oneLine(other.title);
  const kind = kindWords(other);
  const isolated = other.isolated.join(", ");
  const since = age(other.startedAt, seenAt);
  const processes = other.processes === 1 ? l10n.t("1 process") : l10n.t("{0} processes", other.processes);
  return {
    label,
    description: joined(other.virtualisedBy === null ? isolated : oneLine(other.virtualisedBy), since),
    icon: other.virtualisedBy === null ? kindIcon[other.kind] : "vm",
    tone: undefined,
    details: [
      [l10n.t("Sandbox"), label],
      [l10n.t("Kind"), kind],
      [l10n.t("Members"), oneLine(other.members.join(", "))],
      [l10n.t("Processes"), String(other.processes)],
      [l10n.t("Own Linux namespaces"), isolated || l10n.t("none seen")],
      ...(other.virtualisedBy === null ? [] : [[l10n.t("Inside"), oneLine(other.virtualisedBy)] as const]),
      [l10n.t("Age"), since],
    ],
    spoken: sentence(
      `${kind} ${label}`,
      isolated === "" ? "" : l10n.t("own Linux namespaces: {0}", isolated),
      processes,
      since === "" ? "" : l10n.t("age {0}", since),
    ),
  };
}

const kindIcon: Readonly<Record<OtherSummary["kind"], string>> = {
  containers: "link",
  "podman-pod": "group-by-ref-type",
  container: "package",
  processes: "terminal",
};

function kindWords({ kind }: OtherSummary): string {
  switch (kind) {
    case "containers":
      return l10n.t("containers joined by hand");
    case "podman-pod":
      return l10n.t("Podman pod");
    case "container":
      return l10n.t("container");
    case "processes":
      return l10n.t("processes without a container");
  }
}

export function leakLook({ leak, seenAt }: LeakRow): RowLook {
  const title = oneLine(leak.title);
  const what = leakWords(leak);
  const since = leak.since === null ? "" : age(leak.since, seenAt);
  return {
    label: leak.code === "unused-pin" ? lastPart(title) : title,
    description: joined(what, since),
    icon: "warning",
    tone: "busy",
    details: [
      [l10n.t("Possible leak"), title],
      ["", oneParagraph(leak.message)],
      [l10n.t("Age"), since || l10n.t("not known")],
      [l10n.t("To be sure"), oneParagraph(leak.toBeSure)],
      ["", l10n.t("Select this row to read what it means.")],
    ],
    spoken: sentence(
      l10n.t("Possible leak: {0}", title),
      oneParagraph(leak.message),
      since === "" ? "" : l10n.t("age {0}", since),
      oneParagraph(leak.toBeSure),
    ),
  };
}

/** A path's last part: what tells one bind mount from another, where a row has little room. */
function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1) || path;
}

function leakWords({ code }: Leak): string {
  switch (code) {
    case "unclaimed-sandbox":
      return l10n.t("no pod claims it");
    case "unused-pin":
      return l10n.t("pinned, unused");
    case "pod-without-sandbox":
      return l10n.t("pod without a sandbox");
  }
}

export function nodesStatusLook(status: NodesStatus): RowLook {
  const { label, description, icon, tone, next } = statusWords(status);
  const details: [string, string][] = [label, description, next]
    .filter((text, index, all) => text !== "" && all.indexOf(text) === index)
    .map((text) => ["", text]);
  return { label, description, icon, tone, details, spoken: sentence(...details.map(([, text]) => text)) };
}

function statusWords(
  status: NodesStatus,
): Pick<RowLook, "label" | "description" | "icon" | "tone"> & { readonly next: string } {
  switch (status.kind) {
    case "connecting":
      return { ...quiet(l10n.t("Asking the cluster…")), icon: "loading~spin" };
    case "reading":
      return { ...quiet(l10n.t("Reading the node…")), icon: "loading~spin" };
    case "cluster-failed":
    case "failed": {
      const { title, next } = errorText(status.error);
      return { label: title, description: next, icon: "error", tone: "bad", next: "" };
    }
    case "names-of-pods":
      return {
        label: l10n.t("Nodes may not be listed"),
        description:
          status.names === 0
            ? l10n.t("and no pod shown tells of one")
            : l10n.t("the pods shown tell of these"),
        icon: "info",
        tone: undefined,
        next: l10n.t(
          "A node on which none of the pods shown runs is missing here. Unfold more Kubernetes namespaces in Pods, or ask for the right to list nodes.",
        ),
      };
    case "finding": {
      const { severity, message } = status.finding;
      return {
        label: oneParagraph(message),
        description: "",
        icon: severity,
        tone: severity === "info" ? undefined : severity === "warning" ? "busy" : "bad",
        next: l10n.t("Select this row to read what it means."),
      };
    }
    case "leaks-unknown":
      return {
        label: l10n.t("Possible leaks of pods are not known"),
        description: oneParagraph(status.why),
        icon: "info",
        tone: undefined,
        next: "",
      };
    case "no-others":
      return status.partial ? notAllRead() : quiet(l10n.t("Nothing but pods and the node's own processes"));
    case "no-leaks":
      return status.partial ? notAllRead() : quiet(l10n.t("Nothing looks left behind"));
  }
}

function notAllRead(): ReturnType<typeof quiet> {
  return { ...quiet(l10n.t("None seen, but not everything could be read")), icon: "info" };
}

function quiet(label: string): Pick<RowLook, "label" | "description" | "icon" | "tone"> & { next: string } {
  return { label, description: "", icon: "pass", tone: undefined, next: "" };
}

/** The time between two moments in ISO 8601, in its largest unit; "" where they are none. */
export function age(from: string, to: string): string {
  const seconds = Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / 1000));
  if (Number.isNaN(seconds)) return "";
  if (seconds < 60) return l10n.t("{0} s", seconds);
  if (seconds < 3600) return l10n.t("{0} min", Math.floor(seconds / 60));
  if (seconds < 86_400) return l10n.t("{0} h", Math.floor(seconds / 3600));
  return l10n.t("{0} d", Math.floor(seconds / 86_400));
}
