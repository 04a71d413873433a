/** What a cgroup path says of a process. */
export interface CgroupMembership {
  /** Pod UID with dashes, or the 32 hex digits of a static pod's config hash. */
  readonly podUid: string | undefined;
  /** 64 hex digits. */
  readonly containerId: string | undefined;
}

const nothing: CgroupMembership = { podUid: undefined, containerId: undefined };

/**
 * A path segment that names a pod, in both of the kubelet's forms: `pod<uid>` (cgroupfs driver) and
 * `[parents-]kubepods[-qos]-pod<u_i_d>.slice` (systemd driver), the latter maybe with `:<prefix>:<id>` behind it where
 * the runtime does not use systemd's cgroups although the kubelet does.
 * Source: kubernetes pkg/kubelet/cm/cgroup_manager_linux.go, pod_container_manager_linux.go.
 */
const podSegment =
  /^(?:(?:[\w.]+-)*kubepods(?:-(?:burstable|besteffort))?-)?pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?(?::[^:]*:([0-9a-f]{64}))?$/;

/**
 * A path segment that names a container: a bare ID, or a runtime's prefix with it, and the systemd unit's suffix.
 * `crio-conmon-<id>` is the container's monitor and `.mount` a mount unit: neither is a container.
 */
const containerSegment = /^(?:(?:cri-containerd|crio|docker|libpod)-)?([0-9a-f]{64})(?:\.scope)?$/;

/**
 * Parses the whole text of /proc/PID/cgroup (cgroups(7)). On hybrid and v1 hosts the lines may disagree: a line that
 * names a pod and a container counts before one that names less; within equals `name=systemd` and the controllers
 * come before the `0::` line, in the kernel's order.
 */
export function parseCgroup(text: string): CgroupMembership {
  let best = nothing;
  for (const line of text.split("\n")) {
    const match = /^\d+:[^:]*:(\/.*)$/.exec(line);
    if (match === null) continue;
    const found = parseCgroupPath(match[1] ?? "");
    if (rank(found) > rank(best)) best = found;
  }
  return best;
}

function rank(membership: CgroupMembership): number {
  return (membership.podUid === undefined ? 0 : 2) + (membership.containerId === undefined ? 0 : 1);
}

/**
 * Reads one cgroup path. It anchors on the pod's segment and takes the segment behind it: never the first ID of the
 * path, which is the node itself where nodes are containers (kind). Segments behind the container's (`/init.scope`,
 * `/container`, a process's own child cgroup) are the container's too.
 */
export function parseCgroupPath(path: string): CgroupMembership {
  const segments = path.split("/").filter((segment) => segment !== "");
  const pods = segments.flatMap((segment, index) => {
    const [whole, uid, id] = podSegment.exec(segment) ?? [];
    if (whole === undefined || uid === undefined) return [];
    return [{ podUid: uid.replaceAll("_", "-"), containerId: id ?? containerOf(segments[index + 1]) }];
  });
  // The last pod counts: a pod that runs nodes (kind in a pod) holds pods of its own. Of segments with one UID the
  // first: what a container may write below its own cgroup must not look like another container of its pod.
  const pod = pods.find(({ podUid }) => podUid === pods.at(-1)?.podUid);
  if (pod !== undefined) return pod;
  // No pod: a hand-made container. `.../libpod_parent/<pod id>/libpod-<id>`: the last ID is the container's.
  for (let index = segments.length - 1; index >= 0; index--) {
    const containerId = containerOf(segments[index]);
    if (containerId !== undefined) return { podUid: undefined, containerId };
  }
  return nothing;
}

function containerOf(segment: string | undefined): string | undefined {
  return segment === undefined ? undefined : containerSegment.exec(segment)?.[1];
}

/** A container or sandbox ID as CRI runtimes make them: 64 lower-case hex digits. */
export function isContainerId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** A pod's UID as it may stand in a cgroup path: a UUID, or a static pod's config hash. */
export function isPodUid(text: string): boolean {
  return /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$/.test(text);
}
