import type { Pod } from "../core/pod.ts";

/** What a manifest makes. */
export interface Owner {
  readonly kind: string;
  readonly name: string;
}

/** The alphabet of the API server's random endings (k8s.io/apimachinery util/rand). */
const random = "[bcdfghjklmnpqrstvwxz2456789]";
const randomLength = 5;
/** What comes before the random ending is cut to this many characters (k8s.io/apiserver storage/names generate.go). */
const longestBase = 58;

/** The pods that carry a name which the controllers of Kubernetes give to pods of this owner. */
export function podsOfOwner(pods: readonly Pod[], { kind, name }: Owner): readonly Pod[] {
  if (kind === "Pod") return pods.filter((pod) => pod.name === name);
  if (kind === "StatefulSet") return pods.filter((pod) => isNameWith(pod.name, name, "-\\d+"));
  const middle = middles[kind];
  return middle === undefined ? [] : pods.filter((pod) => isGenerated(pod.name, name, middle));
}

/** What stands between the owner's name and the random ending, by the owner's kind. */
const middles: Readonly<Record<string, string>> = {
  // The hash of the pod template, as it stands in the ReplicaSet's name.
  Deployment: `-${random}{1,10}-`,
  // An indexed job has the index.
  Job: "(-\\d{1,6})?-",
  // Minutes since 1970, as they stand in the job's name.
  CronJob: "-\\d{8,}(-\\d{1,6})?-",
  DaemonSet: "-",
  ReplicaSet: "-",
  ReplicationController: "-",
};

function isGenerated(podName: string, ownerName: string, middle: string): boolean {
  const base = podName.slice(0, -randomLength);
  if (!new RegExp(`^${random}{${randomLength}}$`, "u").test(podName.slice(-randomLength))) return false;
  // Of a long name only the beginning is left to compare.
  if (base.length === longestBase && base.startsWith(ownerName.slice(0, longestBase))) return true;
  return isNameWith(base, ownerName, middle);
}

function isNameWith(text: string, name: string, ending: string): boolean {
  return text.startsWith(name) && new RegExp(`^${ending}$`, "u").test(text.slice(name.length));
}
