/** What a runtime itself says of one of its containers. */
export interface ContainerTruth {
  /** 64 hex digits. */
  readonly id: string;
  readonly name: string;
  /** Main process on the node; 0 when it does not run. */
  readonly pid: number;
  /** As the runtime writes them: "", "host", "private", "shareable", "none", "container:ID". */
  readonly modes: {
    readonly network: string;
    readonly pid: string;
    readonly ipc: string;
    readonly uts: string;
    readonly user: string;
    readonly cgroup: string;
  };
  /** ID of the pod that it is in (Podman); "" where it is in none. */
  readonly pod: string;
  /** Whether it holds a pod's Linux namespaces (Podman). */
  readonly isInfra: boolean;
}
