import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/*
 * What is true on the whole machine, read from the kernel's files one by one without any of the product's code. Only
 * what the kernel says: which runtime a process belongs to is for the runtimes to say.
 */

/** The links in /proc/PID/ns (namespaces(7)), written out again on purpose. */
const links = [
  "cgroup",
  "ipc",
  "mnt",
  "net",
  "pid",
  "pid_for_children",
  "time",
  "time_for_children",
  "user",
  "uts",
] as const;

export type NamespaceLink = (typeof links)[number];

/** Inode of each link; null where it may not be read, or where there is none (pid_for_children before a first child). */
export type LinkInodes = Readonly<Record<NamespaceLink, string | null>>;

export interface OracleThread {
  readonly tid: number;
  readonly inodes: LinkInodes;
}

/** An open file of a process that is a Linux namespace. */
export interface OracleDescriptor {
  readonly fd: number;
  /** As in the link's text: "net", "mnt", … */
  readonly type: string;
  readonly inode: string;
}

export interface OracleProcess {
  readonly pid: number;
  readonly ppid: number;
  /** Clock ticks since boot, field 22 of proc_pid_stat(5): with the PID it tells a process from all others. */
  readonly startTime: string;
  /** One letter, as in proc_pid_stat(5): Z is a zombie. */
  readonly state: string;
  /** PID in each PID namespace from the node's inwards. */
  readonly nsPids: readonly number[];
  /** At most 15 bytes. */
  readonly name: string;
  /** Program and arguments, joined by spaces; "" for a zombie and a kernel thread. */
  readonly command: string;
  /** Text of /proc/PID/cgroup. */
  readonly cgroup: string;
  readonly inodes: LinkInodes;
  /** All threads, the first among them. */
  readonly threads: readonly OracleThread[];
  readonly descriptors: readonly OracleDescriptor[];
}

/** A Linux namespace that is bind-mounted on a file. */
export interface OracleMount {
  readonly type: string;
  readonly inode: string;
  readonly path: string;
}

export interface OracleNode {
  /** By PID. */
  readonly processes: ReadonlyMap<number, OracleProcess>;
  /** Those that this process's mount namespace shows. */
  readonly mounts: readonly OracleMount[];
  /** Those of every other mount namespace too: a copy there holds as well as the original, and may outlive it. */
  readonly mountsEverywhere: readonly OracleMount[];
  /** The node's own: those of kthreadd, which nothing moves; PID 1 may be out of reach. */
  readonly own: LinkInodes;
}

/** Reads the whole machine; processes that come or go meanwhile may be missing. Needs root. */
export function readNode(): OracleNode {
  const processes = numbersIn("/proc").flatMap((pid) => readProcess(pid) ?? []);
  const oneOfEach = new Map(processes.map(({ pid, inodes }) => [inodes.mnt, pid]));
  return {
    processes: new Map(processes.map((process) => [process.pid, process])),
    mounts: readMounts("self"),
    mountsEverywhere: ["self" as const, ...oneOfEach.values()].flatMap((pid) => readMounts(pid)),
    own: readLinks("/proc/2/ns"),
  };
}

/** Reads one process; undefined when there is none of that PID. */
export function readProcess(pid: number): OracleProcess | undefined {
  const folder = `/proc/${pid}`;
  const stat = textOf(join(folder, "stat"));
  const status = textOf(join(folder, "status"));
  if (stat === undefined || status === undefined) return undefined;
  // The name, in parentheses, may hold spaces and parentheses; what follows the last ")" is numbers and one letter.
  const end = stat.lastIndexOf(")");
  const fields = stat.slice(end + 2).split(" ");
  const command = textOf(join(folder, "cmdline")) ?? "";
  return {
    pid,
    ppid: Number(fields[1]),
    startTime: fields[19] ?? "",
    state: fields[0] ?? "",
    nsPids: (/^NSpid:\s*(.*)$/m.exec(status)?.[1] ?? "").split(/\s+/).map(Number),
    name: stat.slice(stat.indexOf("(") + 1, end),
    command: command.split("\0").slice(0, -1).join(" "),
    cgroup: textOf(join(folder, "cgroup")) ?? "",
    inodes: readLinks(join(folder, "ns")),
    threads: numbersIn(join(folder, "task")).map((tid) => ({
      tid,
      inodes: readLinks(join(folder, "task", String(tid), "ns")),
    })),
    descriptors: numbersIn(join(folder, "fd")).flatMap((fd) => {
      const [type, inode] = namespaceIn(linkOf(join(folder, "fd", String(fd))));
      return type === undefined || inode === undefined ? [] : [{ fd, type, inode }];
    }),
  };
}

function readLinks(folder: string): LinkInodes {
  const entries = links.map((link) => [link, namespaceIn(linkOf(join(folder, link)))[1] ?? null] as const);
  return Object.fromEntries(entries) as Record<NamespaceLink, string | null>;
}

/** Type and inode in the text of a link or a mount's root, such as `net:[4026531833]`; a pipe's is alike. */
function namespaceIn(text: string | undefined): readonly [type?: string, inode?: string] {
  const [, type, inode] = /^(cgroup|ipc|mnt|net|pid|time|user|uts):\[(\d+)\]$/.exec(text ?? "") ?? [];
  return type === undefined || inode === undefined ? [] : [type, inode];
}

/** Fields 4 and 5 of proc_pid_mountinfo(5) are root and mount point; the type comes after the dash. */
function readMounts(pid: number | "self"): OracleMount[] {
  const lines = (textOf(`/proc/${pid}/mountinfo`) ?? "").trimEnd().split("\n");
  return lines.flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root, path = ""] = before.split(" ");
    const [type, inode] = namespaceIn(root);
    if (!after.startsWith("nsfs ") || type === undefined || inode === undefined) return [];
    const unescaped = path.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    return [{ type, inode, path: unescaped }];
  });
}

function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
