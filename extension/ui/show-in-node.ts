import type { Clusters } from "../app/clusters.ts";
import type { NodePlace } from "../app/node-place.ts";
import { resolveRef } from "../app/resolve-ref.ts";
import type { PodStore } from "../app/store.ts";
import { SandboxError } from "../core/errors.ts";
import type { PodRef } from "../core/pod.ts";
import type { AnyReport } from "../core/report.ts";
import type { PanelSubject } from "../protocol/messages.ts";
import type { NodesView } from "./nodes-view.ts";
import type { PodsView } from "./pods-view.ts";
import { parseTarget } from "./target.ts";

export interface ShowInNodePorts {
  readonly clusters: Clusters;
  readonly store: PodStore;
  readonly view: PodsView;
  readonly nodesView: NodesView;
}

/**
 * "Show in node": of the pod that was given, else of the one selected in the view. Throws SandboxError of the API,
 * `pod-not-scheduled`, and `node-gone` where the view does not have the node.
 */
export async function showInNodeCommand(ports: ShowInNodePorts, argument: unknown): Promise<void> {
  const { clusters, store, view, nodesView } = ports;
  const selected = view.selectedPod;
  const ref: PodRef | undefined =
    argument === undefined || argument === null
      ? selected
      : await resolveRef(clusters, parseTarget(argument), async () => store.usualContext());
  if (ref === undefined) return nodesView.focus();
  await nodesView.reveal(await nodeOfPod(ports, ref));
}

/** The node of what a panel shows, and the row of the sandbox itself where that is no pod. Throws as the command does. */
export async function showInNode(
  nodesView: NodesView,
  subject: PanelSubject,
  report: AnyReport,
): Promise<void> {
  if (subject.kind === "pod") {
    await nodesView.reveal({ context: subject.context, node: report.node.name });
  } else {
    await nodesView.reveal({ context: subject.context, node: subject.node }, subject.key);
  }
}

async function nodeOfPod({ clusters, store }: ShowInNodePorts, ref: PodRef): Promise<NodePlace> {
  const { context, namespace, name } = ref;
  const known =
    context === store.context ? store.group(namespace)?.pods.find((pod) => pod.name === name) : undefined;
  const pod =
    known ?? (await (await clusters.open(context)).getPod(namespace, name, new AbortController().signal));
  if (pod.nodeName === undefined) {
    throw new SandboxError("pod-not-scheduled", "the pod is on no node", { facts: { namespace, pod: name } });
  }
  return { context, node: pod.nodeName };
}
