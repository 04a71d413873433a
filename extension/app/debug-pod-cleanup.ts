import { asSandboxError, type SandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { DebugPodLedger } from "../nodes/debug-pod/ledger.ts";
import { removeDebugPods } from "../nodes/debug-pod/removal.ts";
import type { PodApi } from "../nodes/pod-api.ts";

export interface DebugPodCleanupDeps {
  readonly ledger: DebugPodLedger;
  readonly log: Log;
  openPodApi(context: string): Promise<PodApi>;
}

/**
 * Deletes the debug pods of windows that ended without doing so, found by their owner's label, and those that this window
 * could not delete; to be called once at the start, and when the user asks. Where there are none nothing is asked of any
 * cluster. Never rejects: what cannot be reached or deleted now stays written down for the next time. Answers why.
 */
export async function cleanUpDebugPods(deps: DebugPodCleanupDeps): Promise<readonly SandboxError[]> {
  const { ledger, log } = deps;
  const entries = ledger.abandoned();
  const places = Map.groupBy(entries, ({ context, namespace, owner }) =>
    JSON.stringify([context, namespace, owner.label]),
  );
  const problems = await Promise.all(
    [...places.values()].map(async (pods) => {
      const [first] = pods;
      if (first === undefined) return [];
      const { context, namespace } = first;
      const owner = first.owner.label;
      // This window may have others, which it uses. Of those that are gone all are meant, written down or not.
      const isMeant = (name: string): boolean =>
        owner !== ledger.owner.label || pods.some((pod) => pod.name === name);
      const where = `Kubernetes namespace ${namespace} of ${context}`;
      try {
        await removeDebugPods(await deps.openPodApi(context), { context, namespace, owner }, isMeant);
        for (const pod of pods) await ledger.drop(pod);
        log.info(`no abandoned debug pod is left in ${where}`);
        return [];
      } catch (error) {
        const problem = asSandboxError(error);
        log.warn(`abandoned debug pods may be left in ${where}: ${problem.message}`);
        return [problem];
      }
    }),
  );
  return problems.flat();
}
