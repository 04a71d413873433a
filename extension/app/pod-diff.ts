import type { Pod } from "../core/pod.ts";

/** What is different between two lists of pods, by UID. */
export interface PodDiff {
  readonly added: readonly Pod[];
  readonly removed: readonly Pod[];
  readonly changed: readonly { readonly before: Pod; readonly after: Pod }[];
}

export function diffPods(before: ReadonlyMap<string, Pod>, after: ReadonlyMap<string, Pod>): PodDiff {
  const added: Pod[] = [];
  const removed: Pod[] = [];
  const changed: { before: Pod; after: Pod }[] = [];
  for (const [uid, pod] of after) {
    const old = before.get(uid);
    if (old === undefined) added.push(pod);
    else if (!samePod(old, pod)) changed.push({ before: old, after: pod });
  }
  for (const [uid, pod] of before) {
    if (!after.has(uid)) removed.push(pod);
  }
  return { added, removed, changed };
}

export function isEmptyDiff(diff: PodDiff): boolean {
  return diff.added.length + diff.removed.length + diff.changed.length === 0;
}

/** A re-list makes new objects of pods that did not change; telling the tree of them all would make it flicker. */
function samePod(one: Pod, other: Pod): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
