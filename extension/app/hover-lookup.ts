import type { PodRef } from "../core/pod.ts";
import type { SandboxReport } from "../core/report.ts";
import { type Owner, podsOfOwner } from "./pods-of-owner.ts";
import type { PodStore } from "./store.ts";

/** What is known of the pods that a manifest makes. Nobody is asked before a person has looked at pods, or inspected one. */
export interface HoverLookup {
  podsOf(owner: Owner & { readonly namespace: string | undefined }): Promise<readonly PodRef[]>;
  lastReport(pod: PodRef): SandboxReport | undefined;
}

/** A hover shows the rest of what it has to say when the cluster is slow; the next one shows this too. */
const patienceMs = 500;

export function hoverLookup(store: PodStore): HoverLookup {
  return {
    podsOf: async (owner) => {
      const group = await store.watched(owner.namespace, patienceMs);
      const { context } = store;
      if (group === undefined || context === undefined) return [];
      return podsOfOwner(group.pods, owner).map(({ namespace, name }) => ({ context, namespace, name }));
    },
    lastReport: (pod) => (pod.context === store.context ? store.reportOf(pod) : undefined),
  };
}
