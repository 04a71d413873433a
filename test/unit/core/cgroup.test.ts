import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isContainerId, isPodUid, parseCgroup, parseCgroupPath } from "../../../extension/core/cgroup.ts";

const uid = "0b6c2a91-4ad1-4e0f-9a5f-1c2d3e4f5a6b";
const under = uid.replaceAll("-", "_");
const id = "3f".repeat(32);
const other = "a0".repeat(32);
const hash = "0123456789abcdef0123456789abcdef";
const both = { podUid: uid, containerId: id };

describe("parseCgroupPath", () => {
  test.each([
    ["containerd, cgroupfs", `/kubepods/besteffort/pod${uid}/${id}`, both],
    ["Guaranteed has no QoS level", `/kubepods/pod${uid}/${id}`, both],
    [
      "containerd, systemd",
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${under}.slice/cri-containerd-${id}.scope`,
      both,
    ],
    [
      "containerd beside a systemd kubelet",
      `/system.slice/kubepods-besteffort-pod${under}.slice:cri-containerd:${id}`,
      both,
    ],
    ["CRI-O, systemd", `/kubepods.slice/kubepods-pod${under}.slice/crio-${id}.scope`, both],
    ["CRI-O, cgroupfs", `/kubepods/burstable/pod${uid}/crio-${id}`, both],
    ["crun's child", `/kubepods.slice/kubepods-pod${under}.slice/crio-${id}.scope/container`, both],
    [
      "CRI-O's monitor",
      `/kubepods.slice/kubepods-pod${under}.slice/crio-conmon-${id}.scope`,
      { podUid: uid, containerId: undefined },
    ],
    [
      "a mount unit",
      `/kubepods.slice/kubepods-pod${under}.slice/crio-${id}.mount`,
      { podUid: uid, containerId: undefined },
    ],
    ["cri-dockerd", `/kubepods.slice/kubepods-pod${under}.slice/docker-${id}.scope`, both],
    ["systemd in a container", `/kubepods/besteffort/pod${uid}/${id}/init.scope`, both],
    ["docker in a pod", `/kubepods/besteffort/pod${uid}/${id}/docker/${other}`, both],
    [
      "kind, systemd",
      `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod${under}.slice/cri-containerd-${id}.scope`,
      both,
    ],
    [
      "a node that is a container",
      `/docker/${other}/kubelet/kubepods/besteffort/pod${uid}/${id}`,
      { ...both, nestedIn: other },
    ],
    [
      "a node in a pod",
      `/kubepods/burstable/pod11111111-2222-3333-4444-555555555555/${other}/kubelet/kubepods/pod${uid}/${id}`,
      { ...both, nestedIn: other },
    ],
    ["a static pod", `/kubepods/burstable/pod${hash}/${id}`, { podUid: hash, containerId: id }],
    ["the pod itself", `/kubepods/besteffort/pod${uid}`, { podUid: uid, containerId: undefined }],
    ["Docker, cgroupfs", `/docker/${id}`, { podUid: undefined, containerId: id }],
    ["Docker, systemd", `/system.slice/docker-${id}.scope`, { podUid: undefined, containerId: id }],
    [
      "a Podman pod's container",
      `/libpod_parent/${other}/libpod-${id}`,
      { containerId: id, podmanPod: other },
    ],
    ["with a cgroup parent", `/mine/${other}/libpod-${id}`, { containerId: id, podmanPod: other }],
    [
      "Podman, systemd",
      `/machine.slice/machine-libpod_pod_${other}.slice/libpod-${id}.scope`,
      { containerId: id, podmanPod: other },
    ],
    [
      "Podman without root",
      `/user.slice/user-1000.slice/user@1000.service/user.slice/user-libpod_pod_${other}.slice/libpod-${id}.scope/container`,
      { containerId: id, podmanPod: other },
    ],
    ["Podman, no pod", `/machine.slice/libpod-${id}.scope`, { containerId: id }],
    ["a Podman pod's monitors", `/libpod_parent/${other}/conmon`, {}],
    ["a Podman pod itself", `/libpod_parent/${other}`, {}],
    ["Podman's monitor", `/machine.slice/libpod-conmon-${id}.scope`, { unit: `libpod-conmon-${id}.scope` }],
    [
      "Podman in a systemd service",
      `/user.slice/user-1000.slice/user@1000.service/app.slice/redis.service/libpod-payload-${id}`,
      { containerId: id },
    ],
    ["its monitor", "/system.slice/redis.service/runtime", { unit: "redis.service" }],
    [
      "Docker without root",
      `/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${id}.scope`,
      { containerId: id },
    ],
    ["Docker with a cgroup parent", `/mine/${id}`, { containerId: id }],
    ["Docker, mixed", `/system.slice:docker:${id}`, { containerId: id }],
    ["a monitor, mixed", `/system.slice:libpod-conmon:${id}`, {}],
    ["nerdctl, systemd", `/system.slice/nerdctl-${id}.scope`, { containerId: id }],
    ["nerdctl, cgroupfs", `/default/${id}`, { containerId: id }],
    ["Docker in Docker", `/docker/${other}/docker/${id}`, { containerId: id, nestedIn: other }],
    ["Podman in Docker", `/docker/${other}/libpod_parent/libpod-${id}`, { containerId: id, nestedIn: other }],
    ["Podman's monitor in Docker", `/docker/${other}/libpod_parent/conmon`, { containerId: other }],
    ["systemd in Docker", `/docker/${id}/system.slice/sshd.service`, { containerId: id }],
    ["a build", "/docker/buildkit/u8v2wq", { unit: "buildkit" }],
    ["LXC", "/lxc.payload.web/system.slice/sshd.service", { unit: "web" }],
    ["older LXC", "/lxc/web/init.scope", { unit: "web" }],
    ["a machine", "/machine.slice/machine-deb.scope/payload/init.scope", { unit: "machine-deb.scope" }],
    ["nspawn", "/machine.slice/systemd-nspawn@deb.service/payload", { unit: "systemd-nspawn@deb.service" }],
    [
      "a user's unit",
      "/user.slice/user-1000.slice/user@1000.service/app.slice/app-web.scope",
      { unit: "app-web.scope" },
    ],
    ["the root", "/", {}],
    ["a unit", "/system.slice/sshd.service", { unit: "sshd.service" }],
    ["63 digits", `/docker/${id.slice(1)}`, { podUid: undefined, containerId: undefined }],
    ["upper case", `/docker/${id.toUpperCase()}`, { podUid: undefined, containerId: undefined }],
  ])("%s", (_name, path, expected) => {
    expect(parseCgroupPath(path)).toEqual(expected);
  });
});

describe("parseCgroup", () => {
  test("on a hybrid host the line that names the pod counts", () => {
    expect(parseCgroup(`9:name=systemd:/\n8:pids:/kubepods/besteffort/pod${uid}/${id}\n0::/\n`)).toEqual(
      both,
    );
  });
  test("v2", () => {
    expect(parseCgroup(`0::/kubepods/besteffort/pod${uid}/${id}\n`)).toEqual(both);
  });
  test("a reader in a cgroup namespace of its own sees the container, not the pod", () => {
    expect(parseCgroup(`0::/../cri-containerd-${id}.scope\n`)).toEqual({
      podUid: undefined,
      containerId: id,
    });
  });
  test("never throws, and what it names is of its form", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (before, behind) => {
        const found = parseCgroup(`1:a:/${before}/pod${uid}/${id}/${behind}`);
        expect(parseCgroup(`1:a:/${before}/pod${uid}/${id}/${behind}`)).toEqual(found);
        expect(found.podUid === undefined || isPodUid(found.podUid)).toBe(true);
        expect(found.containerId === undefined || isContainerId(found.containerId)).toBe(true);
      }),
    );
  });
});

test("a monitor is never taken for a container, wherever it is", () => {
  const above = fc.array(
    fc.constantFrom(
      "machine.slice",
      "libpod_parent",
      "docker",
      "mine",
      other,
      `libpod-${other}`,
      `pod${uid}`,
    ),
    { maxLength: 4 },
  );
  const monitor = fc.constantFrom(
    `libpod-conmon-${id}.scope`,
    `libpod-conmon-${id}`,
    `crio-conmon-${id}.scope`,
    `crio-conmon-${id}`,
    `x:crio-conmon:${id}`,
  );
  fc.assert(
    fc.property(above, monitor, (segments, last) => {
      const found = parseCgroupPath(`/${[...segments, last].join("/")}`);
      expect(Object.values(found)).not.toContain(id);
    }),
  );
});

test("what a container names its own cgroups is told from a container", () => {
  fc.assert(
    fc.property(fc.constantFrom(id, `docker-${id}.scope`, `libpod-${id}`), (name) => {
      const honest = parseCgroupPath(`/docker/${id}`);
      const forged = parseCgroupPath(`/docker/${other}/${name}`);
      expect(forged).not.toEqual(honest);
      expect(forged.nestedIn ?? forged.podmanPod).toBe(other);
    }),
  );
});

test("IDs are checked before they go anywhere", () => {
  for (const text of ["", uid.toUpperCase(), `${uid}\n`, `../${uid}`, `${hash}0`, "$(reboot)"]) {
    expect(isPodUid(text), text).toBe(false);
  }
  expect(isPodUid(uid) && isPodUid(hash)).toBe(true);
  for (const text of ["", `${id}\n`, id.slice(1), `-${id}`]) expect(isContainerId(text), text).toBe(false);
});
