import * as l10n from "@vscode/l10n";
import type { ClusterNode } from "./pod.ts";
import type { Finding } from "./report.ts";
import type { NodeScan } from "./scan.ts";

/**
 * Whether two boot IDs are known and differ: then what was read is not the node, or not since its last start.
 *
 * @param told - status.nodeInfo.bootID; "" where it is not known. The kubelet has it from cAdvisor (machine/info.go),
 * which reads /proc/sys/kernel/random/boot_id once, when the kubelet starts.
 */
export function isOtherBoot(told: string, read: string): boolean {
  return isBootId(told) && isBootId(read) && told.toLowerCase() !== read.toLowerCase();
}

/** random(4): a UUID. */
function isBootId(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** That a reading is of another machine than the node, where the API and the kernel name different boots. */
export function otherMachineFindings(
  { name, bootId = "" }: Pick<ClusterNode, "name"> & Partial<Pick<ClusterNode, "bootId">>,
  scan: NodeScan,
): readonly Finding[] {
  return isOtherBoot(bootId, scan.bootId)
    ? [
        {
          code: "other-machine",
          severity: "warning",
          container: null,
          namespaceType: null,
          message: l10n.t(
            "What was read may be another machine than {0}: the kernel there was started as {1}, the API knows the node as {2}.",
            name,
            scan.bootId,
            bootId,
          ),
        },
      ]
    : [];
}
