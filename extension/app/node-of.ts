import type { ClusterSource } from "../cluster/source.ts";
import { asSandboxError } from "../core/errors.ts";
import type { ClusterNode, Pod } from "../core/pod.ts";

/**
 * A node of the API. Who may read pods may often not read nodes: then its name, and what the status of a pod on it says,
 * is all there is to reach it by. Throws SandboxError as `getNode` does, but for `forbidden`.
 */
export async function nodeOf(
  cluster: ClusterSource,
  name: string,
  pod: Pick<Pod, "hostIP" | "runtimeScheme"> | undefined,
  signal: AbortSignal,
): Promise<ClusterNode> {
  try {
    return await cluster.getNode(name, signal);
  } catch (thrown) {
    if (asSandboxError(thrown).reason !== "forbidden") throw thrown;
    return nodeByPod(name, pod);
  }
}

/** A node by what a pod on it tells. */
export function nodeByPod(name: string, pod: Pick<Pod, "hostIP" | "runtimeScheme"> | undefined): ClusterNode {
  return {
    name,
    addresses: [
      ...(pod?.hostIP === undefined ? [] : [{ type: "InternalIP", address: pod.hostIP }]),
      { type: "Hostname", address: name },
    ],
    runtimeVersion: pod?.runtimeScheme === undefined ? "" : `${pod.runtimeScheme}://`,
    kubeletVersion: "",
    kernelVersion: "",
    os: "",
    osImage: "",
    bootId: "",
    providerId: "",
    virtual: false,
    ready: true,
  };
}
