import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  findGroup,
  groupOthers,
  type OtherGroup,
  processesOf,
} from "../../../../extension/core/others/group.ts";
import { apart } from "../../../../extension/core/others/owners.ts";
import type { NodeScan } from "../../../../extension/core/scan.ts";
import { allDenied, type FakeProcessScan, fakeProcess } from "../../../support/fake-scan.ts";
import { bundle, dockerDemo, ids, newOnes, nodeScan, own, shim } from "./fake-node.ts";

/** What a group is, in short. */
function brief({ kind, title, infra, containers, loose }: OtherGroup): object {
  return {
    kind,
    title,
    infra: infra?.name,
    containers: containers.map(({ name }) => name),
    loose: loose.map(({ pid }) => pid),
  };
}

const groupsOf = (scan: NodeScan): readonly OtherGroup[] => groupOthers(scan).groups;
const briefly = (scan: NodeScan): object[] => groupsOf(scan).map(brief);

describe("containers", () => {
  test("that joined each other are one sandbox, held by the one that was joined", () => {
    const { pause, web, bundles } = dockerDemo;
    const [group] = groupsOf(nodeScan([pause, web], { bundles }));
    expect(group).toMatchObject({ kind: "containers", title: "pause, web", key: `container:${ids.pause}` });
    expect(group?.infra?.name).toBe("pause");
  });

  test("without any bundle the pause program tells which one holds it", () => {
    const { pause, web } = dockerDemo;
    expect(briefly(nodeScan([{ ...pause, startTicks: 500 }, web]))).toMatchObject([
      { infra: ids.pause.slice(0, 12), containers: [ids.pause.slice(0, 12), ids.web.slice(0, 12)] },
    ]);
  });

  test("without a pause program either, nothing is said to hold it", () => {
    const { pause, web } = dockerDemo;
    expect(briefly(nodeScan([{ ...pause, argv: ["sleep"] }, web]))).toMatchObject([
      { kind: "containers", infra: undefined },
    ]);
  });

  test("with nothing in common are sandboxes of their own", () => {
    const scan = nodeScan([dockerDemo.pause, { ...dockerDemo.web, inodes: own(110) }]);
    expect(briefly(scan)).toMatchObject([{ kind: "container" }, { kind: "container" }]);
  });

  test("on the node's network are not joined by it", () => {
    const onHost = (pid: number, id: string): FakeProcessScan => ({
      pid,
      cgroup: `/docker/${id}`,
      inodes: { mnt: String(pid) },
    });
    expect(groupsOf(nodeScan([onHost(100, ids.web), onHost(110, ids.db)]))).toHaveLength(2);
  });

  test("of an engine without root are not joined by the user namespace that it gives them all", () => {
    const rootless = (pid: number, id: string): FakeProcessScan => ({
      pid,
      cgroup: `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope/container`,
      inodes: { ...own(pid), user: "777" },
    });
    const helper = { pid: 95, comm: "slirp4netns", inodes: { user: "777", mnt: "778" } };
    const scan = nodeScan([helper, rootless(100, ids.web), rootless(110, ids.db)]);
    expect(briefly(scan)).toMatchObject([
      { kind: "processes", title: "slirp4netns" },
      { kind: "container", loose: [] },
      { kind: "container", loose: [] },
    ]);
  });

  test("of a Podman pod are one sandbox, whatever they share, and the infra container holds it", () => {
    const member = (pid: number, id: string): FakeProcessScan => ({
      pid,
      cgroup: `/libpod_parent/${ids.pod}/libpod-${id}`,
      inodes: own(pid),
    });
    const scan = nodeScan([member(100, ids.pause), member(110, ids.web)], {
      bundles: [bundle(ids.pause, `${ids.pod.slice(0, 12)}-infra`, newOnes), bundle(ids.web, "app", newOnes)],
    });
    expect(briefly(scan)).toMatchObject([
      { kind: "podman-pod", title: "app", infra: `${ids.pod.slice(0, 12)}-infra` },
    ]);
  });

  test("named by their engine, Docker's client or conmon, and else by their ID", () => {
    const monitor: FakeProcessScan = {
      pid: 90,
      comm: "conmon",
      argv: ["/usr/bin/conmon", "-c", ids.web, "-u", ids.web, "-n", "by-conmon"],
    };
    const one: FakeProcessScan = { pid: 100, ppid: 90, cgroup: `/docker/${ids.web}`, inodes: own(100) };
    const client = {
      id: ids.web,
      client: "docker",
      name: "/by-client",
      sandboxId: undefined,
      pid: 100,
    } as const;
    expect(groupsOf(nodeScan([monitor, one]))[0]?.title).toBe("by-conmon");
    expect(groupsOf(nodeScan([monitor, one], { clients: [client] }))[0]?.title).toBe("by-client");
    expect(groupsOf(nodeScan([one]))[0]?.title).toBe(ids.web.slice(0, 12));
  });

  test("a hostile name is one printable line", () => {
    const scan = nodeScan([{ pid: 100, cgroup: `/docker/${ids.web}`, inodes: own(100) }], {
      bundles: [bundle(ids.web, "a\nb\u202E[run](command:evil)", newOnes)],
    });
    expect(groupsOf(scan)[0]?.title).toMatch(/^a b \[run\] \(command:evil\)$/);
  });

  test("what was exec'd later, or is a runtime on its way, is not the main process", () => {
    const scan = nodeScan([
      { ...dockerDemo.pause, pid: 300, startTicks: 50, comm: "runc:[1:CHILD]" },
      dockerDemo.pause,
      { ...dockerDemo.pause, pid: 50, startTicks: 400 },
    ]);
    expect(groupsOf(scan)[0]?.containers[0]?.main.pid).toBe(100);
  });

  test("of which only zombies are left are no sandbox", () => {
    expect(groupsOf(nodeScan([{ pid: 100, state: "Z", cgroup: `/docker/${ids.web}` }]))).toEqual([]);
  });

  test("that were given a name instead of an ID are told by their shim, among the pods' too", () => {
    const runs = ["default", "k8s.io"].flatMap((namespace, at): FakeProcessScan[] => [
      {
        pid: 90 + at,
        argv: ["containerd-shim-runc-v2", "-namespace", namespace, "-id", "my-redis.1"],
      },
      {
        pid: 100 + at,
        ppid: 90 + at,
        comm: "redis",
        cgroup: `/${namespace}/my-redis.1`,
        inodes: own(100 + at),
      },
    ]);
    const scan = nodeScan(runs);
    expect(groupOthers(scan).groups).toMatchObject([
      { kind: "container", title: "my-redis.1", key: "process:100:100" },
      { kind: "container", title: "my-redis.1", key: "process:101:101" },
    ]);
  });

  test("whose cgroup somebody copied inside another container are told apart", () => {
    const honest: FakeProcessScan = { pid: 100, cgroup: `/docker/${ids.web}`, inodes: own(100) };
    const forger: FakeProcessScan = { pid: 110, cgroup: `/docker/${ids.db}`, inodes: own(110) };
    const forged: FakeProcessScan = {
      pid: 120,
      ppid: 110,
      cgroup: `/docker/${ids.db}/${ids.web}`,
      inodes: own(110),
    };
    const { groups } = groupOthers(nodeScan([honest, forger, forged]));
    expect(groups.map(({ containers }) => containers.map(({ main }) => main.pid))).toEqual([
      [100],
      [110, 120],
    ]);
    expect(findGroup(groups, `container:${ids.web}`)?.containers[0]?.main.pid).toBe(100);
  });

  test("of a node that is itself a container are seen, and the node is not", () => {
    const init = fakeProcess({ pid: 1, ppid: 0, comm: "systemd", cgroup: `/docker/${ids.pod}/init.scope` });
    const scan = nodeScan([
      { pid: 50, cgroup: `/docker/${ids.pod}/system.slice/sshd.service` },
      { pid: 100, cgroup: `/docker/${ids.pod}/docker/${ids.web}`, inodes: own(100) },
    ]);
    const nested = { ...scan, processes: [init, ...scan.processes.filter(({ pid }) => pid !== 1)] };
    expect(briefly(nested)).toMatchObject([{ kind: "container", containers: [ids.web.slice(0, 12)] }]);
  });
});

