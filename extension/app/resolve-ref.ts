import { SandboxError } from "../core/errors.ts";
import type { PodRef } from "../core/pod.ts";
import type { Clusters } from "./clusters.ts";

/** A pod of which the context or the Kubernetes namespace may have been left out. */
export interface PartialRef {
  readonly context: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string;
}

/**
 * Fills in what was left out: `usual`, else the kubeconfig's current context, and the Kubernetes namespace that the
 * kubeconfig names for it, as kubectl does. Throws SandboxError of the kubeconfig, and `context-missing`.
 */
export async function resolveRef(
  clusters: Clusters,
  ref: PartialRef,
  usual?: () => Promise<string>,
): Promise<PodRef> {
  const { name } = ref;
  const given = ref.context ?? (await usual?.());
  if (given !== undefined && ref.namespace !== undefined)
    return { context: given, namespace: ref.namespace, name };
  const { contexts, current } = await clusters.contexts();
  const context = given ?? current;
  if (context === undefined)
    throw new SandboxError("context-missing", "the kubeconfig has no current context");
  const namespace = ref.namespace ?? contexts.find((known) => known.name === context)?.namespace ?? "default";
  return { context, namespace, name };
}
