import { namespaceTypes, type NamespaceType } from "../../extension/core/namespaces.ts";
import type { DescriptorScan, PinScan } from "../../extension/core/scan.ts";

/** A process as a test describes it; inodes not given are the host's. */
export interface FakeProcess {
  readonly pid: number;
  readonly ppid?: number;
  readonly comm?: string;
  readonly state?: string;
  readonly start?: number;
  /** Start time at the second reading, when the PID was reused; undefined = gone, null (default) = the same. */
  readonly startAfter?: number | "gone";
  readonly nspids?: readonly number[];
  readonly argv?: readonly string[];
  readonly cgroup?: string;
  /** An inode, "denied" or "missing" (no such link). */
  readonly inodes?: Partial<Record<NamespaceType, string>>;
  /** Those that are others at the second reading of the links. */
  readonly inodesAfter?: Partial<Record<NamespaceType, string>>;
  /** Inodes of threads, by thread ID, as far as they differ from the process's. */
  readonly threads?: Readonly<Record<number, Partial<Record<NamespaceType, string>>>>;
  /** Lines of its uid_map; undefined = the node's. */
  readonly uidMap?: readonly string[];
}

export interface FakeNode {
  readonly uid?: number;
  readonly processes: readonly FakeProcess[];
  readonly parents?: readonly FakeProcess[];
  readonly scope?: "pod" | "node";
  /** Processes that are believed to be runtimes' own; all unless given. */
  readonly runtimes?: readonly number[];
  /** Lines of the sections of these names, as the script prints them. */
  readonly bundles?: readonly string[];
  readonly crictl?: string;
  readonly docker?: readonly string[];
  readonly lineage?: readonly string[];
  /** Bind mounts of namespaces, in the reader's own mount namespace. */
  readonly pins?: readonly PinScan[];
  /** Descriptors of namespaces. */
  readonly descriptors?: readonly DescriptorScan[];
  readonly host?: FakeProcess["inodes"];
  readonly kthreadd?: boolean;
  readonly cgroups?: string;
}

/** The initial namespaces' inodes of a recent kernel. */
export const hostInodes: Record<NamespaceType, string> = {
  net: "4026531833",
  ipc: "4026531839",
  uts: "4026531838",
  pid: "4026531836",
  mnt: "4026531832",
  user: "4026531837",
  cgroup: "4026531835",
  time: "4026531834",
};

/** Writes what the scripts would print on such a node. */
export function scanOutput(node: FakeNode): string {
  const init: FakeProcess = { pid: 1, ppid: 0, comm: "systemd", start: 1, inodes: node.host ?? {} };
  const kthreadd: FakeProcess[] =
    node.kthreadd === false ? [] : [{ pid: 2, ppid: 0, comm: "kthreadd", start: 1 }];
  const all = [init, ...kthreadd, ...node.processes, ...(node.parents ?? [])];
  const stat = (process: FakeProcess, start: number): string[] =>
    `${process.pid} (${process.comm ?? "sh"}) ${process.state ?? "S"} ${process.ppid ?? 1} 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${start} 1 1`
      .split("\n")
      .map((line) => `/proc/${process.pid}/stat:${line}`);
  const links = (which: "inodes" | "inodesAfter"): string[] =>
    all.flatMap((process) =>
      namespaceTypes.flatMap((type) => {
        const inode = process[which]?.[type] ?? process.inodes?.[type] ?? hostInodes[type];
        if (inode === "missing") return [];
        return [`${process.pid} ${type}${inode === "denied" ? "" : ` ${inode}`}`];
      }),
    );
  return [
    "Welcome to the node!",
    "#meta",
    `scope ${node.scope ?? "pod"}`,
    `uid ${node.uid ?? 0}`,
    "boot e92930af-e3db-4542-869c-4544d5e5f880",
    "nsdevice 4",
    "kernel 6.18.0-test",
    `cgroups ${node.cgroups ?? "v1"}`,
    `found ${node.scope === "node" ? "node" : "cgroup"}`,
    "ticks 100",
    "now 1795437973",
    "uptime 2812.07",
    "#pids",
    (node.scope === "node" ? all : node.processes).map(({ pid }) => pid).join(" "),
    "#runtimes",
    (node.runtimes ?? all.map(({ pid }) => pid)).join(" "),
    "#before",
    ...all.flatMap((process) => stat(process, process.start ?? 1000)),
    "#links",
    ...links("inodes"),
    "#files",
    ...all.map(({ pid, cgroup }) => `/proc/${pid}/cgroup:0::${cgroup ?? "/"}`),
    ...all.map(({ pid, nspids }) => `/proc/${pid}/status:NSpid:\t${(nspids ?? [pid]).join("\t")}`),
    ...all.flatMap(({ pid, uidMap }) =>
      (uidMap ?? ["         0          0 4294967295"]).map((line) => `/proc/${pid}/uid_map:${line}`),
    ),
    "#threads",
    ...all.flatMap(({ pid, inodes, threads }) =>
      Object.entries(threads ?? {}).flatMap(([tid, own]) =>
        namespaceTypes.map(
          (type) => `${pid} ${tid} ${type} ${own[type] ?? inodes?.[type] ?? hostInodes[type]}`,
        ),
      ),
    ),
    "#pins",
    ...(node.pins ?? []).map(
      ({ type, inode, path }) =>
        `/proc/self/mountinfo:89 27 0:4 ${type}:[${inode}] ${path} rw shared:7 - nsfs nsfs rw`,
    ),
    "#nsfs",
    ...(node.pins ?? []).map(({ inode, path }) => `4 ${inode} 1767225600 ${path}`),
    "#descriptors",
    ...(node.descriptors ?? []).map(({ type, inode, pid, fd }) => `/proc/${pid}/fd/${fd} ${type}:[${inode}]`),
    "#lineage",
    ...(node.lineage ?? []),
    "#again",
    ...links("inodesAfter"),
    "#after",
    ...all.flatMap((process) =>
      process.startAfter === "gone" ? [] : stat(process, process.startAfter ?? process.start ?? 1000),
    ),
    "#bundles",
    ...(node.bundles ?? []),
    "#crictl",
    node.crictl ?? "",
    "#docker",
    ...(node.docker ?? []),
    "#cmdline",
    ...all.flatMap(({ pid, argv }) =>
      (argv ?? [])
        .map((argument) => `${argument}\0`)
        .join("")
        .split("\n")
        .map((line) => `/proc/${pid}/cmdline:${line}`),
    ),
    "#end",
    "",
  ].join("\n");
}
