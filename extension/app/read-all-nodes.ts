import * as l10n from "@vscode/l10n";
import { Breath } from "../cluster/breath.ts";
import type { ClusterSource } from "../cluster/source.ts";
import {
  type Audit,
  type AuditedContainer,
  type AuditedNode,
  auditedContainers,
  confirmed,
} from "../core/audit/audit.ts";
import { buildReport } from "../core/build-report.ts";
import { errorText } from "../core/error-text.ts";
import { asSandboxError, SandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { ClusterNode, Pod } from "../core/pod.ts";
import { otherMachineFindings } from "../core/other-machine.ts";
import { nodeProbe } from "../core/probe/node-probe.ts";
import { delay } from "../nodes/waiting.ts";
import { askNode } from "./ask-node.ts";
import { followPods } from "./list-pods.ts";
import { nodeByPod } from "./node-of.ts";
import type { Nodes } from "./nodes.ts";
import type { ReadonlyPodIndex } from "./pod-index.ts";

export interface ReadAllPorts {
  openCluster(context: string): Promise<ClusterSource>;
  /** Ways onto so many nodes at once that ask nobody anything; closed at the end. */
  openNodes(atOnce: number): Promise<Nodes>;
  /** `timeoutMs`: for reaching a node and its answer. */
  settings(): { readonly timeoutMs: number; readonly nodesAtOnce: number };
  now(): Date;
  readonly log: Log;
}

/** How far it is. */
export interface ReadAllProgress {
  readonly done: number;
  /** Of those that are done. */
  readonly failed: number;
  readonly total: number;
}

export interface ReadAllRequest {
  /** Aborts the rest: what was read until then is the answer. */
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: ReadAllProgress) => void) | undefined;
}

/** A pod that was changing is looked at again after this, in milliseconds: what two readings say is so. */
const pauseMs = 250;

/**
 * Reads every node of a cluster, a few at a time, and tells what the containers of its pods share with it. A node that
 * cannot be read keeps no other from it.
 * @throws SandboxError where the nodes or the pods are not to be known: as the API does, and `cancelled`.
 */
export async function readAllNodes(
  ports: ReadAllPorts,
  context: string,
  { signal, onProgress }: ReadAllRequest,
): Promise<Audit> {
  const begunAt = ports.now().toISOString();
  const cluster = await ports.openCluster(context);
  const pods = await followPods(cluster, undefined, signal);
  try {
    const nodes = await nodesOf(cluster, pods.index, signal);
    const { nodesAtOnce, timeoutMs } = ports.settings();
    const opened = await ports.openNodes(nodesAtOnce);
    const read = new Map<string, AuditedNode>();
    const handlers = new RuntimeHandlers(cluster, signal);
    const waiting = nodes.values();
    let failed = 0;
    const lane = async (): Promise<void> => {
      for (const node of waiting) {
        if (signal.aborted) return;
        const reader = { ports, context, node, pods: pods.index, opened, handlers, signal, timeoutMs };
        const outcome = await outcomeOf(reader);
        read.set(node.name, outcome);
        if (outcome.outcome === "failed") failed++;
        onProgress?.({ done: read.size, failed, total: nodes.length });
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(nodesAtOnce, nodes.length) }, lane));
    } finally {
      await opened.close();
    }
    return {
      schemaVersion: 1,
      context,
      begunAt,
      endedAt: ports.now().toISOString(),
      nodes: nodes.map(({ name }) => read.get(name) ?? cancelled(name)),
    };
  } finally {
    pods.close();
  }
}

