import type { NodeReport } from "./report.ts";
import type { NodeScan } from "./scan.ts";

/** What a report says of the node. `runtimeVersion`: as the node reports it ("containerd://1.6.20"), "" when not known. */
export function nodeReport(node: { name: string; runtimeVersion: string }, scan: NodeScan): NodeReport {
  return {
    name: node.name,
    bootId: scan.bootId,
    nsDevice: scan.nsDevice ?? null,
    bootedAt: new Date(scan.bootedAt).toISOString(),
    kernelRelease: scan.kernelRelease,
    cgroupVersion: scan.cgroupVersion,
    runtime: node.runtimeVersion,
    namespaces: scan.host.namespaces,
    namespacesOf: scan.host.source,
  };
}
