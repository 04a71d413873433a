/** A debug pod ends by itself after this, whatever became of who made it: spec.activeDeadlineSeconds. */
export const lifetimeSeconds = 3600;

export const containerName = "debug";

export interface DebugPodSpec {
  readonly name: string;
  readonly namespace: string;
  readonly node: string;
  readonly image: string;
  /** Value of the owner label. */
  readonly owner: string;
}

/** What all debug pods of one owner have, and nothing else has. */
export function debugPodLabels(owner: string): Readonly<Record<string, string>> {
  return {
    "app.kubernetes.io/managed-by": "pod-sandbox-explorer",
    "app.kubernetes.io/component": "debug-pod",
    "pod-sandbox-explorer/owner": owner,
  };
}

/**
 * The Pod object (v1) of a debug pod: as `kubectl debug node` with the profile sysadmin makes it, but with an end, and
 * without the node's root mounted.
 *
 * That one could be mounted in two ways, and neither will do: a mount that follows the node's (HostToContainer) does
 * not start where the node's root is not shared, and a copy would hold every Linux namespace that is bind-mounted on the
 * node at that moment. Beside the node's processes the mounts of PID 1 can be entered instead, see seenFrom.
 *
 * It is bound to its node from the start, without the scheduler, so that cordoned and tainted nodes take it. It uses
 * the node's network because it needs none of its own, which takes longer, leaves traces on the node, and cannot be had
 * where the network plugin is broken. What it mounts is for nodes without a shell: a container does not see the whole
 * of cgroup v1 otherwise.
 */
export function debugPodManifest({ name, namespace, node, image, owner }: DebugPodSpec): unknown {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: debugPodLabels(owner) },
    spec: {
      nodeName: node,
      hostPID: true,
      hostNetwork: true,
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 0,
      activeDeadlineSeconds: lifetimeSeconds,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      tolerations: [{ operator: "Exists" }],
      containers: [
        {
          name: containerName,
          image,
          imagePullPolicy: "IfNotPresent",
          // Beside the node's processes it is not the first of its PID namespace: SIGTERM ends it.
          command: ["sleep", String(lifetimeSeconds)],
          securityContext: { privileged: true, runAsUser: 0 },
          resources: { requests: { cpu: "10m", memory: "16Mi" } },
          volumeMounts: [{ name: "cgroup", mountPath: "/sys/fs/cgroup", readOnly: true }],
        },
      ],
      volumes: [{ name: "cgroup", hostPath: { path: "/sys/fs/cgroup" } }],
    },
  };
}
