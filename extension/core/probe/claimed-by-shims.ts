import { isContainerId } from "../cgroup.ts";
import type { ProcessScan } from "../scan.ts";

/**
 * Gives processes that are in no container's cgroup the container of the shim that started them, and their children the
 * same: gVisor under Docker runs with cgroups ignored (runsc's --ignore-cgroups) where it must. Docker's containerd starts
 * one shim for each container, `containerd-shim-runc-v2 -namespace moby -id ID`; a shim that serves several containers
 * names but one of them, so that of other runtimes' shims nothing is concluded.
 * Only the processes that the script believes to be runtimes are heard, for anybody may call himself a shim.
 * A container that has processes by their cgroups gets no others: their word counts more than a command line.
 */
export function claimedByShims(
  processes: readonly ProcessScan[],
  runtimes: readonly ProcessScan[],
): readonly ProcessScan[] {
  const placed = new Set(processes.map(({ cgroup }) => cgroup.containerId));
  const claims = new Map<number, string>();
  for (const shim of runtimes) {
    const id = shimOf(shim);
    if (id !== undefined && !placed.has(id)) claims.set(shim.pid, id);
  }
  if (claims.size === 0) return processes;
  const children = Map.groupBy(processes, ({ ppid }) => ppid);
  const claimed = new Map<number, string>();
  const toVisit = [...claims];
  for (let next = toVisit.pop(); next !== undefined; next = toVisit.pop()) {
    const [pid, id] = next;
    for (const child of children.get(pid) ?? []) {
      if (child.cgroup.containerId !== undefined || claimed.has(child.pid)) continue;
      claimed.set(child.pid, id);
      toVisit.push([child.pid, id]);
    }
  }
  return processes.map((process) => {
    const containerId = claimed.get(process.pid);
    return containerId === undefined ? process : { ...process, cgroup: { ...process.cgroup, containerId } };
  });
}

function shimOf({ argv }: ProcessScan): string | undefined {
  const program = argv[0] ?? "";
  if (!program.slice(program.lastIndexOf("/") + 1).startsWith("containerd-shim-")) return undefined;
  const after = (flag: string): string | undefined => {
    const at = argv.indexOf(flag);
    return at < 1 ? undefined : argv[at + 1];
  };
  const id = after("-id");
  return after("-namespace") === "moby" && id !== undefined && isContainerId(id) ? id : undefined;
}
