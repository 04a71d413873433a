import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { join } from "node:path";
import type { Placement, ProcessBlueprint, SharedType } from "./blueprint.ts";
import type { LabCgroups } from "./cgroups.ts";

export interface ContainerPlan {
  /** undefined for a container that is of no pod. */
  readonly podUid: string | undefined;
  readonly id: string;
  readonly process: ProcessBlueprint;
  readonly placement: Readonly<Record<SharedType, Placement>>;
  /** Main processes of what the placement refers to. */
  readonly sandboxPid: number | undefined;
  readonly targetPid: number | undefined;
  /** Set in a UTS namespace of its own; undefined leaves the name alone. */
  readonly hostname: string | undefined;
  /** On cgroup v2 a runtime gives an unprivileged container its own cgroup namespace, and the pause container none. */
  readonly ownCgroupNamespace: boolean;
}

/** Perl under the name of the program that it stands for, by which a probe knows a runtime's own processes. */
export const shimProgram = "containerd-shim-runc-v2";

/** The folder with what a lab's containers need: bin/, scripts/ and the FIFO idle. */
export interface ContainerHost {
  readonly folder: string;
  /** Work folder of the shims, where a probe may find the runtime's bundles. */
  readonly bundleFolder: string;
  readonly cgroups: LabCgroups;
}

export interface RunningContainer {
  readonly id: string;
  /** Main process, as this machine numbers it. */
  readonly pid: number;
  /** What stands for the runtime's shim: the parent of the main process, outside of the pod's cgroup. */
  readonly shim: ChildProcess;
}

const types: readonly SharedType[] = ["net", "ipc", "uts", "pid"];

/** Starts one container from the namespaces up, and resolves when all its processes are what they are meant to be. */
export async function startContainer(host: ContainerHost, plan: ContainerPlan): Promise<RunningContainer> {
  const cgroupFiles = await host.cgroups.create(plan.podUid, plan.id);
  const shim = spawn("setpriv", shimArguments(host, plan), {
    cwd: host.bundleFolder,
    // A session of its own: Ctrl-C on the terminal is the lab's to handle.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      LC_ALL: "C.UTF-8",
      LAB_FOLDER: host.folder,
      LAB_ARCH: process.arch,
      LAB_JOIN: joined(plan).join("\n"),
      LAB_UNSHARE: String(unshared(plan)),
      LAB_CGROUPS: cgroupFiles.join("\n"),
      LAB_ARGV0: plan.process.argv0,
      LAB_COMM: plan.process.comm,
      LAB_SCRIPT: plan.process.script,
      LAB_HOSTNAME: plan.hostname ?? "",
      LAB_PROC: plan.placement.pid === "host" ? "" : "1",
      LAB_OWN_CGROUP: plan.ownCgroupNamespace ? "1" : "",
    },
  });
  await readiness(shim, plan.process.ready);
  return { id: plan.id, pid: await mainProcess(host.cgroups, plan, shim.pid), shim };
}

/** setpriv becomes the shim, which starts the container. */
function shimArguments(host: ContainerHost, { podUid, id }: ContainerPlan): string[] {
  return [
    // The kernel ends the shim with the lab, and with the shim the container, however the lab ends.
    ...["--pdeathsig", "KILL", "--"],
    ...[join(host.folder, "bin", shimProgram), join(host.folder, "scripts/shim.pl")],
    ...["-namespace", podUid === undefined ? "moby" : "k8s.io", "-id", id],
    ...["--", "bash", join(host.folder, "scripts/container.bash")],
  ];
}

/** The Linux namespaces of other processes that the container is to be in. */
function joined({ placement, sandboxPid, targetPid }: ContainerPlan): string[] {
  return types.flatMap((type) => {
    const from = placement[type];
    const pid = from === "sandbox" ? sandboxPid : from === "target" ? targetPid : undefined;
    return pid === undefined ? [] : [`/proc/${pid}/ns/${type}`];
  });
}

/** Flags of unshare(2): its files are always the container's own. */
function unshared({ placement }: ContainerPlan): number {
  const own = types.filter((type) => placement[type] === "own");
  return own.reduce((flags, type) => flags | cloneFlags[type], 0x2_0000);
}

const cloneFlags: Readonly<Record<SharedType, number>> = {
  uts: 0x400_0000,
  ipc: 0x800_0000,
  pid: 0x2000_0000,
  net: 0x4000_0000,
};

/** Resolves when a process and its children have said so many times that they are ready. */
export async function readiness(shim: ChildProcess, count: number): Promise<void> {
  const { stdout, stderr } = shim;
  if (stdout === null || stderr === null) throw new TypeError("the shim has no pipes");
  let errors = "";
  stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  await new Promise<void>((resolve, reject) => {
    let ready = 0;
    createInterface({ input: stdout }).on("line", (line) => {
      if (line === "ready" && ++ready === count) resolve();
    });
    shim.once("error", reject);
    shim.once("close", (code, signal) =>
      reject(new Error(`a container ended while it was started (${code ?? signal}): ${errors.trim()}`)),
    );
  });
}

async function mainProcess(
  cgroups: LabCgroups,
  plan: ContainerPlan,
  shimPid: number | undefined,
): Promise<number> {
  for (const pid of await cgroups.processes(plan.podUid, plan.id)) {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    if (Number(/^PPid:\t(\d+)$/m.exec(status)?.[1]) === shimPid) return pid;
  }
  throw new Error(`no process of container ${plan.id} has its shim as parent`);
}

/** Resolves when a shim is gone, which it is soon after its container. */
export async function ended({ shim }: RunningContainer): Promise<void> {
  await gone(shim);
}

export async function gone(process: ChildProcess): Promise<void> {
  if (process.exitCode === null && process.signalCode === null) await once(process, "exit");
}
