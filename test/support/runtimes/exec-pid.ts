import { processesBelow } from "../cluster/cgroups.ts";
import { waitUntil } from "../cluster/wait.ts";

/** Has a process started in a running container and answers its PID on the node, given the container's cgroup. */
export async function pidOfNew(cgroup: string, start: () => Promise<unknown>): Promise<number> {
  const before = new Set(processesBelow(cgroup));
  await start();
  const look = (): number | undefined => processesBelow(cgroup).find((pid) => !before.has(pid));
  return waitUntil(`a new process in ${cgroup}`, look, { timeoutMs: 10_000 });
}
