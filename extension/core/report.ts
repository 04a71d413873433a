import type { FindingCode } from "./finding-codes.ts";
import type { NamespaceType, PerNamespace } from "./namespaces.ts";

/**
 * What was read of one namespace link of one process.
 * Denied, gone and unsupported are answers, not failures of the inspection.
 */
export type Reading =
  | {
      readonly status: "read";
      /** nsfs inode as a decimal string: comparable only within one node, one boot and one scan. */
      readonly inode: string;
    }
  | {
      /**
       * - `denied`: the kernel refused (ptrace access check, namespaces(7)); usually needs root.
       * - `gone`: the process ended, or its PID was reused, while it was read.
       * - `unsupported`: this kernel has no such namespace type.
       * - `not-visible`: there is nothing to read from the node (no process, or a sandboxed runtime).
       */
      readonly status: "denied" | "gone" | "unsupported" | "not-visible";
      /** A sentence for people, without a final full stop. */
      readonly reason: string;
    };

/**
 * Whose namespace the spec asks a container to be in. POD, CONTAINER, NODE and TARGET are the CRI's NamespaceMode
 * (k8s.io/cri-api runtime/v1 api.proto); ANY says that the runtime is free, or that we do not know what it does.
 */
export type Expected = "POD" | "CONTAINER" | "NODE" | "TARGET" | "ANY";

/** What one column of the comparison is. `processes`: no container, but processes in the same Linux namespaces. */
export type ContainerKind = "infra" | "app" | "init" | "sidecar" | "ephemeral" | "processes";

/** A thread in other Linux namespaces than its process: setns(2) and unshare(2) act on a thread alone. */
export interface ThreadReport {
  readonly tid: number;
  /** Inodes of the types in which it differs, decimal. */
  readonly namespaces: Readonly<Partial<Record<NamespaceType, string>>>;
}

/** An ended process that nobody has waited for. */
export interface ZombieReport {
  /**
   * Whose duty it is to reap it, which is its parent's: `pause` as PID 1 of a shared PID namespace, `main` = the
   * container's own main process, `process` = another process of the sandbox, `outside` = one outside of it (the
   * runtime's shim, the node's init), `nobody` = its own threads still run, or its parent could not be read.
   */
  readonly duty: "pause" | "main" | "process" | "outside" | "nobody";
  /** PID on the node of who has that duty; null for nobody. */
  readonly dutyPid: number | null;
  /** ISO 8601: the first reading that saw it ended. The kernel does not tell when it ended. */
  readonly seenSince: string;
}

/** One process of a container. */
export interface ProcessReport {
  /** PID on the node. */
  readonly pid: number;
  /** PID in the innermost PID namespace, or null where the kernel does not tell (`NSpid`, proc(5), since 4.1). */
  readonly nspid: number | null;
  readonly ppid: number;
  /** Start time in ISO 8601, to the clock tick (usually 10 ms). */
  readonly startTime: string;
  /** State letter of proc_pid_stat(5): R S D Z T t X I. */
  readonly state: string;
  readonly comm: string;
  /** Command line; empty for zombies and where it could not be read. Arguments may hold secrets: never log them. */
  readonly argv: readonly string[];
  /** Types in which the process is in another Linux namespace than its container's main process. */
  readonly elsewhere: readonly NamespaceType[];
  /** Those of its threads that are in other Linux namespaces than the process itself. */
  readonly threads: readonly ThreadReport[];
  /** null for every process that lives. */
  readonly zombie: ZombieReport | null;
}

/** One line of a user namespace's UID map (user_namespaces(7)), as the node's initial user namespace sees it. */
export interface IdRange {
  /** First user ID inside. */
  readonly inside: number;
  /** First user ID outside. */
  readonly outside: number;
  readonly count: number;
}

export interface ContainerReport {
  readonly name: string;
  readonly kind: ContainerKind;
  /** Runtime's ID, 64 hex digits but for a name that somebody gave (ctr), or null while there is none. */
  readonly id: string | null;
  readonly image: string;
  /** "running", "waiting: CrashLoopBackOff", "terminated: Completed (0)", "unknown". */
  readonly state: string;
  /** Main process on the node, or null when none was found. */
  readonly pid: number | null;
  readonly processes: readonly ProcessReport[];
  /** Of the main process. */
  readonly namespaces: PerNamespace<Reading>;
  readonly expected: PerNamespace<Expected>;
  /** For each type that is expected to be TARGET, the name of the container meant. */
  readonly targets: Readonly<Partial<Record<NamespaceType, string>>>;
  /** UID map of the main process's user namespace; null where it could not be read. */
  readonly uidMap: readonly IdRange[] | null;
}

export interface Finding {
  readonly code: FindingCode;
  readonly severity: "info" | "warning" | "error";
  /** Container's name, or null where it is about the pod or the node. */
  readonly container: string | null;
  readonly namespaceType: NamespaceType | null;
  /** One sentence in plain words, with its full stop. */
  readonly message: string;
}

/** What keeps the sandbox's Linux namespaces alive, in one word. */
export interface Holder {
  /**
   * - `process`: the pause process, or whichever process stands in for it;
   * - `pinned`: bind mounts;
   * - `none`: nothing but the containers' own processes;
   * - `virtualised`: they are inside a virtual machine or a sandboxed runtime;
   * - `unknown`: what there was to see could not be seen.
   */
  readonly kind: "process" | "pinned" | "none" | "virtualised" | "unknown";
  /** The holding process, for kind `process`. */
  readonly pid: number | null;
  /** Bind mounts of the namespaces, for kind `pinned`. */
  readonly paths: readonly string[];
}

