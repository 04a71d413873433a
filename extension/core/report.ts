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

export type ContainerKind = "infra" | "app" | "init" | "sidecar" | "ephemeral";

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
}

export interface ContainerReport {
  readonly name: string;
  readonly kind: ContainerKind;
  /** Runtime's ID, 64 hex digits, or null while there is none. */
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

/** What keeps the pod's Linux namespaces alive. */
export interface Holder {
  readonly kind: "process" | "pinned" | "none" | "virtualised" | "unknown";
  /** The pause process, for kind `process`. */
  readonly pid: number | null;
  /** Bind mounts of the namespaces, for kind `pinned`. */
  readonly paths: readonly string[];
}

/** The answer for one pod at one moment. Plain JSON: panel, hover, copy and the public API all read this one value. */
export interface SandboxReport {
  readonly schemaVersion: 1;
  /** ISO 8601, on this machine's clock. */
  readonly takenAt: string;
  readonly pod: {
    readonly context: string;
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly nodeName: string;
    readonly phase: string;
  };
  readonly node: {
    readonly name: string;
    /** /proc/sys/kernel/random/boot_id */
    readonly bootId: string;
    readonly kernelRelease: string;
    readonly cgroupVersion: "v1" | "hybrid" | "v2" | "unknown";
    /** As the node reports it, such as "containerd://1.6.20". */
    readonly runtime: string;
    /** Those of the node's PID 1, the reference for "host". */
    readonly namespaces: PerNamespace<Reading>;
    /**
     * Whose links these are: PID 1's; those of kthreadd (PID 2), which is in the same ones, where the kernel hides PID 1
     * even from root; or nobody's, where neither could be read.
     */
    readonly namespacesOf: "pid1" | "kthreadd" | "nobody";
  };
  readonly sandbox: {
    readonly id: string | null;
    readonly holder: Holder;
    readonly confidence: "certain" | "likely" | "unknown";
    /** Each a short sentence: what the identification rests on. */
    readonly evidence: readonly string[];
  };
  /** The infra container first (when there is one), then in the pod's order. */
  readonly containers: readonly ContainerReport[];
  readonly findings: readonly Finding[];
}