describe("gVisor", () => {
  const sentry: FakeProcessScan = {
    pid: 100,
    ppid: 90,
    comm: "exe",
    argv: ["runsc-sandbox", "--root=/r", "boot", `--bundle=/b/${ids.web}`, ids.web],
    inodes: { ...own(100), pid: "4026531836", user: "888" },
  };
  const gofer: FakeProcessScan = {
    pid: 99,
    ppid: 90,
    comm: "exe",
    argv: ["runsc-gofer", "--root=/r", "gofer", "--bundle", `/b/${ids.web}`],
    inodes: own(99),
  };
  const stub: FakeProcessScan = { ...sentry, pid: 101, ppid: 100, argv: [], state: "t" };

  test("is a container by its shim where it leaves cgroups alone, with its file server and stubs", () => {
    const [group, ...more] = groupsOf(nodeScan([shim(90, ids.web), gofer, sentry, stub]));
    expect(more).toEqual([]);
    expect(group).toMatchObject({ kind: "container", virtualisedBy: "gVisor", key: `container:${ids.web}` });
    expect(group?.containers[0]?.main.pid).toBe(100);
    expect(group && processesOf(group).map(({ pid }) => pid)).toEqual([99, 100, 101]);
  });

  test("is not the container that somebody names who calls himself a shim", () => {
    const [group] = groupsOf(nodeScan([{ ...shim(90, ids.web), isRuntime: false }, gofer, sentry, stub]));
    expect(group).toMatchObject({ kind: "processes", virtualisedBy: "gVisor" });
  });

  test("that a program of a container runs does not make that container gVisor's", () => {
    const dockerd = { pid: 200, ppid: 190, comm: "dockerd", cgroup: `/docker/${ids.db}`, inodes: own(200) };
    const inner = {
      pid: 201,
      ppid: 200,
      argv: ["runsc-sandbox", "boot", "x"],
      cgroup: `/docker/${ids.db}`,
      inodes: own(300),
    };
    const [group] = groupOthers(nodeScan([dockerd, inner])).groups;
    expect(group?.containers[0]?.main.pid).toBe(200);
    expect(group?.virtualisedBy).toBeUndefined();
  });

  test("started by hand is one sandbox of processes", () => {
    const orphans = [gofer, sentry].map((process) => ({ ...process, ppid: 1 }));
    expect(groupsOf(nodeScan(orphans))).toMatchObject([{ kind: "processes", virtualisedBy: "gVisor" }]);
  });

  test("of a Kubernetes pod is the pod's", () => {
    expect(groupsOf(nodeScan([shim(90, ids.web, "k8s.io"), gofer, sentry, stub]))).toEqual([]);
  });

  test("whose container crictl lists is a pod's", () => {
    const client = {
      id: ids.web,
      client: "crictl",
      name: "web",
      sandboxId: undefined,
      pid: undefined,
    } as const;
    const conmon: FakeProcessScan = { pid: 90, argv: ["conmon", "-c", ids.web] };
    expect(groupsOf(nodeScan([conmon, sentry]))).toHaveLength(1);
    expect(groupsOf(nodeScan([conmon, sentry], { clients: [client] }))).toEqual([]);
  });

  test("a command line does not count against another process's cgroup", () => {
    const honest: FakeProcessScan = { pid: 200, cgroup: `/docker/${ids.web}`, inodes: own(200) };
    const scan = nodeScan([shim(90, ids.web), sentry, honest]);
    expect(groupsOf(scan).map((group) => processesOf(group).map(({ pid }) => pid))).toEqual([[100], [200]]);
  });
});