/** One thing that keeps one Linux namespace alive (namespaces(7), "Namespace lifetime"). */
export type Hold =
  | {
      readonly kind: "process";
      readonly pid: number;
      readonly comm: string;
      /** Name of the container it belongs to; null for a process outside the sandbox. */
      readonly container: string | null;
    }
  | { readonly kind: "pinned"; readonly path: string }
  | { readonly kind: "descriptor"; readonly pid: number; readonly fd: number; readonly comm: string };

/** One of the sandbox's Linux namespaces, other than the node's, with all that was seen to keep it alive. */
export interface HeldNamespace {
  readonly type: NamespaceType;
  readonly inode: string;
  /** The pause process first; of each container its main process alone. */
  readonly holds: readonly Hold[];
  /** Inode of the parent, for types pid and user (ioctl_ns(2)); null where the node's tools do not tell. */
  readonly parent: string | null;
  /** Inode of the owning user namespace; null where the node's tools do not tell. */
  readonly owner: string | null;
}

/** What is different from the reading before. */
export interface Change {
  readonly kind:
    | "container-started"
    | "container-ended"
    | "container-restarted"
    | "sandbox-recreated"
    | "process-moved"
    | "holder-changed";
  /** Container's name, or null where it is about the sandbox. */
  readonly container: string | null;
  readonly namespaceType: NamespaceType | null;
  /** One sentence in plain words, with its full stop. */
  readonly message: string;
}

/** How a reading compares with the one before of the same sandbox. */
export interface Since {
  /** When the reading before was taken, ISO 8601. */
  readonly takenAt: string;
  /** Inodes and PIDs mean nothing on another node or after a boot: then nothing is compared. */
  readonly comparable: "yes" | "other-node" | "other-boot";
  readonly changes: readonly Change[];
}

/** What is compared, of a pod as of every other sandbox, at one moment. */
export interface Comparison {
  readonly schemaVersion: 1;
  /** ISO 8601, on this machine's clock. */
  readonly takenAt: string;
  readonly node: NodeReport;
  readonly sandbox: {
    readonly id: string | null;
    readonly holder: Holder;
    /** By type in the usual order; empty for a sandboxed runtime. */
    readonly namespaces: readonly HeldNamespace[];
    readonly confidence: "certain" | "likely" | "unknown";
    /** Each a short sentence: what the identification rests on. */
    readonly evidence: readonly string[];
  };
  /** The infra container first (when there is one), then in the pod's order. */
  readonly containers: readonly ContainerReport[];
  readonly findings: readonly Finding[];
  /** null for a first reading. */
  readonly since: Since | null;
}

export interface NodeReport {
  readonly name: string;
  /** /proc/sys/kernel/random/boot_id */
  readonly bootId: string;
  /** Device of the kernel's nsfs as stat(2) gives it, decimal: with boot and inode it makes an identity. null = unknown. */
  readonly nsDevice: string | null;
  /**
   * When the node booted, ISO 8601 by its clock and known to about a second, which differs from reading to reading:
   * every start time of this report counts from it.
   */
  readonly bootedAt: string;
  readonly kernelRelease: string;
  readonly cgroupVersion: "v1" | "hybrid" | "v2" | "unknown";
  /** As the node reports it, such as "containerd://1.6.20"; "" when not known. */
  readonly runtime: string;
  /** Those of the node's PID 1, the reference for "host". */
  readonly namespaces: PerNamespace<Reading>;
  /**
   * Whose links these are: PID 1's; those of kthreadd (PID 2), which is in the same ones, where the kernel hides PID 1
   * even from root; or nobody's, where neither could be read.
   */
  readonly namespacesOf: "pid1" | "kthreadd" | "nobody";
}

/** The answer for one pod at one moment. Plain JSON: panel, hover, copy and the public API all read this one value. */
export interface SandboxReport extends Comparison {
  readonly pod: {
    readonly context: string;
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly nodeName: string;
    readonly phase: string;
  };
}

/** A sandbox on a node that is no pod of Kubernetes: enough to find it again, and to name it. */
export interface OtherSandbox {
  /** Which node, as the product's other parts name it. */
  readonly node: string;
  /**
   * `container:<64 hex>` of the container that holds it, or `process:<pid>:<start ticks>` of its oldest process:
   * finds it again within one boot.
   */
  readonly key: string;
  /**
   * - `containers`: containers that joined each other's Linux namespaces (a hand-made pod);
   * - `podman-pod`: a pod of Podman;
   * - `container`: a container on its own;
   * - `processes`: no container, but processes in Linux namespaces of their own.
   */
  readonly kind: "containers" | "podman-pod" | "container" | "processes";
  /** One printable line for people: "pause, nginx", "chrony.service", "unshare". */
  readonly title: string;
}

/** The same answer for a sandbox that is no pod of Kubernetes. */
export interface OtherSandboxReport extends Comparison {
  readonly other: OtherSandbox;
}

export type AnyReport = SandboxReport | OtherSandboxReport;
