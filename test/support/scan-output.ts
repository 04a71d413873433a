import { namespaceTypes, type NamespaceType } from "../../extension/core/namespaces.ts";

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
}

export interface FakeNode {
  readonly uid?: number;
  readonly processes: readonly FakeProcess[];
  readonly parents?: readonly FakeProcess[];
  readonly bundles?: readonly string[];
  readonly pins?: readonly string[];
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

/** Writes what the pod script would print on such a node. */
export function scanOutput(node: FakeNode): string {
  const init: FakeProcess = { pid: 1, ppid: 0, comm: "systemd", start: 1, inodes: node.host ?? {} };
  const kthreadd: FakeProcess[] =
    node.kthreadd === false ? [] : [{ pid: 2, ppid: 0, comm: "kthreadd", start: 1 }];
  const all = [init, ...kthreadd, ...node.processes, ...(node.parents ?? [])];
  const stat = (process: FakeProcess, start: number): string[] =>
    `${process.pid} (${process.comm ?? "sh"}) ${process.state ?? "S"} ${process.ppid ?? 1} 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${start} 1 1`
      .split("\n")
      .map((line) => `/proc/${process.pid}/stat:${line}`);
  return [
    "Welcome to the node!",
    "#meta",
    `uid ${node.uid ?? 0}`,
    "boot e92930af-e3db-4542-869c-4544d5e5f880",
    "kernel 6.18.0-test",
    `cgroups ${node.cgroups ?? "v1"}`,
    "found cgroup",
    "ticks 100",
    "now 1795437973",
    "uptime 2812.07",
    "#pids",
    node.processes.map(({ pid }) => pid).join(" "),
    "#before",
    ...all.flatMap((process) => stat(process, process.start ?? 1000)),
    "#links",
    ...all.flatMap((process) =>
      namespaceTypes.flatMap((type) => {
        const inode = process.inodes?.[type] ?? hostInodes[type];
        if (inode === "missing") return [];
        const link = `lrwxrwxrwx 1 0 0 0 Nov 23 12:44 /proc/${process.pid}/ns/${type}`;
        return [inode === "denied" ? link : `${link} -> ${type}:[${inode}]`];
      }),
    ),
    "#cgroup",
    ...all.map(({ pid, cgroup }) => `/proc/${pid}/cgroup:0::${cgroup ?? "/"}`),
    "#status",
    ...all.map(({ pid, nspids }) => `/proc/${pid}/status:NSpid:\t${(nspids ?? [pid]).join("\t")}`),
    "#after",
    ...all.flatMap((process) =>
      process.startAfter === "gone" ? [] : stat(process, process.startAfter ?? process.start ?? 1000),
    ),
    "#bundles",
    ...(node.bundles ?? []),
    "#pins",
    ...(node.pins ?? []),
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
