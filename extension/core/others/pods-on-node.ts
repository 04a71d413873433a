import type { PodOnNode } from "../node-view.ts";
import { oneLine } from "../one-line.ts";
import type { NodeScan, ProcessScan } from "../scan.ts";
import { olderFirst } from "./containers.ts";
import { hasEnded, type Owner } from "./owners.ts";

/** "namespace/name" where the runtime told it, else the UID. */
export function podName({ namespace, name, uid }: PodOnNode): string {
  return oneLine(namespace === null || name === null ? uid : `${namespace}/${name}`, 120);
}

/** The pods that the node shows by its processes, the one with the oldest process first. */
export function podsOnNode(scan: NodeScan, owners: ReadonlyMap<number, Owner>): PodOnNode[] {
  // A node that is a container has the same ID before all its pods; any other container's pods are another node's.
  const itself = scan.processes.find(({ pid }) => pid === 1)?.cgroup.containerId;
  const uidOf = ({ pid, cgroup: { nestedIn } }: ProcessScan): string | undefined => {
    const owner = owners.get(pid);
    const isHere = nestedIn === undefined || nestedIn === itself;
    return owner?.kind === "pod" && isHere ? owner.uid : undefined;
  };
  const pods = Map.groupBy(scan.processes, uidOf);
  return [...pods]
    .flatMap(([uid, processes]) => {
      const oldest = processes.toSorted(olderFirst)[0];
      // What has ended and nobody has reaped is no pod any more.
      const lives = processes.some((process) => !hasEnded(process));
      return oldest === undefined || uid === undefined || !lives ? [] : [{ uid, processes, oldest }];
    })
    .toSorted((a, b) => olderFirst(a.oldest, b.oldest))
    .map(({ uid, processes, oldest }) => {
      const named = scan.bundles.find(({ pod }) => pod?.uid === uid)?.pod;
      return {
        uid,
        namespace: named?.namespace ?? null,
        name: named?.name ?? null,
        processes: processes.length,
        startedAt: startedAt(oldest, scan),
      };
    });
}

/** ISO 8601, by the node's clock. */
export function startedAt({ startTicks }: ProcessScan, { bootedAt, ticksPerSecond }: NodeScan): string {
  return new Date(bootedAt + (startTicks / ticksPerSecond) * 1000).toISOString();
}