describe("processes of no container", () => {
  test("are one sandbox where they share any Linux namespace that is not the node's", () => {
    const scan = nodeScan([
      { pid: 100, comm: "unshare", inodes: { net: "11", user: "12" } },
      { pid: 110, comm: "sleep", inodes: { user: "12", pid: "13" } },
      { pid: 120, comm: "other", inodes: { pid: "14" } },
    ]);
    expect(briefly(scan)).toEqual([
      { kind: "processes", title: "unshare, sleep", infra: undefined, containers: [], loose: [100, 110] },
      { kind: "processes", title: "other", infra: undefined, containers: [], loose: [120] },
    ]);
  });

  test("are called by their service or LXC container, but by their program in a session", () => {
    const titleIn = (cgroup: string): string | undefined =>
      groupsOf(nodeScan([{ pid: 100, comm: "chronyd", cgroup, inodes: { mnt: "11" } }]))[0]?.title;
    expect(titleIn("/system.slice/chrony.service")).toBe("chrony.service");
    expect(titleIn("/lxc.payload.web/system.slice/cron.service")).toBe("web");
    expect(titleIn("/user.slice/user-0.slice/session-3.scope")).toBe("chronyd");
    expect(titleIn("/user.slice/user-0.slice/user@0.service/init.scope")).toBe("chronyd");
    expect(titleIn("/machine.slice/machine-deb.scope/payload")).toBe("machine-deb.scope");
  });

  test("that sit in a container count to it", () => {
    const visitor = { pid: 120, comm: "nsenter", inodes: { net: own(100).net, mnt: "99" } };
    const scan = nodeScan([dockerDemo.pause, dockerDemo.web, visitor]);
    expect(briefly(scan)).toMatchObject([{ kind: "containers", loose: [120] }]);
  });

  test("that sit in a Kubernetes pod are told with the pod", () => {
    const pod = "0b6c2a91-4ad1-4e0f-9a5f-1c2d3e4f5a6b";
    const scan = nodeScan([
      { pid: 100, cgroup: `/kubepods/pod${pod}/${ids.web}`, inodes: own(100) },
      { pid: 120, comm: "nsenter", inodes: { net: own(100).net } },
    ]);
    expect(groupsOf(scan)).toEqual([]);
  });

  test("that ended, were not read whole, or are the kernel's own make none", () => {
    const scan = nodeScan(
      [
        { pid: 30, ppid: 2, comm: "kdevtmpfs", inodes: { mnt: "11" } },
        { pid: 100, state: "Z", inodes: { pid: "12" } },
        { pid: 110, comm: "runc:[2:INIT]", inodes: { net: "13" } },
        { pid: 120, inodes: { net: "14" } },
      ],
      { raced: [120] },
    );
    expect(groupsOf(scan)).toEqual([]);
  });

  test("where the node's own Linux namespaces are not known nothing is guessed", () => {
    const { pause, web } = dockerDemo;
    const scan = nodeScan([pause, web, { pid: 130, inodes: { net: "11" } }], { host: allDenied });
    expect(briefly(scan)).toMatchObject([{ kind: "container" }, { kind: "container" }]);
  });
});

