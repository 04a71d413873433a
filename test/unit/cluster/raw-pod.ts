export const idA = "a".repeat(64);
export const idB = "b".repeat(64);
export const idC = "c".repeat(64);

/** A pod as `kubectl get pod -o json` prints it, cut to what matters, with one container of each kind. */
export function rawPod(): Record<string, unknown> {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web",
      namespace: "shop",
      uid: "0b6c2a91-4ad1-4e0f-9a5f-1c2d3e4f5a6b",
      resourceVersion: "4711",
      creationTimestamp: "2026-01-02T03:04:05Z",
      annotations: { "example.org/other": "x" },
      managedFields: [{ manager: "kubectl", fieldsV1: { "f:metadata": {} } }],
    },
    spec: {
      nodeName: "node-a",
      hostPID: true,
      shareProcessNamespace: false,
      runtimeClassName: "gvisor",
      nodeSelector: { "kubernetes.io/os": "linux" },
      initContainers: [
        { name: "setup", image: "busybox:1" },
        { name: "proxy", image: "envoy:1", restartPolicy: "Always" },
      ],
      containers: [{ name: "app", image: "nginx:1", securityContext: { privileged: true } }],
      ephemeralContainers: [{ name: "debug", image: "busybox:1", targetContainerName: "app" }],
    },
    status: {
      phase: "Running",
      hostIP: "192.0.2.7",
      initContainerStatuses: [
        {
          name: "setup",
          containerID: `containerd://${idA}`,
          ready: true,
          restartCount: 0,
          state: {
            terminated: {
              exitCode: 0,
              reason: "Completed",
              finishedAt: "2026-01-02T03:04:06Z",
              containerID: `containerd://${idA}`,
            },
          },
          lastState: {},
        },
      ],
      containerStatuses: [
        {
          name: "app",
          containerID: `containerd://${idB}`,
          ready: false,
          restartCount: 3,
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 5m0s" } },
          lastState: { terminated: { exitCode: 1, reason: "Error", containerID: `containerd://${idC}` } },
        },
      ],
      ephemeralContainerStatuses: [
        { name: "debug", containerID: "", state: { running: { startedAt: "2026-01-02T03:05:00Z" } } },
      ],
    },
  };
}
