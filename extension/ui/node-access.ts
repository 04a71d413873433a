import * as vscode from "vscode";
import type { CheckAccessRequest } from "../app/check-access.ts";
import type { Clusters } from "../app/clusters.ts";
import type { NodeList } from "../app/node-list.ts";
import type { NodePlace } from "../app/node-place.ts";
import type { NodeStates } from "../app/node-states.ts";
import { placeOf } from "../app/placed-transport.ts";
import { resolveRef } from "../app/resolve-ref.ts";
import type { PodStore } from "../app/store.ts";
import type { ChosenWays } from "../app/ways.ts";
import type { AccessReport } from "../core/access-check.ts";
import { accessText, stepWords } from "../core/access-words.ts";
import { isAboutTheWay, SandboxError } from "../core/errors.ts";
import type { ClusterNode } from "../core/pod.ts";
import type { SshHost } from "../nodes/ssh/ssh-host.ts";
import { chooseWay } from "./choose-way.ts";
import type { AccessOffer, AccessOffers } from "./errors.ts";
import { hasPlace, parseNodeTarget } from "./nodes-target.ts";
import { pickNode } from "./pick-node.ts";
import { withProgress } from "./progress.ts";
import { parseTarget } from "./target.ts";
import { oneLine } from "./text.ts";
import type { TextDocuments } from "./text-documents.ts";

export interface NodeAccessPorts {
  readonly ways: ChosenWays;
  readonly clusters: Clusters;
  readonly store: PodStore;
  readonly list: NodeList;
  readonly states: NodeStates;
  readonly documents: TextDocuments;
  nodeAt(place: NodePlace, signal: AbortSignal): Promise<ClusterNode | SshHost>;
  checkAccess(place: NodePlace, request: CheckAccessRequest): Promise<AccessReport>;
  openSettings(setting: string): void | Promise<void>;
}

/** "Choose the way onto a node" and "Check node access", as commands and where a way has failed. */
export class NodeAccess implements AccessOffers {
  readonly #ports: NodeAccessPorts;

  constructor(ports: NodeAccessPorts) {
    this.#ports = ports;
  }

  offers(error: SandboxError): readonly AccessOffer[] {
    const place = placeOf(error);
    // Whatever went wrong on the way: the check tells more. Settings are to be mended first: it cannot do without them.
    if (place === undefined || error.reason === "setting-invalid") return [];
    return isAboutTheWay(error.reason) && this.#ports.ways.taken(place).by !== "rule"
      ? ["chooseWay", "checkAccess"]
      : ["checkAccess"];
  }

  async chooseAfter(error: SandboxError): Promise<boolean> {
    const place = placeOf(error);
    return place !== undefined && chooseWay(this.#ports, place, error.reason);
  }

  async checkAfter(error: SandboxError): Promise<void> {
    const place = placeOf(error);
    if (place !== undefined) await this.#check(place);
  }

  /** The command. What could not be read before is read again. */
  async choose(argument: unknown): Promise<void> {
    const place = await this.#placeOf(argument, vscode.l10n.t("Choose the way onto a node"));
    if (place === undefined) return;
    const { states } = this.#ports;
    const state = states.of(place);
    const reason = state.kind === "failed" ? state.error.reason : undefined;
    const isChosen = await chooseWay(this.#ports, place, reason);
    if (isChosen && state.kind === "failed") await states.read(place);
  }

  /** The command. Throws SandboxError as the API does. */
  async check(argument: unknown): Promise<void> {
    const place = await this.#placeOf(argument, vscode.l10n.t("Check the access to a node"));
    if (place !== undefined) await this.#check(place);
  }

  async #check(place: NodePlace): Promise<void> {
    const { l10n } = vscode;
    const node = oneLine(place.node);
    const report = await withProgress(
      l10n.t("Checking the access to {0}", node),
      async ({ signal, onProgress }) =>
        this.#ports.checkAccess(place, {
          signal,
          onFinding: ({ step, says }) => onProgress?.(`${stepWords(step)}: ${says}`),
        }),
    );
    const { Active } = vscode.ViewColumn;
    await this.#ports.documents.show(l10n.t("Access to {0}", node), accessText(report), Active);
  }

  /** Of a node's row, of a pod's row, or chosen from a list. */
  async #placeOf(argument: unknown, title: string): Promise<NodePlace | undefined> {
    const { clusters, store, list } = this.#ports;
    if (argument === undefined || argument === null) {
      return pickNode(list, () => store.context, title);
    }
    if (hasPlace(argument)) return parseNodeTarget(argument);
    const ref = await resolveRef(clusters, parseTarget(argument), async () => store.usualContext());
    const cluster = await clusters.open(ref.context);
    const pod = await cluster.getPod(ref.namespace, ref.name, new AbortController().signal);
    if (pod.nodeName === undefined) {
      const facts = { namespace: pod.namespace, pod: pod.name };
      throw new SandboxError("pod-not-scheduled", "the pod is on no node", { facts });
    }
    return { context: ref.context, node: pod.nodeName };
  }
}
