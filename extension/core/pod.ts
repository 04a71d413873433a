/** A pod trimmed at the border to what this product reads of it. Strings are untrusted text. */
export interface Pod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** undefined until the pod is scheduled. */
  readonly nodeName: string | undefined;
  /** Pending | Running | Succeeded | Failed | Unknown */
  readonly phase: string;
  /** status.reason, such as "Evicted". */
  readonly reason: string | undefined;
  /** ISO 8601. */
  readonly createdAt: string | undefined;
  /** Being deleted since; ISO 8601. */
  readonly deletedAt: string | undefined;
  /** Annotation kubernetes.io/config.hash of static pods: their UID in the node's cgroup paths. */
  readonly configHash: string | undefined;
  /** spec.os.name, or the nodeSelector kubernetes.io/os: "linux", "windows" or undefined. */
  readonly os: string | undefined;
  readonly runtimeClassName: string | undefined;
  /** status.hostIP: the node's address, for who may not read nodes. */
  readonly hostIP: string | undefined;
  /** The scheme of the container IDs ("containerd"), for the same; undefined while there is none. */
  readonly runtimeScheme: string | undefined;
  readonly sharing: SharingSpec;
  /** Init (and sidecars), then app, then ephemeral, each in the spec's order. */
  readonly containers: readonly PodContainer[];
}

/** The fields of a pod's spec that decide what its containers share. */
export interface SharingSpec {
  readonly hostNetwork: boolean;
  readonly hostPID: boolean;
  readonly hostIPC: boolean;
  /** undefined = not given, which the API treats as true. */
  readonly hostUsers: boolean | undefined;
  readonly shareProcessNamespace: boolean;
}

export interface PodContainer {
  readonly name: string;
  readonly kind: "app" | "init" | "sidecar" | "ephemeral";
  readonly image: string;
  /** 64 hex digits without the runtime's prefix; undefined while there is none or when it is not of that form. */
  readonly id: string | undefined;
  /** IDs of this container's earlier runs (status.lastState). */
  readonly previousIds: readonly string[];
  readonly state: ContainerState;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly privileged: boolean;
  /** Of an ephemeral container. */
  readonly targetContainerName: string | undefined;
}

export type ContainerState =
  | { readonly kind: "waiting"; readonly reason: string; readonly message: string }
  | { readonly kind: "running"; readonly startedAt: string | undefined }
  | {
      readonly kind: "terminated";
      readonly exitCode: number;
      readonly reason: string;
      readonly finishedAt: string | undefined;
    }
  | { readonly kind: "unknown" };

/** Where a pod is: enough to ask for it again. */
export interface PodRef {
  readonly context: string;
  readonly namespace: string;
  readonly name: string;
}

/** A Node object trimmed at the border. */
export interface ClusterNode {
  readonly name: string;
  /** status.addresses in the API's order; types InternalIP, ExternalIP, Hostname, InternalDNS, ExternalDNS. */
  readonly addresses: readonly { readonly type: string; readonly address: string }[];
  /** status.nodeInfo.containerRuntimeVersion, such as "containerd://1.6.20"; "" when not reported. */
  readonly runtimeVersion: string;
  readonly kubeletVersion: string;
  readonly kernelVersion: string;
  /** status.nodeInfo.operatingSystem or label kubernetes.io/os: "linux", "windows" or "". */
  readonly os: string;
  readonly osImage: string;
  /** status.nodeInfo.bootID: the kernel's /proc/sys/kernel/random/boot_id when the kubelet last said; "" when not reported. */
  readonly bootId: string;
  /** spec.providerID, such as "kind://docker/kind/kind-worker"; "" when there is none. */
  readonly providerId: string;
  /** A virtual kubelet or a serverless node (Fargate, ACI): no kernel of its own to read. */
  readonly virtual: boolean;
  readonly ready: boolean;
}
