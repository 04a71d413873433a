import { asSandboxError, SandboxError } from "../../core/errors.ts";
import type { DebugPodRef, PodApi } from "../pod-api.ts";
import { delay } from "../waiting.ts";

/** Milliseconds before each try: a server that restarts, or a line that is back soon. */
const pauses = [0, 1_000, 4_000] as const;
/** For one try, until the pod is gone. */
const tryMs = 60_000;
const never = new AbortController().signal;

/**
 * Deletes a debug pod, whatever became of the wish that it was made for.
 * @throws SandboxError `debug-pod-left`.
 */
export async function removeDebugPod(api: PodApi, pod: DebugPodRef): Promise<void> {
  let failure: SandboxError | undefined;
  for (const pause of pauses) {
    if (pause > 0) await delay(pause, never);
    try {
      await api.deletePod(pod, AbortSignal.timeout(tryMs));
      return;
    } catch (error) {
      failure = asSandboxError(error);
    }
  }
  const { namespace, name } = pod;
  throw new SandboxError("debug-pod-left", `pod ${namespace}/${name} could not be deleted`, {
    cause: failure,
    facts: { namespace, pod: name, detail: failure?.message ?? "" },
  });
}

/** The same for all pods with these labels. @throws SandboxError: `debug-pod-left`, or that they cannot be listed. */
export async function removeDebugPods(
  api: PodApi,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const pods = await api.listPods(namespace, labels, AbortSignal.timeout(tryMs));
  for (const pod of pods) await removeDebugPod(api, pod);
}
