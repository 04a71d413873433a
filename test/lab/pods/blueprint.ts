/** The Linux namespace types that a container may share with its pod or the node. */
export type SharedType = "net" | "ipc" | "uts" | "pid";

/** What a container's main process is. */
export interface ProcessBlueprint {
  /** The whole command line as ps shows it: one string, as programs that set their title have. */
  readonly argv0: string;
  /** /proc/PID/comm: the name of the file that is executed; the kernel keeps 15 bytes of it. */
  readonly comm: string;
  /** A file in scripts/. */
  readonly script: "idle.bash" | "nginx.bash" | "forgetful.bash";
  /** How many of its processes say that they are ready. */
  readonly ready: number;
}

export interface ContainerBlueprint {
  readonly name: string;
  readonly kind: "app" | "init" | "sidecar" | "ephemeral";
  readonly image: string;
  readonly state: "running" | "crash-looping" | "creating" | "completed";
  /** Runs for real; a running container without it is one that this machine cannot run (Windows, a virtual node). */
  readonly process?: ProcessBlueprint;
  /** For an ephemeral container: whose PID namespace it was to join. */
  readonly target?: string;
  /** Linux namespaces that it has for itself although its spec says otherwise: something for a finding. */
  readonly own?: readonly SharedType[];
}

export interface PodBlueprint {
  readonly namespace: string;
  readonly name: string;
  /** undefined: not scheduled. */
  readonly nodeName?: string;
  readonly phase: "Pending" | "Running" | "Succeeded";
  readonly hostNetwork?: boolean;
  readonly shareProcessNamespace?: boolean;
  readonly os?: "linux" | "windows";
  /** Kind of the controller that owns it, for a pod that is not on its own. */
  readonly ownerKind?: "DaemonSet" | "Job" | "ReplicaSet";
  /** What it shows, in one sentence; an annotation of the pod. */
  readonly about: string;
  readonly containers: readonly ContainerBlueprint[];
}

/** Whether a pause process runs for the pod. */
export function hasSandbox({ containers }: PodBlueprint): boolean {
  return (
    containers.some(({ process }) => process !== undefined) ||
    containers.some(({ state }) => state === "crash-looping")
  );
}

/** Where a container's namespace of one type comes from. */
export type Placement = "own" | "host" | "sandbox" | "target";

/** What containerd does with a container of this spec (CRI NamespaceMode), save for what the blueprint makes wrong. */
export function placement(
  pod: PodBlueprint,
  container: ContainerBlueprint | undefined,
): Readonly<Record<SharedType, Placement>> {
  const wanted = (type: SharedType): Placement => {
    if (container?.own?.includes(type) === true) return "own";
    // containerd gives a hostNetwork pod the node's UTS namespace as well.
    if (pod.hostNetwork === true && (type === "net" || type === "uts")) return "host";
    // The pause process is what the others' "sandbox" refers to.
    if (container === undefined) return "own";
    if (type !== "pid" || pod.shareProcessNamespace === true) return "sandbox";
    return container.target === undefined ? "own" : "target";
  };
  return { net: wanted("net"), ipc: wanted("ipc"), uts: wanted("uts"), pid: wanted("pid") };
}
