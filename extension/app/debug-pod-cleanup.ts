import { asSandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { DebugPodLedger } from "../nodes/debug-pod/ledger.ts";
import { debugPodLabels } from "../nodes/debug-pod/manifest.ts";
import { removeDebugPods } from "../nodes/debug-pod/removal.ts";
import type { PodApi } from "../nodes/pod-api.ts";

export interface DebugPodCleanupDeps {
  readonly ledger: DebugPodLedger;
  readonly log: Log;
  openPodApi(context: string): Promise<PodApi>;
}

/**
 * Deletes the debug pods of windows that ended without doing so, found by their owner's label; to be called once at
 * the start, and when the user asks. Where there are none nothing is asked of any cluster. Never rejects: what cannot
 * be reached or deleted now stays written down for the next time. Answers how many windows' pods are still left.
 */
export async function cleanUpDebugPods(deps: DebugPodCleanupDeps): Promise<number> {
  const { ledger, log } = deps;
  const entries = ledger.abandoned();
  const places = Map.groupBy(entries, ({ context, namespace, owner }) =>
    JSON.stringify([context, namespace, owner.label]),
  );
  const cleaned = await Promise.all(
    [...places.values()].map(async (pods) => {
      const [first] = pods;
      if (first === undefined) return true;
      const { context, namespace, owner } = first;
      const where = `Kubernetes namespace ${namespace} of ${context}`;
      try {
        await removeDebugPods(await deps.openPodApi(context), namespace, debugPodLabels(owner.label));
        for (const pod of pods) await ledger.drop(pod);
        log.info(`no debug pod of an earlier window is left in ${where}`);
        return true;
      } catch (error) {
        log.warn(`debug pods of an earlier window may be left in ${where}: ${asSandboxError(error).message}`);
        return false;
      }
    }),
  );
  return cleaned.filter((done) => !done).length;
}
