import * as l10n from "@vscode/l10n";
import { Breath } from "../cluster/breath.ts";
import type { ClusterSource } from "../cluster/source.ts";
import { withHistory } from "../core/changes.ts";
import { errorText } from "../core/error-text.ts";
import { asSandboxError } from "../core/errors.ts";
import type { FindingCode } from "../core/finding-codes.ts";
import type { Leak, NodeView } from "../core/node-view.ts";
import type { ApiPods } from "../core/others/leaks.ts";
import { buildNodeView } from "../core/others/node-view.ts";
import { buildOtherReport } from "../core/others/other-report.ts";
import type { ClusterNode, Pod } from "../core/pod.ts";
import { nodeProbe } from "../core/probe/node-probe.ts";
import type { OtherSandboxReport } from "../core/report.ts";
import type { NodeScan } from "../core/scan.ts";
import type { SshHost } from "../nodes/ssh/ssh-host.ts";
import type { NodeTransport } from "../nodes/transport.ts";
import { delay } from "../nodes/waiting.ts";
import { askNode } from "./ask-node.ts";
import { nodeAt, type NodePlace, placeKey } from "./node-place.ts";
import { stepWords } from "./reading-step.ts";
import { Recent } from "./recent.ts";
import { readUntilSettled } from "./settled.ts";

export interface NodeReadingsPorts {
  openCluster(context: string): Promise<ClusterSource>;
  /** `context`: the kubeconfig context whose node it is; null for an SSH host. */
  transport(node: ClusterNode | SshHost, context: string | null): NodeTransport;
  /** As the settings are at the moment of asking. `timeoutMs`: for reaching the node and its answer. */
  settings(): { readonly timeoutMs: number };
  now(): Date;
}

export interface NodeRequest {
  readonly signal: AbortSignal;
  readonly onProgress?: ((message: string) => void) | undefined;
}

/** Findings that a sandbox in the middle of a change shows for a moment. */
const maybePassing: readonly FindingCode[] = ["sharing-differs", "read-raced"];

/** Long enough for what was only on its way: a pod between its sandbox and its first process, a network being torn down. */
const pauseBeforeLeaksAreSureMs = 1000;

const mostRemembered = 100;

/** Reads whole nodes, and the sandboxes on them that are no pods. */
export class NodeReadings {
  readonly #ports: NodeReadingsPorts;
  /** The last report of each sandbox. */
  readonly #reports = new Recent<OtherSandboxReport>(mostRemembered);

  constructor(ports: NodeReadingsPorts) {
    this.#ports = ports;
  }

  /**
   * Everything that runs on a node. What looks left behind is only told when a second reading says the same.
   * Throws SandboxError with any reason of the API or of the way to the node.
   */
  async readNode(place: NodePlace, request: NodeRequest): Promise<NodeView> {
    const machine = await this.#reach(place, request);
    request.onProgress?.(stepWords({ kind: "reading-node", of: machine.node.name }));
    const view = await this.#view(machine, request);
    if (view.leaks.length === 0) return view;
    request.onProgress?.(stepWords({ kind: "reading-again", of: machine.node.name }));
    await delay(pauseBeforeLeaksAreSureMs, request.signal);
    const again = await this.#view(machine, request);
    return { ...again, leaks: again.leaks.filter((leak) => view.leaks.some((seen) => isSame(seen, leak))) };
  }

  /**
   * One sandbox that is no pod, by the key that a reading of the node gave it, with what has changed since it was
   * inspected last. Throws SandboxError `sandbox-gone`, and as `readNode` does.
   */
  async inspectOther(place: NodePlace, key: string, request: NodeRequest): Promise<OtherSandboxReport> {
    const { signal, onProgress } = request;
    const machine = await this.#reach(place, request);
    const read = await readUntilSettled({
      signal,
      maybePassing,
      read: async (reading) => {
        onProgress?.(
          stepWords({ kind: reading === 1 ? "reading-sandbox" : "reading-again", of: machine.node.name }),
        );
        return this.#other(machine, key, request);
      },
      again: async () => true,
    });
    const report = withHistory(read, this.#reports.get(reportKey(place, key)));
    this.#reports.put(reportKey(place, key), report);
    return report;
  }

  /** What is becoming another program just then is not read, which does not make it gone: then it is read again. */
  async #other(machine: Machine, key: string, request: NodeRequest): Promise<OtherSandboxReport> {
    const report = (scan: NodeScan): OtherSandboxReport =>
      buildOtherReport({ node: machine.node, key, scan, takenAt: this.#ports.now() });
    const scan = await this.#scan(machine, request);
    try {
      return report(scan);
    } catch (thrown) {
      if (asSandboxError(thrown).reason !== "sandbox-gone" || scan.raced.length === 0) throw thrown;
      return report(await this.#scan(machine, request));
    }
  }

  async #view(machine: Machine, request: NodeRequest): Promise<NodeView> {
    const before = await podsOf(machine, request);
    const scan = await this.#scan(machine, request);
    const after = "unknown" in before ? before : await podsOf(machine, request);
    // Of a crowded node, parsing what it said and comparing it are each long enough.
    await new Breath().take();
    const apiPods: ApiPods =
      "unknown" in before ? before : "unknown" in after ? after : { before: before.pods, after: after.pods };
    return buildNodeView({ node: machine.node, scan, takenAt: this.#ports.now(), apiPods });
  }

  async #scan({ node, transport }: Machine, { signal }: NodeRequest): Promise<NodeScan> {
    const { timeoutMs } = this.#ports.settings();
    return askNode(transport, nodeProbe(), node.name, { signal, timeoutMs });
  }

  async #reach(place: NodePlace, { signal, onProgress }: NodeRequest): Promise<Machine> {
    if (place.context !== null) onProgress?.(stepWords({ kind: "asking-api", of: place.node }));
    const { node, cluster } = await nodeAt(place, async (name) => this.#ports.openCluster(name), signal);
    return {
      node: "addresses" in node ? node : { name: place.node, runtimeVersion: "" },
      transport: this.#ports.transport(node, place.context),
      cluster,
    };
  }
}

/** A node that can be asked. */
interface Machine {
  readonly node: { readonly name: string; readonly runtimeVersion: string; readonly bootId?: string };
  readonly transport: NodeTransport;
  /** undefined for a host that is not known to be any cluster's. */
  readonly cluster: ClusterSource | undefined;
}

function reportKey(place: NodePlace, key: string): string {
  return JSON.stringify([placeKey(place), key]);
}

/** The same suspicion in two readings: a sandbox of the same UID or path, whatever its numbers are now. */
function isSame(a: Leak, b: Leak): boolean {
  return a.code === b.code && a.title === b.title;
}

/** The API's pods of a node, or why they are not known: that must not keep the node from being read. */
async function podsOf(
  { cluster, node }: Machine,
  { signal }: NodeRequest,
): Promise<{ readonly pods: readonly Pod[] } | { readonly unknown: string }> {
  if (cluster === undefined) {
    return {
      unknown: l10n.t(
        "This host was added by itself: which pods of which cluster belong on it is not known.",
      ),
    };
  }
  try {
    return { pods: await cluster.listPodsOnNode(node.name, signal) };
  } catch (thrown) {
    const error = asSandboxError(thrown);
    if (error.reason === "cancelled") throw error;
    return { unknown: l10n.t("Which pods belong on this node is not known. {0}", errorText(error).title) };
  }
}
