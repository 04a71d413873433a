import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readOrUndefined } from "./process-identity.ts";
import { mountPoints } from "./mounts.ts";

/** Where cgroup hierarchies are mounted: one on cgroup v2, one for each controller on v1, both on hybrid hosts. */
function hierarchies(): string[] {
  const all = mountPoints().filter(({ type }) => type === "cgroup" || type === "cgroup2");
  return [...new Set(all.map(({ path }) => path))].filter((path) => path.startsWith("/sys/fs/cgroup"));
}

/** Whether a kubelet, ours or a real one, has the usual cgroup on this machine. */
export function kubepodsExists(): boolean {
  return hierarchies().some(
    (mount) => existsSync(join(mount, "kubepods")) || existsSync(join(mount, "kubepods.slice")),
  );
}

/** The cgroup of a bench for containers that are no kubelet's, given the name of its network. */
export function runtimesCgroup(network: string): string {
  return `/${network}-runtimes`;
}

/** Makes the cgroup in every hierarchy: the kubelet wants its root to exist. */
export async function makeCgroup(path: string): Promise<void> {
  for (const mount of hierarchies()) await mkdir(join(mount, path), { recursive: true });
}

/**
 * Moves a process into the cgroup, which exists. Not in the cpuset hierarchy of cgroup v1, where a cgroup takes no
 * process before it has been given CPUs.
 */
export async function moveToCgroup(pid: number, path: string): Promise<void> {
  for (const mount of hierarchies()) {
    const folder = join(mount, path);
    if (!existsSync(join(folder, "cpuset.cpus")) || existsSync(join(folder, "cgroup.controllers")))
      await writeFile(join(folder, "cgroup.procs"), String(pid));
  }
}

/** PIDs in the cgroup and below it, in any hierarchy. */
export function processesBelow(path: string): number[] {
  const pids = new Set<number>();
  for (const folder of folders(path)) {
    const members = readOrUndefined(join(folder, "cgroup.procs")) ?? "";
    for (const pid of members.split("\n")) if (pid !== "") pids.add(Number(pid));
  }
  return [...pids];
}

/** Removes the cgroup and what is below it; it must hold no process. */
export function removeCgroup(path: string): void {
  for (const folder of folders(path)) {
    try {
      rmdirSync(folder);
    } catch (error) {
      if (existsSync(folder)) throw error;
    }
  }
}

/** The cgroup's folders in every hierarchy, deepest first. */
function folders(path: string): string[] {
  return hierarchies().flatMap((mount) => below(join(mount, path)));
}

function below(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...children.flatMap((child) => below(join(folder, child.name))), folder];
}
