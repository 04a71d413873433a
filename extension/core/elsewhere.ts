import { namespaceTypes, type NamespaceType } from "./namespaces.ts";
import type { AnyReport, ContainerReport } from "./report.ts";

/**
 * Inodes of a container's Linux namespaces that are known not to be the node's, decimal, in the usual order: those that
 * somebody on the node can enter. None in a sandbox with a kernel of its own: its processes are not on the node.
 */
export function elsewhere(
  { namespaces }: ContainerReport,
  { node, sandbox }: AnyReport,
): Readonly<Partial<Record<NamespaceType, string>>> {
  const inodes: Partial<Record<NamespaceType, string>> = {};
  if (sandbox.holder.kind === "virtualised") return inodes;
  for (const type of namespaceTypes) {
    const [own, nodes] = [namespaces[type], node.namespaces[type]];
    if (own.status === "read" && nodes.status === "read" && own.inode !== nodes.inode)
      inodes[type] = own.inode;
  }
  return inodes;
}
