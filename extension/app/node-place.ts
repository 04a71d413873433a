import type { ClusterSource } from "../cluster/source.ts";
import { SandboxError } from "../core/errors.ts";
import type { ClusterNode } from "../core/pod.ts";
import { parseSshHost, type SshHost } from "../nodes/ssh/ssh-host.ts";
import { nodeOf } from "./node-of.ts";

/** Where a node is: in a cluster, or a host that the user added. */
export interface NodePlace {
  /** The kubeconfig context whose node it is; null for an SSH host. */
  readonly context: string | null;
  /** The node's name, or the host as the user wrote it. */
  readonly node: string;
}

/** Equal for equal places. JSON keeps the parts apart, whatever they hold. */
export function placeKey({ context, node }: NodePlace): string {
  return JSON.stringify([context, node]);
}

/** What is known of the node that is there, and the cluster that knows it: undefined for a host of none. */
export interface FoundNode {
  readonly node: ClusterNode | SshHost;
  readonly cluster: ClusterSource | undefined;
}

/**
 * Looks up the node that is there.
 * @throws SandboxError as `nodeOf` does; `bad-argument` for what is no host, `node-virtual` and `node-windows` for nodes
 * that cannot be read in any way.
 */
export async function nodeAt(
  { context, node: name }: NodePlace,
  openCluster: (context: string) => Promise<ClusterSource>,
  signal: AbortSignal,
): Promise<FoundNode> {
  if (context === null) {
    const host = parseSshHost(name);
    if (host === undefined) throw new SandboxError("bad-argument", "not a host as ssh takes it");
    return { node: host, cluster: undefined };
  }
  const cluster = await openCluster(context);
  const node = await nodeOf(cluster, name, undefined, signal);
  if (node.virtual || node.os === "windows") {
    const reason = node.virtual ? "node-virtual" : "node-windows";
    throw new SandboxError(reason, `${reason}: ${name}`, { facts: { node: name } });
  }
  return { node, cluster };
}
