import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { runtimesCgroup } from "../cluster/cgroups.ts";
import { command } from "../cluster/command.ts";
import { pauseImage, workloadImage, writeImages } from "../cluster/images.ts";
import type { Instance } from "../cluster/instance.ts";
import type { ContainerTruth } from "./container-truth.ts";
import { pidOfNew } from "./exec-pid.ts";

/** The OCI runtimes that Podman can start a container with. */
export type PodmanRuntime = "runc" | "crun";

/** A container as `podman run` takes it; what is left out is Podman's default, but for the network. */
export interface PodmanRun {
  readonly name: string;
  readonly command?: readonly string[];
  /** Name of the pod to be in. */
  readonly pod?: string;
  /** "none" where left out and not the pod's: Podman would make a bridge on this machine. */
  readonly network?: string;
  readonly pid?: string;
  readonly ipc?: string;
  readonly uts?: string;
  /** A user namespace of its own, such as "0:100000:1000". */
  readonly uidmap?: string;
  readonly runtime?: PodmanRuntime;
}

export interface PodmanPodOptions {
  readonly name: string;
  /** What the containers share: net, ipc, uts, pid; Podman's default where left out is all but pid. */
  readonly share?: readonly string[];
  readonly runtime?: PodmanRuntime;
}

export interface PodmanPod {
  readonly id: string;
  readonly name: string;
  readonly infra: ContainerTruth;
}

export interface PodmanBench {
  /** In place of /var/lib/containers/storage: the containers' bundles are below it. */
  readonly root: string;
  /** In place of /libpod_parent. */
  readonly cgroup: string;
  /** The environment in which the program `podman` is this one. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Starts a pod with its infra container. */
  createPod(options: PodmanPodOptions): Promise<PodmanPod>;
  run(options: PodmanRun): Promise<ContainerTruth>;
  /** SIGKILL; resolves when the container has ended. It is still there. */
  kill(name: string): Promise<void>;
  /** Starts one more process in a container and answers its PID on the node. */
  exec(name: string, words: readonly string[]): Promise<number>;
  /** Every container there is, running or not, infra containers among them. */
  inspectAll(): Promise<ContainerTruth[]>;
  removeAll(): Promise<void>;
  /** The same as `removeAll`: there is no daemon. */
  stop(): Promise<void>;
}

const inspectSchema = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    Pod: z.string(),
    IsInfra: z.boolean(),
    State: z.object({ Pid: z.number(), CgroupPath: z.optional(z.string()) }),
    HostConfig: z.object({
      NetworkMode: z.string(),
      PidMode: z.string(),
      IpcMode: z.string(),
      UTSMode: z.string(),
      UsernsMode: z.string(),
      CgroupMode: z.string(),
    }),
  }),
);

type Inspected = z.infer<typeof inspectSchema>[number];

