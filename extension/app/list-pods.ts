import type { ClusterSource } from "../cluster/source.ts";
import { SandboxError } from "../core/errors.ts";
import type { Pod } from "../core/pod.ts";
import { PodScope } from "./pod-scope.ts";

/**
 * The pods of one Kubernetes namespace, or of all when undefined, as they are now. Throws SandboxError as the API does,
 * and `cancelled`.
 */
export async function listPods(
  cluster: ClusterSource,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<readonly Pod[]> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      scope.close();
      signal.removeEventListener("abort", onAbort);
    };
    const onAbort = (): void => {
      stop();
      reject(new SandboxError("cancelled", "listing pods was cancelled"));
    };
    const scope: PodScope = new PodScope({
      onDiff: () => {
        stop();
        resolve(scope.pods);
      },
      onStatus: (status) => {
        if (status.kind !== "retrying") return;
        // Who asks once is told what is wrong, and does not wait for it to get better.
        stop();
        reject(status.error);
      },
    });
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort);
    scope.open(cluster, namespace);
  });
}
