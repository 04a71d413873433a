import type { Pod } from "../core/pod.ts";

/** Tells whether a pod is wanted. */
export type PodFilter = (pod: Pod) => boolean;

/**
 * A filter from what a person typed: each word must be found, in any case, in the pod's name, Kubernetes namespace,
 * node, phase or a container's state. undefined when there is nothing to filter by.
 */
export function podFilter(text: string): PodFilter | undefined {
  const words = text.toLowerCase().split(/\s+/u).filter(Boolean);
  if (words.length === 0) return undefined;
  return (pod) => {
    const searched = searchedText(pod);
    return words.every((word) => searched.includes(word));
  };
}

function searchedText(pod: Pod): string {
  const states = pod.containers.map(({ state }) => ("reason" in state ? state.reason : ""));
  return [pod.name, pod.namespace, pod.nodeName ?? "", pod.phase, pod.reason ?? "", ...states]
    .join("\n")
    .toLowerCase();
}