/** Prepares a Podman with folders and a cgroup of its own; its locks, state and images are no other Podman's. */
export async function startPodman(instance: Instance): Promise<PodmanBench> {
  const folder = join(instance.directory, "podman");
  const root = join(folder, "root");
  const cgroup = `${runtimesCgroup(instance.network)}/libpod_parent`;
  await mkdir(join(folder, "tmp"), { recursive: true });
  await writeFile(join(folder, "containers.conf"), settings);
  for (const runtime of ["runc", "crun"] as const)
    await writeFile(join(folder, runtime), wrapper(runtime, join(folder, "state")), { mode: 0o755 });
  const env = {
    ...process.env,
    CONTAINERS_CONF: join(folder, "containers.conf"),
    TMPDIR: join(folder, "tmp"),
  };
  const flags = (runtime: PodmanRuntime): string[] => [
    `--root=${root}`,
    `--runroot=${folder}/runroot`,
    `--tmpdir=${folder}/libpod`,
    `--network-config-dir=${folder}/networks`,
    "--storage-driver=vfs",
    "--cgroup-manager=cgroupfs",
    `--runtime=${join(folder, runtime)}`,
  ];
  const podman = (words: readonly string[], runtime: PodmanRuntime = "runc"): Promise<string> =>
    command("podman", [...flags(runtime), ...words], { env });
  const bin = join(folder, "bin");
  const path = process.env["PATH"] ?? "/usr/bin:/bin";
  await mkdir(bin, { recursive: true });
  const same = `#!/bin/sh\nPATH=${path}\nexec podman ${flags("runc").join(" ")} "$@"\n`;
  await writeFile(join(bin, "podman"), same, { mode: 0o755 });

  for (const archive of await writeImages(folder)) await podman(["load", "--quiet", "--input", archive]);

  const inspect = async (names: readonly string[]): Promise<Inspected[]> => {
    if (names.length === 0) return [];
    return inspectSchema.parse(JSON.parse(await podman(["container", "inspect", ...names])));
  };
  const inspectOne = async (name: string): Promise<Inspected> => {
    const [found] = await inspect([name]);
    if (found === undefined) throw new Error(`Podman has no container ${name}`);
    return found;
  };
  const all = async (): Promise<string[]> =>
    (await podman(["ps", "--all", "--quiet", "--no-trunc"])).split("\n").filter((id) => id !== "");
  const removeAll = async (): Promise<void> => {
    await podman(["pod", "rm", "--all", "--force", "--time=0"]);
    // Not `--all`, which fails at a container that another one has joined.
    const ids = await all();
    if (ids.length > 0) await podman(["rm", "--force", "--depend", "--ignore", "--time=0", ...ids]);
  };

  /** Pods that share no network. */
  const withoutNetwork = new Set<string>();
  return {
    root,
    cgroup,
    env: { ...env, PATH: `${bin}:${path}` },
    createPod: async ({ name, share, runtime }) => {
      if (share !== undefined && !share.includes("net")) withoutNetwork.add(name);
      const sharing = share === undefined ? [] : [`--share=${share.join(",")}`];
      const place = [`--infra-image=${pauseImage}`, "--network=none", `--cgroup-parent=${cgroup}`];
      const id = (await podman(["pod", "create", `--name=${name}`, ...sharing, ...place], runtime)).trim();
      await podman(["pod", "start", name], runtime);
      const containers = await inspect(await all());
      const infra = containers.find((container) => container.Pod === id && container.IsInfra);
      if (infra === undefined) throw new Error(`Pod ${name} has no infra container`);
      return { id, name, infra: truthOf(infra) };
    },
    run: async (options) => {
      await podman(["run", "--detach", ...runWords(options, cgroup, withoutNetwork)], options.runtime);
      return truthOf(await inspectOne(options.name));
    },
    kill: async (name) => {
      await podman(["kill", name]);
      await podman(["wait", name]);
    },
    exec: async (name, words) => {
      const { State } = await inspectOne(name);
      if (State.CgroupPath === undefined) throw new Error(`${name} does not run`);
      return pidOfNew(State.CgroupPath, () => podman(["exec", "--detach", name, ...words]));
    },
    inspectAll: async () => (await inspect(await all())).map(truthOf),
    removeAll,
    stop: removeAll,
  };
}

/** Locks in files, not in shared memory of a fixed name; limits that a process without CAP_SYS_RESOURCE may set. */
const settings = `[engine]
lock_type = "file"
events_logger = "file"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
`;

/**
 * A runtime that keeps its state in a folder of ours. crun refuses a host where cgroup v2 beside v1 has controllers,
 * and believes what it finds mounted.
 */
function wrapper(runtime: PodmanRuntime, state: string): string {
  const program = `exec ${runtime} --root=${state} "$@"`;
  if (runtime === "runc") return `#!/bin/sh\n${program}\n`;
  const unified = "/sys/fs/cgroup/unified";
  return `#!/bin/sh
exec unshare --mount --propagation=slave sh -c '
! mountpoint --quiet ${unified} || umount ${unified}
${program}' sh "$@"
`;
}

function runWords(options: PodmanRun, cgroup: string, withoutNetwork: ReadonlySet<string>): string[] {
  const { name, command: words = [], pod, network, pid, ipc, uts, uidmap } = options;
  const alone = pod === undefined || withoutNetwork.has(pod) ? "none" : undefined;
  const place = { network: network ?? alone, ...(pod === undefined ? { "cgroup-parent": cgroup } : { pod }) };
  const flags = Object.entries({ name, ...place, pid, ipc, uts, uidmap }).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag}=${value}`],
  );
  return [...flags, workloadImage, ...words];
}

function truthOf(container: Inspected): ContainerTruth {
  const { HostConfig: modes } = container;
  return {
    id: container.Id,
    name: container.Name,
    pid: container.State.Pid,
    modes: {
      network: modes.NetworkMode,
      pid: modes.PidMode,
      ipc: modes.IpcMode,
      uts: modes.UTSMode,
      user: modes.UsernsMode,
      cgroup: modes.CgroupMode,
    },
    pod: container.Pod,
    isInfra: container.IsInfra,
  };
}
