import type { CgroupMembership } from "./cgroup.ts";
import type { PerNamespace } from "./namespaces.ts";
import type { Reading, SandboxReport } from "./report.ts";

/** One process as it was read on a node. */
export interface ProcessScan {
  readonly pid: number;
  readonly ppid: number;
  readonly state: string;
  readonly comm: string;
  /** Clock ticks since boot. */
  readonly startTicks: number;
  /** NSpid, outermost first; empty where the kernel does not tell. */
  readonly nspids: readonly number[];
  readonly argv: readonly string[];
  readonly cgroup: CgroupMembership;
  readonly namespaces: PerNamespace<Reading>;
}

/** What a runtime's bundle on the node says of one container (OCI annotations). */
export interface BundleScan {
  readonly id: string;
  readonly type: "sandbox" | "container";
  /** The container's name in the pod; undefined for sandboxes. */
  readonly name: string | undefined;
  readonly sandboxId: string | undefined;
}

/** A namespace kept alive by a bind mount. */
export interface PinScan {
  readonly path: string;
  readonly inode: string;
}

/** The node's own Linux namespaces: what "host" means in every verdict. */
export interface HostReference {
  readonly namespaces: PerNamespace<Reading>;
  /**
   * Whose links they are. PID 1 is the node by definition; where the kernel refuses it even to root (a hardened
   * node), kthreadd stands in for it: a kernel thread sits in the initial namespaces, and where PID 2 is kthreadd so
   * does PID 1. `nobody`: neither could be read.
   */
  readonly source: SandboxReport["node"]["namespacesOf"];
  /** True when PID 1 is not in the kernel's initial PID namespace: the node is itself a container (kind, LXC). */
  readonly nested: boolean;
}

/** What one run of a probe read on a node. Comparable within itself only. */
export interface NodeScan {
  readonly bootId: string;
  readonly kernelRelease: string;
  readonly cgroupVersion: SandboxReport["node"]["cgroupVersion"];
  /** Effective UID of the reader; 0 = root. */
  readonly readerUid: number;
  /** Milliseconds since the epoch at which the node booted, by the node's clock. */
  readonly bootedAt: number;
  /** Clock ticks a second (USER_HZ). */
  readonly ticksPerSecond: number;
  /** How the pod's processes were found: through its cgroup directory, or by looking at every process. */
  readonly foundBy: "cgroup" | "node" | "nothing";
  readonly host: HostReference;
  /** The pod's processes, by PID. */
  readonly processes: readonly ProcessScan[];
  /** Parents of these outside the pod: shims and monitors. */
  readonly parents: readonly ProcessScan[];
  readonly bundles: readonly BundleScan[];
  readonly pins: readonly PinScan[];
  /** True when procfs hides other users' processes from the reader (mount option hidepid, proc(5)). */
  readonly hidden: boolean;
  /** PIDs that vanished, or were reused, while they were read. */
  readonly raced: readonly number[];
  /** True when the pod has more processes than a scan reads. */
  readonly truncated: boolean;
}
