import type { NamespaceType } from "../namespaces.ts";
import { isPauseProgram } from "../programs.ts";
import type { NodeScan, ProcessScan } from "../scan.ts";
import type { OtherContainer } from "./containers.ts";

/** What a path in a runtime's bundle leads to. */
export type JoinedNamespace =
  | { readonly kind: "container"; readonly container: OtherContainer }
  /** The namespace itself, by way of a process that is of none of these containers, or of a bind mount. */
  | { readonly kind: "process" | "pin"; readonly inode: string }
  | { readonly kind: "unknown" };

/**
 * Follows the path of a namespace to join, as `/proc/PID/ns/TYPE` or a bind mount, to who is there now. A PID counts
 * only where its process is older than the container that joined: a younger one has the number from somebody who died.
 */
export function followPath(
  path: string,
  type: NamespaceType,
  joiner: OtherContainer,
  containers: readonly OtherContainer[],
  scan: NodeScan,
): JoinedNamespace {
  const pid = Number(/^\/proc\/(\d{1,10})\/ns\/[a-z]+$/.exec(path)?.[1] ?? "NaN");
  if (Number.isNaN(pid)) {
    const pin = scan.pins.find((one) => one.type === type && plainRun(one.path) === plainRun(path));
    return pin === undefined ? { kind: "unknown" } : { kind: "pin", inode: pin.inode };
  }
  const process = scan.processes.find((one) => one.pid === pid);
  if (process === undefined || process.startTicks > joiner.main.startTicks) return { kind: "unknown" };
  const container = containers.find((one) => one !== joiner && one.processes.includes(process));
  if (container !== undefined) return { kind: "container", container };
  const reading = process.namespaces[type];
  return reading.status === "read" ? { kind: "process", inode: reading.inode } : { kind: "unknown" };
}

/** /var/run is a link to /run (FHS 3.0), and mountinfo(5) shows paths without links. */
export function plainRun(path: string): string {
  return path.replace(/^\/var\/run\//, "/run/");
}

/**
 * Which of a sandbox's containers the others hang on: of those that joined none of the others the one that most were
 * started to join, by way of one another too; else one that runs a pause program or is a Podman pod's infra container.
 * undefined where nothing tells, or there is no other.
 */
export function infraOf(containers: readonly OtherContainer[], scan: NodeScan): OtherContainer | undefined {
  const joiners = joinersOf(containers, scan);
  const joining = new Set([...joiners.values()].flatMap((ofOne) => [...ofOne]));
  const first = containers.filter((container) => !joining.has(container));
  const hanging = new Map(first.map((container) => [container, hangingOn(container, joiners)]));
  const most = first.toSorted(
    (a, b) => (hanging.get(b) ?? 0) - (hanging.get(a) ?? 0) || Number(isPause(b)) - Number(isPause(a)),
  )[0];
  if (most === undefined) return undefined;
  if (joiners.has(most) || isPodmanInfra(most)) return most;
  return containers.length > 1 && isPause(most) ? most : undefined;
}

/** How many joined it, those who joined these, and so on. */
function hangingOn(container: OtherContainer, joiners: ReturnType<typeof joinersOf>): number {
  const found = new Set<OtherContainer>();
  const next = [container];
  for (let at = next.pop(); at !== undefined; at = next.pop()) {
    for (const joiner of joiners.get(at) ?? []) {
      if (found.has(joiner)) continue;
      found.add(joiner);
      next.push(joiner);
    }
  }
  return found.size;
}

/** Who was started into a Linux namespace of which of the containers. */
export function joinersOf(
  containers: readonly OtherContainer[],
  scan: NodeScan,
): ReadonlyMap<OtherContainer, ReadonlySet<OtherContainer>> {
  const joiners = new Map<OtherContainer, Set<OtherContainer>>();
  for (const joiner of containers) {
    for (const { type, path } of joiner.bundle?.namespaces ?? []) {
      if (path === undefined) continue;
      const followed = followPath(path, type, joiner, containers, scan);
      if (followed.kind !== "container") continue;
      joiners.set(followed.container, (joiners.get(followed.container) ?? new Set()).add(joiner));
    }
  }
  return joiners;
}

/** Whether it does nothing but hold Linux namespaces, and reap. */
export function isPause(container: OtherContainer): boolean {
  return isPauseOf(container.main) || isPodmanInfra(container);
}

function isPauseOf({ argv }: ProcessScan): boolean {
  return isPauseProgram(argv[0] ?? "");
}

/** Podman names a pod's infra container by the pod's ID (libpod/runtime_pod_infra_linux.go, makeInfraContainer). */
function isPodmanInfra({ name, podmanPod }: OtherContainer): boolean {
  return podmanPod !== undefined && name === `${podmanPod.slice(0, 12)}-infra`;
}
