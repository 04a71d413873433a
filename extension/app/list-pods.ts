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
  const scope = await followPods(cluster, namespace, signal);
  scope.close();
  return scope.pods;
}

/**
 * The same, followed from now on: the first list is complete, and whoever asked closes it. A server that is away later
 * is waited for. Throws as `listPods` does.
 */
export async function followPods(
  cluster: ClusterSource,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<PodScope> {
  return new Promise((resolve, reject) => {
    const fail = (error: SandboxError): void => {
      signal.removeEventListener("abort", onAbort);
      scope.close();
      reject(error);
    };
    const onAbort = (): void => fail(new SandboxError("cancelled", "listing pods was cancelled"));
    const scope: PodScope = new PodScope({
      onDiff: () => {
        if (!scope.loaded) return;
        signal.removeEventListener("abort", onAbort);
        resolve(scope);
      },
      onStatus: (status) => {
        // Who asks is told what is wrong, and does not wait for it to get better.
        if (status.kind === "retrying" && !scope.loaded) fail(status.error);
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
