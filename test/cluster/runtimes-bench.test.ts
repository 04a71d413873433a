import { existsSync, globSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { processesBelow, runtimesCgroup } from "../support/cluster/cgroups.ts";
import { claimInstance, type Instance } from "../support/cluster/instance.ts";
import { mountPoints } from "../support/cluster/mounts.ts";
import { type NamespaceLink, type OracleProcess, readNode, readProcess } from "../support/oracle-node.ts";
import type { ContainerTruth } from "../support/runtimes/container-truth.ts";
import { makeCrioPod } from "../support/runtimes/crio-by-hand.ts";
import { type DockerBench, startDocker } from "../support/runtimes/docker.ts";
import { startLoose } from "../support/runtimes/loose.ts";
import { type PodmanBench, startPodman } from "../support/runtimes/podman.ts";

// That the benches of the other runtimes are what they say, by the oracle and the runtimes alone, and leave no trace.

let instance: Instance;
let docker: DockerBench;
let podman: PodmanBench;

beforeAll(async () => {
  instance = await claimInstance();
  [docker, podman] = await Promise.all([startDocker(instance), startPodman(instance)]);
});

afterAll(() => instance?.release());

function processOf(pid: number | undefined): OracleProcess {
  const found = pid === undefined ? undefined : readProcess(pid);
  if (found === undefined) throw new Error(`No process ${pid}`);
  return found;
}

/** The types of namespaces that two processes share, without those that they share with the node. */
function shared(one: OracleProcess, other: OracleProcess): NamespaceLink[] {
  const { own } = readNode();
  const types = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"] as const;
  return types.filter((type) => one.inodes[type] === other.inodes[type] && one.inodes[type] !== own[type]);
}

/**
 * Whether the very process is still there. Without memory it is a zombie, or the first of a PID namespace, which waits
 * for all others in it to be reaped.
 */
function lives({ pid, startTime }: OracleProcess): boolean {
  const now = readProcess(pid);
  return now?.startTime === startTime && now.command !== "";
}

function called(truths: readonly ContainerTruth[], name: string): ContainerTruth {
  const found = truths.find((truth) => truth.name === name);
  if (found === undefined) throw new Error(`No container ${name}`);
  return found;
}

test("Docker: a container in the net and PID namespaces of another", async () => {
  await docker.run({ name: "pause", image: "pause" });
  const join = { network: "container:pause", pid: "container:pause" };
  await docker.run({ name: "web", command: ["sleep", "1000000"], ...join });
  const truths = await docker.inspectAll();
  const [pause, web] = [called(truths, "pause"), called(truths, "web")];
  expect(web.modes.network).toBe(`container:${pause.id}`);
  expect(web.modes.pid).toBe(`container:${pause.id}`);

  const [holder, member] = [processOf(pause.pid), processOf(web.pid)];
  expect(holder.command).toBe("/pause");
  expect(member.command).toBe("sleep 1000000");
  expect(shared(holder, member)).toEqual(["net", "pid"]);
  expect(holder.nsPids).toEqual([pause.pid, 1]);
  expect(member.cgroup).toContain(`${docker.cgroup}/${web.id}\n`);
  const pins = readNode().mounts.filter(({ path }) => path.startsWith(`${docker.execRoot}/netns/`));
  expect(pins.map(({ inode }) => inode)).toContain(holder.inodes.net);

  const pid = await docker.exec("web", ["sleep", "2000000"]);
  expect(processOf(pid).command).toBe("sleep 2000000");
  expect(shared(processOf(pid), member)).toEqual(["ipc", "mnt", "net", "pid", "uts"]);

  const again = await docker.restart("web");
  expect(again.pid).not.toBe(web.pid);
  expect(shared(holder, processOf(again.pid))).toEqual(["net", "pid"]);
  await docker.kill("web");
  expect(called(await docker.inspectAll(), "web").pid).toBe(0);
  await docker.remove("web");
  expect((await docker.inspectAll()).map(({ name }) => name)).toEqual(["pause"]);
});

test("Docker: a container in all of the node's namespaces but mnt", async () => {
  const node = { network: "host", pid: "host", ipc: "host", uts: "host" };
  const { pid } = await docker.run({ name: "all", ...node });
  const { own } = readNode();
  const { inodes } = processOf(pid);
  const differing = Object.entries(inodes).flatMap(([type, inode]) =>
    inode === own[type as NamespaceLink] ? [] : [type],
  );
  expect(differing).toEqual(["mnt"]);
});

test.each([
  { runtime: "runsc", inCgroup: true },
  { runtime: "runsc-without-cgroups", inCgroup: false },
] as const)("gVisor as $runtime: two processes on the node and none of the guest's", async (sort) => {
  const { runtime, inCgroup } = sort;
  const { id, pid } = await docker.run({ name: runtime, runtime, command: ["sleep", "3000000"] });
  const { processes, own } = readNode();
  const sandbox = processOf(pid);
  const siblings = [...processes.values()].filter(({ ppid }) => ppid === sandbox.ppid);
  const gofer = siblings.find(({ command }) => command.startsWith("runsc-gofer "));
  expect(sandbox.command).toMatch(new RegExp(`^runsc-sandbox .* ${id}$`));
  expect(sandbox.cgroup.includes(id)).toBe(inCgroup);
  expect(shared(sandbox, processOf(gofer?.pid))).toEqual([]);
  expect(sandbox.inodes.pid).toBe(own.pid);
  expect(sandbox.inodes.user).not.toBe(own.user);
  expect([...processes.values()].filter(({ command }) => command === "sleep 3000000")).toEqual([]);
});

test.each(["runc", "crun"] as const)(
  "Podman with %s: a pod that shares net, ipc and uts",
  async (runtime) => {
    const pod = await podman.createPod({ name: `pod-${runtime}`, share: ["net", "ipc", "uts"], runtime });
    const names = [`one-${runtime}`, `two-${runtime}`] as const;
    const [one, two] = [
      await podman.run({ name: names[0], pod: pod.name, runtime }),
      await podman.run({ name: names[1], pod: pod.name, runtime }),
    ];
    const infra = processOf(pod.infra.pid);
    expect(infra.command).toBe("/pause");
    for (const { id, pid, modes, pod: podId } of [one, two]) {
      expect(podId).toBe(pod.id);
      expect(modes.network).toBe(`container:${pod.infra.id}`);
      expect(shared(infra, processOf(pid))).toEqual(["ipc", "net", "uts"]);
      expect(processOf(pid).cgroup).toContain(`${podman.cgroup}/${pod.id}/libpod-${id}\n`);
      expect(processOf(processOf(pid).ppid).command).toMatch(new RegExp(`^\\S*conmon .* -c ${id} `));
    }
    const pid = await podman.exec(names[0], ["sleep", "2000000"]);
    expect(shared(processOf(pid), processOf(one.pid))).toEqual(["ipc", "mnt", "net", "pid", "uts"]);
    await podman.kill(names[1]);
    expect(called(await podman.inspectAll(), names[1]).pid).toBe(0);
  },
);

test("Podman: containers outside pods, one in a user namespace", async () => {
  const alone = await podman.run({ name: "alone", uidmap: "0:100000:1000" });
  const joined = await podman.run({ name: "joined", network: "container:alone", uidmap: "0:100000:1000" });
  const other = await podman.run({ name: "host", network: "host", pid: "host" });
  const { own } = readNode();
  expect(shared(processOf(alone.pid), processOf(joined.pid))).toContain("net");
  expect(processOf(alone.pid).inodes.user).not.toBe(own.user);
  expect(processOf(other.pid).inodes).toMatchObject({ net: own.net, pid: own.pid, user: own.user });
  expect(alone.pod).toBe("");
});

test("CRI-O's state: a pod whose namespaces only pins hold", async () => {
  const pod = await makeCrioPod(instance, { name: "web", containers: ["app", "sidecar"] });
  const [app, sidecar] = [processOf(pod.containers[0]?.pid), processOf(pod.containers[1]?.pid)];
  expect(shared(app, sidecar)).toEqual(["ipc", "net", "uts"]);
  const pins = new Map(readNode().mounts.map(({ path, inode }) => [path, inode]));
  for (const type of ["net", "ipc", "uts"] as const)
    expect(pins.get(pod.pins[type] ?? "")).toBe(app.inodes[type]);
  const podCgroup = `${pod.cgroupRoot}/kubepods/besteffort/pod${pod.uid}`;
  expect(new Set(processesBelow(podCgroup))).toEqual(
    new Set(pod.containers.flatMap(({ pid, monitorPid }) => [pid, monitorPid])),
  );
  for (const { id, pid, monitorPid } of pod.containers) {
    expect(processOf(pid).cgroup).toContain(`${podCgroup}/crio-${id}\n`);
    expect(processOf(pid).ppid).toBe(monitorPid);
    expect(processOf(monitorPid).cgroup).toContain(`${podCgroup}/crio-conmon-${id}\n`);
  }
  await pod.kill("sidecar");
  expect(lives(sidecar)).toBe(false);
  await pod.remove();
  expect(Object.values(pod.pins).filter((path) => existsSync(path))).toEqual([]);

  const onNode = await makeCrioPod(instance, { name: "host", containers: ["app"], hostNetwork: true });
  expect(onNode.pins.net).toBeUndefined();
  expect(processOf(onNode.containers[0]?.pid).inodes.net).toBe(readNode().own.net);
});

test("namespaces that no runtime made, each held in its own way", async () => {
  const kinds = ["net", "mnt", "user+pid", "nested", "thread", "descriptor", "pin"] as const;
  const loose = await Promise.all(kinds.map(async (kind) => startLoose(instance, kind)));
  const { processes, mounts, own } = readNode();
  const link = (type: string, inode: string | null | undefined): string => `${type}:[${inode}]`;
  for (const { kind, pids, tid, fd, pin, made } of loose) {
    const members = [...processes.values()].filter(({ inodes }) =>
      made.some((text) => text === link("net", inodes.net) || text === link("pid", inodes.pid)),
    );
    const last = processes.get(pids.at(-1) ?? 0);
    switch (kind) {
      case "net":
        expect(members.map(({ pid }) => pid)).toEqual(pids);
        break;
      case "mnt":
        expect(made).toEqual([link("mnt", last?.inodes.mnt)]);
        expect(last?.inodes.mnt).not.toBe(own.mnt);
        break;
      case "user+pid":
        expect(members.map(({ pid }) => pid)).toEqual(pids.slice(1));
        expect(processes.get(pids[0] ?? 0)?.inodes.pid_for_children).toBe(last?.inodes.pid);
        break;
      case "nested":
        expect(last?.nsPids).toHaveLength(3);
        // Each unshare(1) is in its own user namespace, and only its child in its PID namespace.
        expect(new Set(pids.map((pid) => processes.get(pid)?.inodes.user)).size).toBe(2);
        expect(new Set(pids.map((pid) => processes.get(pid)?.inodes.pid)).size).toBe(3);
        break;
      case "thread":
        expect(members).toEqual([]);
        expect(last?.inodes.net).toBe(own.net);
        expect(made).toEqual([link("net", last?.threads.find((one) => one.tid === tid)?.inodes.net)]);
        break;
      case "descriptor":
        expect(members).toEqual([]);
        expect(last?.descriptors.filter((one) => made.includes(link(one.type, one.inode)))).toMatchObject([
          { fd },
        ]);
        break;
      case "pin":
        expect(members).toEqual([]);
        expect(mounts.find(({ path }) => path === pin)?.inode).toBe(/\d+/.exec(made[0] ?? "")?.[0]);
        break;
    }
  }
  const started = loose.flatMap(({ pids }) => pids).map(processOf);
  await Promise.all(loose.map(async (one) => one.stop()));
  expect(started.filter(lives)).toEqual([]);
  expect(readNode().mounts.filter(({ path }) => loose.some(({ pin }) => pin === path))).toEqual([]);
});

test("Docker and Podman that are stopped leave no container", async () => {
  const other = await claimInstance();
  try {
    const [ours, theirs] = await Promise.all([startDocker(other), startPodman(other)]);
    await ours.run({ name: "gvisor", runtime: "runsc" });
    await theirs.createPod({ name: "pod" });
    await theirs.run({ name: "one", pod: "pod" });
    await theirs.run({ name: "two" });
    await theirs.run({ name: "three", network: "container:two" });
    const started = [...(await ours.inspectAll()), ...(await theirs.inspectAll())].map(({ pid }) =>
      processOf(pid),
    );
    expect(started).toHaveLength(5);
    await theirs.stop();
    expect(await theirs.inspectAll()).toEqual([]);
    await ours.stop();
    expect(started.filter(lives)).toEqual([]);
    expect(processesBelow(runtimesCgroup(other.network))).toEqual([]);
  } finally {
    await other.release();
  }
});

test("a bench in the middle of its work leaves no trace", async () => {
  const { directory, network } = instance;
  const pod = await makeCrioPod(instance, { name: "left", containers: ["app"] });
  const loose = await startLoose(instance, "nested");
  const running = [...(await docker.inspectAll()), ...(await podman.inspectAll())];
  const pids = [...running, ...pod.containers].map(({ pid }) => pid).filter((pid) => pid !== 0);
  const mine = [...pids, ...loose.pids].map(processOf);
  expect(mine.length).toBeGreaterThan(8);
  // Docker's shims listen outside the bench's folder.
  const addresses = globSync(`${docker.execRoot}/containerd/daemon/*/moby/*/address`);
  const sockets = addresses.map((path) => readFileSync(path, "utf8").replace("unix://", ""));
  expect(sockets.filter((path) => existsSync(path))).not.toEqual([]);

  await instance.release();

  const { processes, mounts } = readNode();
  expect(mine.filter(lives)).toEqual([]);
  expect([...processes.values()].filter(({ command }) => command.includes(`${directory}/`))).toEqual([]);
  expect(mountPoints().filter(({ path }) => path.startsWith(`${directory}/`))).toEqual([]);
  expect(mounts.filter(({ path }) => Object.values(pod.pins).includes(path))).toEqual([]);
  expect(Object.values(pod.pins).filter((path) => existsSync(path))).toEqual([]);
  expect(globSync(`/sys/fs/cgroup/{,*/}${runtimesCgroup(network).slice(1)}`)).toEqual([]);
  expect(existsSync(directory)).toBe(false);
  expect(sockets.filter((path) => existsSync(path))).toEqual([]);
});
