import { isContainerId, isPodUid } from "../cgroup.ts";
import { SandboxError } from "../errors.ts";
import type { NodeScan } from "../scan.ts";
import { parseScan } from "./parse-scan.ts";
import { perlPod } from "./perl-pod.ts";
import { podScript } from "./pod-script.ts";
import type { NodeProbe } from "./probe.ts";
import { readerCommand } from "./reader.ts";

export interface PodProbeInput {
  /** The UID as the node's cgroup paths have it: metadata.uid, or a static pod's config hash. */
  readonly uid: string;
  readonly containerIds: readonly string[];
}

/**
 * The probe for one pod. Its cost is the pod's, not the node's.
 * Throws SandboxError `bad-argument` when an ID is not of its form: it came from the API, which is not trusted here.
 */
export function podProbe({ uid, containerIds }: PodProbeInput): NodeProbe<NodeScan> {
  if (!isPodUid(uid)) {
    throw new SandboxError("bad-argument", "the pod's UID is neither a UUID nor a static pod's hash");
  }
  if (!containerIds.every(isContainerId)) {
    throw new SandboxError("bad-argument", "a container ID is not 64 hex digits");
  }
  return { ...readerCommand({ shell: podScript, perl: perlPod }, [uid, ...containerIds]), parse: parseScan };
}
