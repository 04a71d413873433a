/** What a cgroup path says of a process. */
export interface CgroupMembership {
  /** Pod UID with dashes, or the 32 hex digits of a static pod's config hash. */
  readonly podUid: string | undefined;
  /** 64 hex digits. */
  readonly containerId: string | undefined;
  /**
   * The container around this pod or container, whose cgroup is below that one's: a node that is a container (kind), a
   * Docker daemon in a container, or a name that somebody in that container gave a cgroup of his own.
   */
  readonly nestedIn: string | undefined;
  /** ID of the Podman pod that the container is of: 64 hex digits. */
  readonly podmanPod: string | undefined;
  /** Of a process in no pod and no container: its systemd unit, or the name of its LXC container. Untrusted text. */
  readonly unit: string | undefined;
}

const nothing: CgroupMembership = {
  podUid: undefined,
  containerId: undefined,
  nestedIn: undefined,
  podmanPod: undefined,
  unit: undefined,
};

/**
 * A path segment that names a pod, in both of the kubelet's forms: `pod<uid>` (cgroupfs driver) and
 * `[parents-]kubepods[-qos]-pod<u_i_d>.slice` (systemd driver), the latter maybe with `:<prefix>:<id>` behind it where
 * the runtime does not use systemd's cgroups although the kubelet does.
 * Source: kubernetes pkg/kubelet/cm/cgroup_manager_linux.go, pod_container_manager_linux.go.
 */
const podSegment =
  /^(?:(?:[\w.]+-)*kubepods(?:-(?:burstable|besteffort))?-)?pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?(?::[^:]*:([0-9a-f]{64}))?$/;

/**
 * A path segment that names a container: a bare ID (Docker, containerd and their clients with cgroupfs), or a runtime's
 * prefix with it and a systemd unit's suffix, or `<slice>:<prefix>:<id>` where the engine means systemd's cgroups and
 * the runtime does not. `crio-conmon-<id>` and `libpod-conmon-<id>` are the container's monitor and `.mount` a mount
 * unit: neither is a container. `libpod-payload` is Podman's in a systemd service (quadlets, `--cgroups=split`).
 * Sources: runc's and crun's systemd cgroup drivers; moby, nerdctl, CRI-O and Podman (getOCICgroupPath).
 */
const containerSegment =
  /^(?:[^:]*:(?:cri-containerd|crio|docker|nerdctl|libpod|buildkit)?:|(?:cri-containerd|crio|docker|nerdctl|libpod|libpod-payload|runc|crun|runsc|youki)-)?([0-9a-f]{64})(?:\.scope)?$/;

/** A Podman pod in systemd's form: `machine-libpod_pod_<id>.slice`, below a user's manager `user-libpod_pod_<id>.slice`. */
const podmanSlice = /^(?:[\w.@]+-)*libpod_pod_([0-9a-f]{64})\.slice$/;

const bareId = /^[0-9a-f]{64}$/;

/** A systemd unit that holds processes; slices hold units alone (systemd.slice(5)). */
const unitSegment = /^.+\.(?:service|scope|mount|socket|swap)$/;

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

function rank({ podUid, containerId, unit }: CgroupMembership): number {
  return (podUid === undefined ? 0 : 4) + (containerId === undefined ? 0 : 2) + (unit === undefined ? 0 : 1);
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
    return [{ index, podUid: uid.replaceAll("_", "-"), containerId: id ?? containerOf(segments[index + 1]) }];
  });
  // The last pod counts: a pod that runs nodes (kind in a pod) holds pods of its own. Of segments with one UID the
  // first: what a container may write below its own cgroup must not look like another container of its pod.
  const pod = pods.find(({ podUid }) => podUid === pods.at(-1)?.podUid);
  if (pod !== undefined) {
    const { index, podUid, containerId } = pod;
    return { ...nothing, podUid, containerId, nestedIn: containersIn(segments.slice(0, index)).at(-1)?.id };
  }
  const containers = containersIn(segments);
  const container = containers.at(-1);
  if (container === undefined) return { ...nothing, unit: unitOf(segments) };
  return {
    ...nothing,
    containerId: container.id,
    nestedIn: containers.at(-2)?.id,
    podmanPod: podmanPodOf(segments, container.index),
  };
}

function containersIn(segments: readonly string[]): { id: string; index: number }[] {
  return segments.flatMap((segment, index) => {
    const id = containerOf(segment);
    return id === undefined || isPodmanPod(segments, index) ? [] : [{ id, index }];
  });
}

function containerOf(segment: string | undefined): string | undefined {
  return segment === undefined ? undefined : containerSegment.exec(segment)?.[1];
}

/**
 * With cgroupfs a Podman pod's cgroup has the pod's bare ID, below `libpod_parent` or whatever `--cgroup-parent` says;
 * in it are `libpod-<id>` for each container and `conmon` for the monitors (seen with Podman 4.3).
 */
function isPodmanPod(segments: readonly string[], index: number): boolean {
  if (!bareId.test(segments[index] ?? "")) return false;
  const below = segments[index + 1] ?? "";
  return segments[index - 1] === "libpod_parent" || below === "conmon" || below.startsWith("libpod-");
}

function podmanPodOf(segments: readonly string[], container: number): string | undefined {
  if (container === 0 || !(segments[container] ?? "").startsWith("libpod-")) return undefined;
  const above = segments[container - 1] ?? "";
  return isPodmanPod(segments, container - 1) ? above : podmanSlice.exec(above)?.[1];
}

/**
 * The LXC container (`lxc.payload.NAME`, before LXC 4 `lxc.payload/NAME` and `lxc/NAME`), else a machine's scope or
 * service (systemd-nspawn(1)), whatever units run in there; else the innermost systemd unit, since a user's units are
 * below `user@UID.service`; else a build's step (`buildkit/<id>`).
 */
function unitOf(segments: readonly string[]): string | undefined {
  for (const [index, segment] of segments.entries()) {
    if (segment.startsWith("lxc.payload.")) return segment.slice("lxc.payload.".length) || undefined;
    if ((segment === "lxc.payload" || segment === "lxc") && segments[index + 1] !== undefined) {
      return segments[index + 1];
    }
    if (/^machine-.+\.scope$/.test(segment) || /^systemd-nspawn@.+\.service$/.test(segment)) return segment;
  }
  return (
    segments.findLast((segment) => unitSegment.test(segment)) ??
    segments.find((segment, index) => segment === "buildkit" && index < segments.length - 1)
  );
}

/** A container or sandbox ID as CRI runtimes make them: 64 lower-case hex digits. */
export function isContainerId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** A pod's UID as it may stand in a cgroup path: a UUID, or a static pod's config hash. */
export function isPodUid(text: string): boolean {
  return /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$/.test(text);
}
