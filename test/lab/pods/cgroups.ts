import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, isOwner, type Owner } from "../owner.ts";

/**
 * Before the owner in the name of a lab's cgroup, in every hierarchy. Below it stands what a kubelet with that as its
 * `--cgroup-root` would make; not directly in /kubepods, where a real kubelet of this machine ends every process that is
 * none of its pods'.
 */
const prefix = "pod-sandbox-lab-";

/** A mounted cgroup hierarchy. */
export interface Hierarchy {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** v1 only: "cpu", "memory", "name=systemd"; several where they are mounted together. */
  readonly controllers: readonly string[];
}

/** Super block options of a v1 hierarchy that name no controller. */
const flags = new Set(["", "rw", "ro", "xattr", "clone_children"]);

/** The cgroup hierarchies in a text of proc_pid_mountinfo(5), each once. */
export function parseHierarchies(mountinfo: string): readonly Hierarchy[] {
  const found = new Map<string, Hierarchy>();
  for (const line of mountinfo.split("\n")) {
    const [left = "", right = ""] = line.split(" - ");
    const [, , , mountRoot, mountPoint = ""] = left.split(" ");
    const [type, , superOptions = ""] = right.split(" ");
    // A mount of a part of the tree (as containers have) is not where a runtime would put pods.
    if ((type !== "cgroup" && type !== "cgroup2") || mountRoot !== "/") continue;
    const version = type === "cgroup2" ? 2 : 1;
    const controllers = version === 2 ? [] : superOptions.split(",").filter((option) => !flags.has(option));
    if (version === 1 && controllers.length === 0) continue;
    const key = controllers.join(",");
    if (!found.has(key)) found.set(key, { version, mountPoint, controllers });
  }
  return [...found.values()];
}

/** The hierarchies into which runc puts a container: all there are, on hybrid hosts v2 beside v1. */
export async function runtimeHierarchies(): Promise<readonly Hierarchy[]> {
  return parseHierarchies(await readFile("/proc/self/mountinfo", "utf8"));
}

/** The cgroups of one lab's containers, laid out as by a kubelet, and by Docker, with the cgroupfs driver. */
export class LabCgroups {
  private readonly hierarchies: readonly Hierarchy[];
  private readonly owner: Owner;

  constructor(hierarchies: readonly Hierarchy[], owner: Owner) {
    this.hierarchies = hierarchies;
    this.owner = owner;
  }

  /** On a pure v2 host a runtime gives unprivileged containers a cgroup namespace of their own, on v1 it does not. */
  get ownNamespaces(): boolean {
    return this.hierarchies.every(({ version }) => version === 2);
  }

  /**
   * Path of a container's cgroup below the hierarchies' roots, as in proc_pid_cgroup(5). A container of no pod is where
   * Docker with the cgroupfs driver would put it.
   */
  path(podUid: string | undefined, containerId: string): string {
    const parent = podUid === undefined ? "docker" : `kubepods/besteffort/pod${podUid}`;
    return `/${prefix}${this.owner}/${parent}/${containerId}`;
  }

  /** Makes a container's cgroup and returns the files into which its first process writes "0" to join. */
  async create(podUid: string | undefined, containerId: string): Promise<readonly string[]> {
    const parts = this.path(podUid, containerId).slice(1).split("/");
    return Promise.all(
      this.hierarchies.map(async ({ mountPoint, controllers }) => {
        let folder = mountPoint;
        for (const part of parts) {
          const parent = folder;
          folder = join(folder, part);
          await mkdir(folder, { recursive: true });
          // cpuset(7): a new v1 cpuset is empty and takes no process before it has CPUs and memory nodes.
          if (controllers.includes("cpuset")) await inheritCpuset(parent, folder);
        }
        return join(folder, "cgroup.procs");
      }),
    );
  }

  /** PIDs in a container's cgroup. */
  async processes(podUid: string | undefined, containerId: string): Promise<readonly number[]> {
    const [first] = this.hierarchies;
    return first === undefined ? [] : readProcesses(join(first.mountPoint, this.path(podUid, containerId)));
  }

  /** Ends what still runs in the lab's cgroups and removes them. */
  async remove(): Promise<void> {
    await removeTrees(this.hierarchies, [this.owner]);
  }
}

/** Removes the cgroups of labs that ended without doing it, with the processes in them. */
export async function sweepCgroups(hierarchies: readonly Hierarchy[]): Promise<void> {
  const names = await Promise.all(hierarchies.map(({ mountPoint }) => children(mountPoint)));
  const owners = names.flat().flatMap((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : []));
  const dead = [...new Set(owners)].filter((owner) => isOwner(owner) && !isAlive(owner));
  await removeTrees(hierarchies, dead);
}

async function removeTrees(hierarchies: readonly Hierarchy[], owners: readonly Owner[]): Promise<void> {
  for (const { mountPoint } of hierarchies) {
    for (const owner of owners) await removeTree(join(mountPoint, `${prefix}${owner}`));
  }
}

async function removeTree(folder: string): Promise<void> {
  for (const child of await children(folder)) await removeTree(join(folder, child));
  for (let attempt = 0; ; attempt++) {
    for (const pid of await readProcesses(folder)) kill(pid);
    try {
      return await rmdir(folder);
    } catch (error) {
      if (isCode(error, "ENOENT")) return;
      // EBUSY until the last killed process is off the kernel's books, of which a v1 hierarchy tells nobody.
      if (!isCode(error, "EBUSY") || attempt === 200) throw error;
      await sleep(10);
    }
  }
}

async function readProcesses(folder: string): Promise<readonly number[]> {
  // ENOENT, and ENODEV when it went between open and read.
  const text = await readFile(join(folder, "cgroup.procs"), "utf8").catch(() => "");
  return text.split("\n").filter(Boolean).map(Number);
}

async function children(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function inheritCpuset(parent: string, child: string): Promise<void> {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if ((await readFile(join(child, file), "utf8")).trim() !== "") continue;
    await writeFile(join(child, file), await readFile(join(parent, file), "utf8"));
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!isCode(error, "ESRCH")) throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
