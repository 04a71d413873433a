import type { ClusterNode, Pod, PodContainer } from "../../extension/core/pod.ts";

/** A running pod as the API would give it, with what a test changes. */
export function fakePod(
  changes: Partial<Omit<Pod, "sharing">> & { sharing?: Partial<Pod["sharing"]> } = {},
): Pod {
  return {
    uid: "0b6c2a91-4ad1-4e0f-9a5f-1c2d3e4f5a6b",
    namespace: "default",
    name: "web",
    nodeName: "node-a",
    phase: "Running",
    reason: undefined,
    createdAt: "2026-01-01T00:00:00Z",
    deletedAt: undefined,
    configHash: undefined,
    os: "linux",
    runtimeClassName: undefined,
    hostIP: "192.0.2.7",
    runtimeScheme: "containerd",
    containers: [],
    ...changes,
    sharing: {
      hostNetwork: false,
      hostPID: false,
      hostIPC: false,
      hostUsers: undefined,
      shareProcessNamespace: false,
      ...changes.sharing,
    },
  };
}

/** A running container as a pod's status would name it. */
export function fakeContainer(changes: Partial<PodContainer> & { name: string }): PodContainer {
  return {
    kind: "app",
    image: "example.org/app:1",
    id: undefined,
    previousIds: [],
    state: { kind: "running", startedAt: undefined },
    ready: true,
    restartCount: 0,
    privileged: false,
    targetContainerName: undefined,
    ...changes,
  };
}

export function fakeNode(changes: Partial<ClusterNode> = {}): ClusterNode {
  return {
    name: "node-a",
    addresses: [{ type: "InternalIP", address: "192.0.2.7" }],
    runtimeVersion: "containerd://1.6.20",
    kubeletVersion: "v1.33.0",
    kernelVersion: "6.18.0",
    os: "linux",
    osImage: "Debian",
    bootId: "",
    providerId: "",
    virtual: false,
    ready: true,
    ...changes,
  };
}