describe("whatever a node holds", () => {
  const inode = fc.constantFrom(undefined, undefined, "11", "12", "13", "14", "denied");
  const process = fc.record({
    inodes: fc.record({ net: inode, pid: inode, mnt: inode, user: inode, cgroup: inode }),
    cgroup: fc.constantFrom(
      "/",
      "/system.slice/a.service",
      `/docker/${ids.web}`,
      `/docker/${ids.db}`,
      `/libpod_parent/${ids.pod}/libpod-${ids.pause}`,
      `/docker/${ids.db}/${ids.web}`,
      "/kubepods/pod0b6c2a91-4ad1-4e0f-9a5f-1c2d3e4f5a6b/x",
    ),
    comm: fc.string({ unit: "binary", maxLength: 15 }),
    state: fc.constantFrom("S", "S", "S", "Z"),
    parent: fc.nat({ max: 12 }),
    argv: fc.constantFrom(
      [],
      ["runsc-sandbox", "--bundle=/b"],
      ["runsc-gofer", "gofer"],
      ["/pause"],
      ["containerd-shim-x", "-namespace", "moby", "-id", ids.pause],
    ),
  });
  const processes = fc.array(process, { maxLength: 12 }).map((all) =>
    all.map(({ inodes, parent, ...rest }, index) =>
      fakeProcess({
        ...rest,
        pid: 100 + index,
        ppid: parent < all.length ? 100 + parent : 1,
        startTicks: 1000 + (index % 3),
        inodes: Object.fromEntries(Object.entries(inodes).filter(([, value]) => value !== undefined)),
      }),
    ),
  );

  test("every living process apart from the node is in exactly one group, a pod, or in a pod's Linux namespaces", () => {
    fc.assert(
      fc.property(processes, (all) => {
        const scan = nodeScan(all);
        const { groups, owners } = groupOthers(scan);
        const grouped = groups.flatMap((group) => processesOf(group).map(({ pid }) => pid));
        expect(new Set(grouped).size).toBe(grouped.length);
        const podPlaces = new Set(
          all
            .filter(({ pid }) => owners.get(pid)?.kind === "pod")
            .flatMap((one) => apart(one, scan).map((type) => JSON.stringify([type, one.namespaces[type]]))),
        );
        for (const one of all) {
          if (one.state === "Z" || owners.get(one.pid)?.kind === "pod") continue;
          const away = apart(one, scan);
          const inPod = away.some((type) => podPlaces.has(JSON.stringify([type, one.namespaces[type]])));
          if (owners.get(one.pid)?.kind === "container" || (away.length > 0 && !inPod)) {
            expect(grouped, `PID ${one.pid}`).toContain(one.pid);
          }
        }
      }),
    );
  });

  test("the order of the processes does not matter, and every key finds its own group again", () => {
    fc.assert(
      fc.property(
        processes.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        ([all, shuffled]) => {
          const { groups } = groupOthers(nodeScan(all));
          const again = groupOthers(nodeScan(shuffled)).groups;
          expect(again.map((group) => [group.key, ...Object.values(brief(group))])).toEqual(
            groups.map((group) => [group.key, ...Object.values(brief(group))]),
          );
          for (const group of groups) expect(findGroup(groups, group.key)).toBe(group);
        },
      ),
    );
  });
});
