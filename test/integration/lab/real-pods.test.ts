import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { startLab, type Lab } from "../../lab/lab.ts";
import { newOwner } from "../../lab/owner.ts";
import { LabCgroups, parseHierarchies, runtimeHierarchies } from "../../lab/pods/cgroups.ts";
import { type LabContainer, makeRealPods, whyNoRealPods } from "../../lab/pods/real-pods.ts";
import { because } from "../../support/skipped.ts";

const obstacle = await whyNoRealPods();
const types = ["net", "ipc", "uts", "pid", "mnt", "user", "cgroup", "time"] as const;

/** Read here one by one from the kernel, with nothing of the product or the lab. */
async function links(pid: number | "self"): Promise<Record<string, string>> {
  const entries = types.map(async (type) => [type, await readlink(`/proc/${pid}/ns/${type}`)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function isRunning({ pid }: { readonly pid: number }): boolean {
  return existsSync(`/proc/${pid}`);
}

/** Folders of labs in any cgroup hierarchy that hold this text in their path. */
async function cgroupFolders(text: string): Promise<readonly string[]> {
  const hierarchies = parseHierarchies(await readFile("/proc/self/mountinfo", "utf8"));
  const all = hierarchies.map(async ({ mountPoint }) => {
    const bases = (await readdir(mountPoint)).filter((name) => name.startsWith("pod-sandbox-lab-"));
    // A lab of another test may end meanwhile.
    const below = bases.map((base) => readdir(join(mountPoint, base), { recursive: true }).catch(() => []));
    return (await Promise.all(below)).flatMap((names, index) =>
      names.map((name) => join(mountPoint, bases[index] ?? "", name)),
    );
  });
  return (await Promise.all(all)).flat().filter((path) => path.includes(text));
}

async function mounts(text: string): Promise<readonly string[]> {
  return (await readFile("/proc/self/mountinfo", "utf8")).split("\n").filter((line) => line.includes(text));
}

describe.skipIf(obstacle !== undefined)(`real pods${because(obstacle)}`, () => {
  let folder: string;
  let lab: Lab;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "lab-test-"));
    lab = await startLab({ pods: "real", root: join(folder, "lab") });
  });
  afterAll(async () => {
    await lab.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function container(pod: string, name: string | undefined): LabContainer {
    const found = lab.containers.find((one) => one.pod === pod && one.name === name);
    if (found === undefined) throw new Error(`${pod} has no container ${name}`);
    return found;
  }

  // What each container shares with its pause container; all else is its own or, for user, cgroup and time, the host's.
  test.each([
    ["web", "nginx", ["net", "ipc", "uts"]],
    ["web", "log-shipper", ["net", "ipc", "uts"]],
    ["shared-pids", "nginx", ["net", "ipc", "uts", "pid"]],
    ["shared-pids", "report-runner", ["net", "ipc", "uts", "pid"]],
    ["pause-demo", "nginx", ["net", "pid"]],
    ["debugged", "debugger", ["net", "ipc", "uts"]],
    ["targeted", "debugger", ["net", "ipc", "uts"]],
    ["host-network", "node-agent", ["net", "ipc", "uts"]],
    ["init-done", "worker", ["net", "ipc", "uts"]],
    ["hostile", "`touch x`';--", ["net", "ipc", "uts"]],
  ])("%s / %s shares %j with pause", async (pod, name, shared) => {
    const pause = await links(container(pod, undefined).pid);
    const own = await links(container(pod, name).pid);
    const among = (["net", "ipc", "uts", "pid", "mnt"] as const).filter((type) => own[type] === pause[type]);
    expect(among).toEqual(shared);
  });

  test("host network and hostname are the node's, everything of the web pod is not", async () => {
    const node = await links("self");
    const agent = await links(container("host-network", "node-agent").pid);
    expect([agent["net"], agent["uts"]]).toEqual([node["net"], node["uts"]]);
    expect(agent["ipc"]).not.toBe(node["ipc"]);
    const nginx = await links(container("web", "nginx").pid);
    for (const type of ["net", "ipc", "uts", "pid", "mnt"]) expect(nginx[type]).not.toBe(node[type]);
  });

  test("the debugger that reached its target is in its PID namespace, the other is alone", async () => {
    const pid = async (pod: string, name: string): Promise<string | undefined> =>
      (await links(container(pod, name).pid))["pid"];
    expect(await pid("targeted", "debugger")).toBe(await pid("targeted", "nginx"));
    expect(await pid("debugged", "debugger")).not.toBe(await pid("debugged", "nginx"));
  });

  test("no two pods share what is a pod's own", async () => {
    const pauses = lab.containers.filter(({ name, pod }) => name === undefined && pod !== "host-network");
    for (const type of ["net", "ipc", "uts", "pid"]) {
      const inodes = await Promise.all(pauses.map(async ({ pid }) => (await links(pid))[type]));
      expect(new Set(inodes).size).toBe(pauses.length);
    }
  });

  test("processes look like what they stand for", async () => {
    const cmdline = (pid: number): Promise<string> => readFile(`/proc/${pid}/cmdline`, "utf8");
    const { pid } = container("web", "nginx");
    expect(await cmdline(pid)).toBe("nginx: master process nginx -g daemon off;\0");
    expect(await readFile(`/proc/${pid}/comm`, "utf8")).toBe("nginx\n");
    const workers = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ");
    expect(await Promise.all(workers.map((worker) => cmdline(Number(worker))))).toEqual(
      Array.from({ length: 2 }, () => "nginx: worker process\0"),
    );
    expect(await cmdline(container("web", undefined).pid)).toBe("/pause\0");
    expect(await readFile(`/proc/${container("hostile", "`touch x`';--").pid}/comm`, "utf8")).toBe(
      ") R 1 1 (\n#end\n",
    );
  });

  test("every container is in its cgroup in the hierarchies a runtime uses", async () => {
    const hierarchies = await runtimeHierarchies();
    for (const { pid, podUid, id } of lab.containers) {
      const lines = (await readFile(`/proc/${pid}/cgroup`, "utf8")).trim().split("\n");
      const inPod = lines.filter((line) => line.endsWith(`/kubepods/besteffort/pod${podUid}/${id}`));
      expect(inPod.length).toBe(hierarchies.length);
    }
  });

  test("the API's pods name exactly the containers that run", async () => {
    const answer = await fetch(`${lab.api.url}/api/v1/pods`, {
      headers: { authorization: `Bearer ${lab.api.token}` },
    });
    const pods: { items: { metadata: { uid: string } }[] } = JSON.parse(await answer.text());
    const running = lab.containers.filter(({ name }) => name !== undefined);
    for (const { podUid, id } of running) {
      const pod = pods.items.find(({ metadata }) => metadata.uid === podUid);
      expect(JSON.stringify(pod)).toContain(`"containerID":"containerd://${id}"`);
    }
    const uids = new Set(lab.containers.map(({ podUid }) => podUid));
    const others = pods.items
      .filter(({ metadata }) => !uids.has(metadata.uid))
      .map((pod) => JSON.stringify(pod));
    expect(others.filter((pod) => pod.includes('"lab-node"') && pod.includes('"running"'))).toEqual([]);
  });

  test("the forgetful program's child is a zombie, the pause process reaps what it adopts", async () => {
    const { pid } = container("shared-pids", "report-runner");
    await vi.waitFor(async () => {
      const child = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim();
      expect(await readFile(`/proc/${child}/status`, "utf8")).toMatch(/^State:\tZ/m);
    });
    // Its parent ends at once, so that pause inherits it; nothing may be left of it.
    const pause = container("shared-pids", undefined).pid;
    const orphan = spawn("nsenter", ["-t", String(pause), "-p", "-m", "sh", "-c", "sh -c 'exit 0' & exit 0"]);
    await once(orphan, "close");
    await vi.waitFor(async () =>
      expect((await readFile(`/proc/${pause}/task/${pause}/children`, "utf8")).trim()).toBe(""),
    );
  });
});

describe.skipIf(obstacle !== undefined)(`cleaning up${because(obstacle)}`, () => {
  const children: ChildProcess[] = [];
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "lab-test-"));
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("a stopped lab leaves no process, cgroup, mount or file", async () => {
    const root = join(folder, "stopped");
    const lab = await startLab({ pods: "real", root });
    const uids = lab.containers.map(({ podUid }) => podUid);
    expect(lab.containers.every(isRunning)).toBe(true);
    expect((await cgroupFolders(uids[0] ?? "")).length).toBeGreaterThan(0);

    await lab.stop();
    expect(lab.containers.filter(isRunning)).toEqual([]);
    for (const uid of uids) expect(await cgroupFolders(uid)).toEqual([]);
    expect(await mounts(root)).toEqual([]);
    expect(existsSync(root)).toBe(false);
    await lab.stop();
  });

  test("what a killed lab leaves ends by itself or is swept at the next start", async () => {
    const env = { ...process.env, XDG_CACHE_HOME: join(folder, "cache") };
    const script = `
      const { startLab } = await import(${JSON.stringify(new URL("../../lab/lab.ts", import.meta.url).href)});
      const lab = await startLab({ pods: "real" });
      console.log(JSON.stringify({ root: lab.root, containers: lab.containers }));
    `;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    const { root, containers }: Pick<Lab, "root" | "containers"> = JSON.parse(String(line));
    expect(containers.every(isRunning)).toBe(true);

    child.kill("SIGKILL");
    await once(child, "exit");
    // The kernel ends the shims, and they the containers.
    await vi.waitFor(() => expect(containers.filter(isRunning)).toEqual([]), { timeout: 10_000 });
    // Its cgroups are swept by whichever lab starts next, maybe another test's; the folder is this test's to sweep.
    expect(existsSync(root)).toBe(true);

    vi.stubEnv("XDG_CACHE_HOME", env.XDG_CACHE_HOME);
    const next = await startLab({ pods: "real" });
    vi.unstubAllEnvs();
    expect(existsSync(root)).toBe(false);
    expect(await cgroupFolders(containers[0]?.podUid ?? "")).toEqual([]);
    expect(next.containers.every(isRunning)).toBe(true);
    await next.stop();
  });

  test("a pod that cannot be started takes down what was made before it", async () => {
    const cgroups = new LabCgroups(await runtimeHierarchies(), newOwner());
    const process = { argv0: "x", comm: "x", script: "idle.bash", ready: 1 } as const;
    const good = { name: "good", kind: "app", image: "", state: "running", process } as const;
    const bad = { ...good, name: "bad", process: { ...process, script: "absent.bash" as "idle.bash" } };
    const pod = { namespace: "n", name: "p", nodeName: "lab-node", phase: "Running", about: "" } as const;
    const make = makeRealPods(join(folder, "failing"), cgroups, [{ ...pod, containers: [good, bad] }]);
    await expect(make).rejects.toThrow(/ended while it was started.*absent\.bash/s);
    const [, folderOfLab = ""] = cgroups.path("", "").split("/");
    expect(await cgroupFolders(folderOfLab)).toEqual([]);
  });

  test("on a host with cgroup v2 alone each container, but not pause, has its own cgroup namespace", async () => {
    const all = parseHierarchies(await readFile("/proc/self/mountinfo", "utf8"));
    const v2 = all.filter(({ version }) => version === 2);
    expect(v2.length).toBe(1);
    const cgroups = new LabCgroups(v2, newOwner());
    const pods = await makeRealPods(join(folder, "v2"), cgroups);
    try {
      const node = await links("self");
      for (const { name, pid, podUid, id } of pods.containers) {
        const own = await links(pid);
        expect(own["cgroup"] === node["cgroup"]).toBe(name === undefined);
        expect(await readFile(`/proc/${pid}/cgroup`, "utf8")).toContain(`0::${cgroups.path(podUid, id)}\n`);
      }
    } finally {
      await pods.stop();
    }
    expect(pods.containers.filter(isRunning)).toEqual([]);
  });
});
