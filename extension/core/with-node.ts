import { type NamespaceType, namespaceTypes } from "./namespaces.ts";
import type { NodeScan, ProcessScan } from "./scan.ts";

/**
 * A pod's scan with what a scan of its whole node, taken right after it, shows to hold the pod's Linux namespaces:
 * other processes in them, bind mounts, descriptors. Inodes are comparable within one scan only, so that a namespace
 * counts as seen in both where one and the same process is in it in both.
 */
export function withNode(pod: NodeScan, node: NodeScan): NodeScan {
  if (pod.bootId !== node.bootId) return pod;
  const seenInBoth = namespacesInBoth(pod, node);
  const isPods = (type: NamespaceType, inode: string): boolean => seenInBoth.has(key(type, inode));
  const known = new Set([...pod.processes, ...pod.parents].map(({ pid }) => pid));
  const beside = node.processes.filter(
    ({ pid, namespaces }) =>
      !known.has(pid) &&
      namespaceTypes.some((type) => {
        const reading = namespaces[type];
        return reading.status === "read" && isPods(type, reading.inode);
      }),
  );
  return {
    ...pod,
    scope: "node",
    // They are in other cgroups than the pod's: listed, as in every scan, but not the pod's.
    processes: [...pod.processes, ...beside],
    pins: unique([...pod.pins, ...node.pins.filter(({ type, inode }) => isPods(type, inode))]),
    descriptors: unique([
      ...pod.descriptors,
      ...node.descriptors.filter(({ type, inode }) => isPods(type, inode)),
    ]),
    lineage: unique([...pod.lineage, ...node.lineage.filter(({ type, inode }) => isPods(type, inode))]),
  };
}

function namespacesInBoth(pod: NodeScan, node: NodeScan): ReadonlySet<string> {
  const later = new Map(node.processes.map((process) => [process.pid, process]));
  return new Set(
    pod.processes.flatMap((process) => {
      const again = later.get(process.pid);
      return again === undefined || again.startTicks !== process.startTicks
        ? []
        : namespaceTypes.flatMap((type) => sharedKey(type, process, again, pod));
    }),
  );
}

function sharedKey(type: NamespaceType, before: ProcessScan, after: ProcessScan, pod: NodeScan): string[] {
  const [one, other, host] = [before.namespaces[type], after.namespaces[type], pod.host.namespaces[type]];
  const isPods =
    one.status === "read" &&
    other.status === "read" &&
    host.status === "read" &&
    one.inode === other.inode &&
    one.inode !== host.inode;
  return isPods ? [key(type, one.inode)] : [];
}

function key(type: NamespaceType, inode: string): string {
  return `${type}:${inode}`;
}

/** Plain values without their repetitions. */
function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
