import type { PodRef } from "../core/pod.ts";
import type { SandboxReport } from "../core/report.ts";
import type { Closable } from "./emitter.ts";
import { type Owner, podsOfOwner } from "./pods-of-owner.ts";
import type { PodStore } from "./store.ts";

/** Where a manifest makes its pods; undefined = in the context's default Kubernetes namespace. */
export type PlacedOwner = Owner & { readonly namespace: string | undefined };

/** What is known of the pods that a manifest makes. Nobody is asked before a person has looked at pods, or inspected one. */
export interface HoverLookup {
  podsOf(owner: PlacedOwner): Promise<readonly PodRef[]>;
  /** Those that are known this moment: nobody is asked at all. */
  knownPodsOf(owner: PlacedOwner): readonly PodRef[];
  lastReport(pod: PodRef): SandboxReport | undefined;
  /** Tells that knownPodsOf may answer something else now; often many times in a row. */
  onPodsChanged(listener: () => void): Closable;
}

/** A hover shows the rest of what it has to say when the cluster is slow; the next one shows this too. */
const patienceMs = 500;

export function hoverLookup(store: PodStore): HoverLookup {
  const pick = (group: ReturnType<PodStore["group"]>, owner: Owner): readonly PodRef[] => {
    const { context } = store;
    if (group === undefined || context === undefined) return [];
    return podsOfOwner(group.pods, owner).map(({ namespace, name }) => ({ context, namespace, name }));
  };
  return {
    podsOf: async (owner) => pick(await store.watched(owner.namespace, patienceMs), owner),
    knownPodsOf: (owner) => pick(store.group(owner.namespace ?? store.defaultNamespace), owner),
    lastReport: (pod) => (pod.context === store.context ? store.reportOf(pod) : undefined),
    onPodsChanged: (listener) =>
      store.onChange(({ kind }) => {
        if (kind === "everything" || kind === "pods") listener();
      }),
  };
}