interface Reader {
  readonly ports: ReadAllPorts;
  readonly context: string;
  readonly node: ClusterNode;
  /** Of the cluster, as they are at the moment. */
  readonly pods: ReadonlyPodIndex;
  readonly opened: Nodes;
  readonly handlers: RuntimeHandlers;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** Never throws. */
async function outcomeOf(reader: Reader): Promise<AuditedNode> {
  const { node, ports, signal } = reader;
  const { name } = node;
  if (node.virtual || node.os === "windows") {
    const reason = node.virtual ? "node-virtual" : "node-windows";
    const { title } = errorText(new SandboxError(reason, name, { facts: { node: name } }));
    return { name, outcome: "unfit", why: title };
  }
  try {
    const containers = await readSurely(reader);
    return { name, outcome: "read", takenAt: ports.now().toISOString(), containers };
  } catch (thrown) {
    if (signal.aborted) return cancelled(name);
    if (thrown instanceof OtherMachine) return { name, outcome: "failed", why: thrown.message };
    const error = asSandboxError(thrown);
    ports.log.warn(`node ${name}: ${error.reason}: ${error.message}`);
    return { name, outcome: "failed", why: errorText(error).title };
  }
}

/** What was read is not the node that was meant: nothing of it may be told of its pods. `message` is for people. */
class OtherMachine extends Error {}

function cancelled(name: string): AuditedNode {
  return { name, outcome: "cancelled", why: l10n.t("It was cancelled before this node was read.") };
}

/** What differs from a spec is told when a second reading says the same. */
async function readSurely(reader: Reader): Promise<readonly AuditedContainer[]> {
  const first = await readOnce(reader);
  if (first.every(({ differs }) => differs.length === 0)) return first;
  await delay(pauseMs, reader.signal);
  return confirmed(first, await readOnce(reader));
}

async function readOnce(reader: Reader): Promise<readonly AuditedContainer[]> {
  const { ports, context, node, pods, opened, handlers, signal, timeoutMs } = reader;
  // What came or went while the node was read is not told of: nobody knows on which side of it.
  const before = new Set(podsToRead(pods, node.name).map(({ uid }) => uid));
  const scan = await askNode(opened.transport(node, context), nodeProbe(), node.name, { signal, timeoutMs });
  const [elsewhere] = otherMachineFindings(node, scan);
  if (elsewhere !== undefined) throw new OtherMachine(elsewhere.message);
  const there = podsToRead(pods, node.name).filter(({ uid }) => before.has(uid));
  const containers: AuditedContainer[] = [];
  const breath = new Breath();
  for (const pod of there) {
    const runtimeHandler = await handlers.of(pod);
    const input = { context, pod, node, scan, runtimeHandler, takenAt: ports.now() };
    containers.push(...auditedContainers(buildReport(input), pod));
    if (breath.isDue()) await breath.take();
  }
  return containers.toSorted(
    (one, other) => compare(one.namespace, other.namespace) || compare(one.pod, other.pod),
  );
}

/** Those that have a sandbox on the node, as far as the API knows. */
function podsToRead(pods: ReadonlyPodIndex, node: string): readonly Pod[] {
  return pods
    .in("node", node)
    .filter(({ phase, os }) => phase !== "Succeeded" && phase !== "Failed" && os !== "windows");
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

/** RuntimeClass handlers, each asked for once. What is not to be known is taken to be named as its class, as is usual. */
class RuntimeHandlers {
  readonly #cluster: ClusterSource;
  readonly #signal: AbortSignal;
  readonly #asked = new Map<string, Promise<string>>();

  constructor(cluster: ClusterSource, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#signal = signal;
  }

  async of({ runtimeClassName: name }: Pod): Promise<string | undefined> {
    if (name === undefined) return undefined;
    const asked =
      this.#asked.get(name) ??
      this.#cluster.runtimeHandler(name, this.#signal).then(
        (handler) => handler ?? name,
        () => name,
      );
    this.#asked.set(name, asked);
    return asked;
  }
}

/** By name. Who may not list nodes learns of them from the pods. */
async function nodesOf(
  cluster: ClusterSource,
  pods: ReadonlyPodIndex,
  signal: AbortSignal,
): Promise<readonly ClusterNode[]> {
  try {
    return await cluster.listNodes(signal);
  } catch (thrown) {
    if (asSandboxError(thrown).reason !== "forbidden") throw thrown;
    const names = [...pods.names("node")].filter((name) => name !== "").toSorted();
    return names.map((name) => nodeByPod(name, pods.in("node", name)[0]));
  }
}
