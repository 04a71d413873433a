import { asSandboxError, SandboxError } from "../../core/errors.ts";
import type { DebugPodRef, PodApi } from "../pod-api.ts";
import { delay } from "../waiting.ts";
import { debugPodLabels } from "./manifest.ts";

/** Milliseconds before each try: a server that restarts, or a laptop that woke and has no network yet. */
const pauses = [0, 1_000, 4_000, 15_000, 40_000] as const;
/** For one try, until the pod is gone. */
const tryMs = 60_000;
const never = new AbortController().signal;

/**
 * Deletes a debug pod, whatever became of the wish that it was made for. The first request is on its way when this
 * returns. `context`: of its cluster, for the error.
 * @throws SandboxError `debug-pod-left`.
 */
export async function removeDebugPod(api: PodApi, context: string, pod: DebugPodRef): Promise<void> {
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
    facts: { context, namespace, pod: name, detail: failure?.message ?? "" },
  });
}

/**
 * The same for those of an owner's pods that are `meant`, by their names.
 * @throws SandboxError: `debug-pod-left`, or that they cannot be listed.
 */
export async function removeDebugPods(
  api: PodApi,
  {
    context,
    namespace,
    owner,
  }: { readonly context: string; readonly namespace: string; readonly owner: string },
  meant: (name: string) => boolean,
): Promise<void> {
  const pods = await api.listPods(namespace, debugPodLabels(owner), AbortSignal.timeout(tryMs));
  for (const pod of pods) if (meant(pod.name)) await removeDebugPod(api, context, pod);
}
