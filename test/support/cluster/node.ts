import { join } from "node:path";
import { startContainerd } from "./containerd.ts";
import type { ControlPlane } from "./control-plane.ts";
import { startKubelet, type KubeletOptions } from "./kubelet.ts";
import { PodBench } from "./pods.ts";
import { startSshd, type SshAccess } from "./sshd.ts";
import { waitUntil } from "./wait.ts";

/** A real node of a control plane: containerd, kubelet and sshd on this machine. */
export interface TestNode {
  readonly nodeName: string;
  readonly ssh: SshAccess;
  /** Path of containerd's socket, for `ctr` and the CRI. */
  readonly criSocket: string;
  /** containerd's `state` folder. */
  readonly containerdState: string;
  /** "/" or a cgroup of our own, below which the kubelet keeps `kubepods`. */
  readonly cgroupRoot: string;
  readonly pods: PodBench;
  /** Ends the node's servers; the rest is cleaned up with the control plane. */
  stop(): Promise<void>;
}

/** Starts the node and waits until it is Ready; takes some seconds. Needs root. */
export async function startNode(plane: ControlPlane, options: KubeletOptions = {}): Promise<TestNode> {
  const { instance } = plane;
  const ssh = await startSshd(instance);
  const containerd = await startContainerd(instance);
  const kubelet = await startKubelet(plane, containerd, options);
  const look = async (): Promise<true | undefined> => {
    if (!kubelet.server.running()) throw new Error(`The kubelet ended\n${kubelet.server.logTail()}`);
    return isReady((await plane.client.get(`/api/v1/nodes/${instance.nodeName}`)).body) ? true : undefined;
  };
  await waitUntil("the node to be ready", look, { timeoutMs: 60_000, explain: kubelet.server.logTail });
  return {
    nodeName: instance.nodeName,
    ssh,
    criSocket: containerd.socket,
    containerdState: containerd.state,
    cgroupRoot: kubelet.cgroupRoot,
    pods: new PodBench({
      api: plane.client,
      runtime: containerd.ctr,
      nodeName: instance.nodeName,
      manifests: kubelet.manifests,
      uids: join(instance.directory, "pods"),
    }),
    stop: async () => {
      await kubelet.server.stop();
      await Promise.all([containerd.server.stop(), ssh.server.stop()]);
    },
  };
}

function isReady(node: unknown): boolean {
  const { status } = node as { status?: { conditions?: readonly { type: string; status: string }[] } };
  return (
    status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ===
    true
  );
}
