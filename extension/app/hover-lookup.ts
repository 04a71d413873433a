import type { PodRef } from "../core/pod.ts";
import type { SandboxReport } from "../core/report.ts";
import { type Owner, podsOfOwner } from "./pods-of-owner.ts";
import type { PodStore } from "./store.ts";

/** What is known without asking anybody: the pods that are watched, and the reports of those inspected. */
export interface HoverLookup {
  podsOf(owner: Owner & { readonly namespace: string | undefined }): readonly PodRef[];
  lastReport(pod: PodRef): SandboxReport | undefined;
}

export function hoverLookup(store: PodStore): HoverLookup {
  return {
    podsOf: (owner) => {
      const { context } = store;
      if (context === undefined) return [];
      const pods = store.group(owner.namespace ?? store.defaultNamespace)?.pods ?? [];
      return podsOfOwner(pods, owner).map(({ namespace, name }) => ({ context, namespace, name }));
    },
    lastReport: (pod) => (pod.context === store.context ? store.reportOf(pod) : undefined),
  };
}
