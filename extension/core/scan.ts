import type { CgroupMembership } from "./cgroup.ts";
import type { NamespaceType, PerNamespace } from "./namespaces.ts";
import type { IdRange, NodeReport, Reading, ThreadReport } from "./report.ts";

/** One process as it was read on a node. */
export interface ProcessScan {
  readonly pid: number;
  readonly ppid: number;
  readonly state: string;
  readonly comm: string;
  /** Clock ticks since boot. */
  readonly startTicks: number;
  /** Threads that run; of an ended process more than 1 where its first thread alone has ended. */
  readonly threadCount: number;
  /** NSpid, outermost first; empty where the kernel does not tell. */
  readonly nspids: readonly number[];
  readonly argv: readonly string[];
  readonly cgroup: CgroupMembership;
  readonly namespaces: PerNamespace<Reading>;
  /**
   * True for a runtime's shim or monitor that may be believed what its command line says of containers: root's or the
   * reader's own, and not a container's. Anybody may give a process of his such a name.
   */
  readonly isRuntime: boolean;
  /** Threads in other Linux namespaces than the process; empty where threads were not looked at. */
  readonly threads: readonly ThreadReport[];
  /** undefined where it could not be read. */
  readonly uidMap: readonly IdRange[] | undefined;
}

/** One entry of `linux.namespaces` in an OCI runtime configuration: what the container was started with. */
export interface OciNamespace {
  readonly type: NamespaceType;
  /** The namespace to join; undefined = a new one. A type that is not listed is the runtime's own, that is the node's. */
  readonly path: string | undefined;
}

/** What a runtime's bundle on the node (OCI config.json) says of one container. */
export interface BundleScan {
  readonly id: string;
  /** As the CRI's annotations say; undefined for a container that is none of a Kubernetes pod. */
  readonly type: "sandbox" | "container" | undefined;
  /** The container's name: in its pod, or as its engine calls it; undefined for sandboxes and where nothing tells. */
  readonly name: string | undefined;
  readonly sandboxId: string | undefined;
  /** The pod it says to belong to; undefined where it does not say. */
  readonly pod: { readonly uid: string; readonly namespace: string; readonly name: string } | undefined;
  /** undefined where the bundle does not tell. */
  readonly namespaces: readonly OciNamespace[] | undefined;
}

/** What a runtime's command line client (crictl ps, docker inspect) says of one container. */
export interface ClientScan {
  readonly id: string;
  readonly client: "crictl" | "docker";
  readonly name: string | undefined;
  /** crictl: the sandbox it belongs to. */
  readonly sandboxId: string | undefined;
  /** docker: its main process; undefined while it does not run. */
  readonly pid: number | undefined;
}

/** A namespace kept alive by a bind mount: a line of type nsfs in mountinfo (proc_pid_mountinfo(5)). */
export interface PinScan {
  readonly type: NamespaceType;
  readonly path: string;
  readonly inode: string;
  /**
   * Milliseconds since the epoch, by the node's clock: the time of the nsfs inode, which is made when somebody first
   * opens the namespace, so at the latest when it is pinned (nsfs_init_inode in fs/nsfs.c). Not there where stat did not
   * see behind the path.
   */
  readonly since?: number;
}

/** A namespace that a process holds open, whether or not it is in it: a link in /proc/PID/fd. */
export interface DescriptorScan {
  readonly type: NamespaceType;
  readonly inode: string;
  readonly pid: number;
  readonly fd: number;
}

/** Parent and owner of a namespace of type pid or user, as lsns(8) got them from the kernel (ioctl_ns(2)). */
export interface LineageScan {
  readonly inode: string;
  readonly type: NamespaceType;
  readonly parent: string | undefined;
  readonly owner: string | undefined;
}

/** The node's own Linux namespaces: what "host" means in every verdict. */
export interface HostReference {
  readonly namespaces: PerNamespace<Reading>;
  /**
   * Whose links they are. PID 1 is the node by definition; where the kernel refuses it even to root (a hardened
   * node), kthreadd stands in for it: a kernel thread sits in the initial namespaces, and where PID 2 is kthreadd so
   * does PID 1. `nobody`: neither could be read.
   */
  readonly source: NodeReport["namespacesOf"];
  /** True when PID 1 is not in the kernel's initial PID namespace: the node is itself a container (kind, LXC). */
  readonly nested: boolean;
}

/** What one run of a probe read on a node. Comparable within itself only. */
export interface NodeScan {
  /** `pod`: one pod and its runtime's processes; `node`: every process. */
  readonly scope: "pod" | "node";
  readonly bootId: string;
  /** Device of nsfs, decimal; undefined where stat did not tell. */
  readonly nsDevice: string | undefined;
  readonly kernelRelease: string;
  readonly cgroupVersion: NodeReport["cgroupVersion"];
  /** Effective UID of the reader; 0 = root. */
  readonly readerUid: number;
  /** Milliseconds since the epoch at which the node booted, by the node's clock. */
  readonly bootedAt: number;
  /** Clock ticks a second (USER_HZ). */
  readonly ticksPerSecond: number;
  /** How the pod's processes were found: through its cgroup directory, or by looking at every process. */
  readonly foundBy: "cgroup" | "node" | "nothing";
  readonly host: HostReference;
  /** The pod's processes, or the node's, by PID. */
  readonly processes: readonly ProcessScan[];
  /** Scope `pod`: parents of these outside the pod, shims and monitors. Empty for a node, whose processes hold them. */
  readonly parents: readonly ProcessScan[];
  readonly bundles: readonly BundleScan[];
  readonly clients: readonly ClientScan[];
  readonly pins: readonly PinScan[];
  /** Of the processes that were looked at: scope `pod`: the runtime's; scope `node`: all, as far as time allowed. */
  readonly descriptors: readonly DescriptorScan[];
  readonly lineage: readonly LineageScan[];
  /** True when procfs hides other users' processes from the reader (mount option hidepid, proc(5)). */
  readonly hidden: boolean;
  /** PIDs that vanished, were reused, or moved to another Linux namespace, while they were read. */
  readonly raced: readonly number[];
  /** True when there are more processes than a scan reads. */
  readonly truncated: boolean;
}
