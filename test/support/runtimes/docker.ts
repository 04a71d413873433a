import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { runtimesCgroup } from "../cluster/cgroups.ts";
import { command } from "../cluster/command.ts";
import { pauseImage, workloadImage, writeImages } from "../cluster/images.ts";
import type { Instance } from "../cluster/instance.ts";
import { startSupervised } from "../cluster/supervised.ts";
import { waitUntil } from "../cluster/wait.ts";
import type { ContainerTruth } from "./container-truth.ts";
import { pidOfNew } from "./exec-pid.ts";

/** A container as `docker run` takes it; what is left out is Docker's default, but for the network. */
export interface DockerRun {
  readonly name: string;
  readonly image?: "pause" | "workload";
  readonly command?: readonly string[];
  /** "none" where left out: there is no bridge. */
  readonly network?: string;
  readonly pid?: string;
  readonly ipc?: string;
  readonly uts?: string;
  readonly userns?: string;
  readonly cgroupns?: string;
  /** gVisor's runsc either keeps its processes in the container's cgroup or in the daemon's. */
  readonly runtime?: "runc" | "runsc" | "runsc-without-cgroups";
}

export interface DockerContainer {
  readonly id: string;
  readonly name: string;
  /** Main process on the node; gVisor's is `runsc-sandbox`. */
  readonly pid: number;
}

export interface DockerBench {
  /** Path of the API's socket. */
  readonly socket: string;
  /** In place of /var/lib/docker. */
  readonly dataRoot: string;
  /** In place of /run/docker. */
  readonly execRoot: string;
  /** In place of /docker. */
  readonly cgroup: string;
  run(options: DockerRun): Promise<DockerContainer>;
  /** SIGKILL; resolves when the container has ended. It is still there, and may be restarted. */
  kill(name: string): Promise<void>;
  restart(name: string): Promise<DockerContainer>;
  /** Starts one more process in a container and answers its PID on the node; not in one of gVisor's. */
  exec(name: string, words: readonly string[]): Promise<number>;
  remove(name: string): Promise<void>;
  /** Every container there is, running or not. */
  inspectAll(): Promise<ContainerTruth[]>;
  /** Removes all containers and ends the daemon. */
  stop(): Promise<void>;
}

const inspectSchema = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    State: z.object({ Pid: z.number() }),
    HostConfig: z.object({
      NetworkMode: z.string(),
      PidMode: z.string(),
      IpcMode: z.string(),
      UTSMode: z.string(),
      UsernsMode: z.string(),
      CgroupnsMode: z.string(),
    }),
  }),
);

/** Starts a Docker with folders, a socket, a containerd and a cgroup of its own; it leaves the machine's network alone. */
export async function startDocker(instance: Instance): Promise<DockerBench> {
  const folder = join(instance.directory, "docker");
  const socket = join(folder, "docker.sock");
  const dataRoot = join(folder, "data");
  const execRoot = join(folder, "exec");
  const cgroup = `${runtimesCgroup(instance.network)}/docker`;
  await mkdir(join(folder, "client"), { recursive: true });
  await writeFile(join(folder, "daemon.json"), JSON.stringify(configuration(folder)));
  const server = startSupervised(
    instance,
    "dockerd",
    "dockerd",
    [
      `--config-file=${folder}/daemon.json`,
      `--data-root=${dataRoot}`,
      `--exec-root=${execRoot}`,
      `--pidfile=${folder}/docker.pid`,
      `--host=unix://${socket}`,
      `--cgroup-parent=${cgroup}`,
      // Its own copies instead of overlay mounts: what is mounted has to be unmounted.
      "--storage-driver=vfs",
      "--bridge=none",
      "--iptables=false",
      "--ip6tables=false",
    ],
    { ...process.env, PATH: `/usr/sbin:/sbin:${process.env["PATH"] ?? ""}` },
  );
  // A client's own settings may name another daemon.
  const env = { ...process.env, DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: join(folder, "client") };
  const docker = (words: readonly string[]): Promise<string> => command("docker", words, { env });

  const look = async (): Promise<true | undefined> => {
    if (!server.running()) throw new Error(`dockerd ended\n${server.logTail()}`);
    return docker(["version"]).then(
      () => true,
      () => undefined,
    );
  };
  await waitUntil("dockerd to answer", look, { timeoutMs: 60_000, explain: server.logTail });
  for (const archive of await writeImages(folder)) await docker(["load", "--quiet", "--input", archive]);

  const inspect = async (names: readonly string[]): Promise<ContainerTruth[]> => {
    if (names.length === 0) return [];
    const text = await docker(["container", "inspect", ...names]);
    return inspectSchema.parse(JSON.parse(text)).map(truthOf);
  };
  const inspectOne = async (name: string): Promise<DockerContainer> => {
    const [found] = await inspect([name]);
    if (found === undefined) throw new Error(`Docker has no container ${name}`);
    return { id: found.id, name: found.name, pid: found.pid };
  };
  const all = async (): Promise<string[]> =>
    (await docker(["ps", "--all", "--quiet", "--no-trunc"])).split("\n").filter((id) => id !== "");

  return {
    socket,
    dataRoot,
    execRoot,
    cgroup,
    run: async (options) => {
      await docker(["run", "--detach", ...runWords(options)]);
      return inspectOne(options.name);
    },
    kill: async (name) => {
      await docker(["kill", name]);
      await docker(["wait", name]);
    },
    restart: async (name) => {
      await docker(["restart", "--time=0", name]);
      return inspectOne(name);
    },
    exec: async (name, words) => {
      const { id } = await inspectOne(name);
      return pidOfNew(`${cgroup}/${id}`, () => docker(["exec", "--detach", name, ...words]));
    },
    remove: async (name) => {
      await docker(["rm", "--force", "--volumes", name]);
    },
    inspectAll: async () => inspect(await all()),
    stop: async () => {
      const ids = server.running() ? await all() : [];
      if (ids.length > 0) await docker(["rm", "--force", "--volumes", ...ids]);
      await server.stop();
    },
  };
}

function configuration(folder: string): unknown {
  // gVisor would set up a network of its own, and needs a CPU's virtualisation for any platform but this one.
  const runtimeArgs = ["--network=none", "--platform=ptrace"];
  return {
    // Not in /etc.
    "deprecated-key-path": join(folder, "key.json"),
    runtimes: {
      runsc: { path: "runsc", runtimeArgs },
      "runsc-without-cgroups": { path: "runsc", runtimeArgs: [...runtimeArgs, "--ignore-cgroups"] },
    },
  };
}

function runWords(options: DockerRun): string[] {
  const { name, image = "workload", command: words = [], network = "none", ...rest } = options;
  const flags = Object.entries({ name, network, ...rest }).map(([flag, value]) => `--${flag}=${value}`);
  return [...flags, image === "pause" ? pauseImage : workloadImage, ...words];
}

function truthOf(container: z.infer<typeof inspectSchema>[number]): ContainerTruth {
  const { HostConfig: modes } = container;
  return {
    id: container.Id,
    name: container.Name.replace("/", ""),
    pid: container.State.Pid,
    modes: {
      network: modes.NetworkMode,
      pid: modes.PidMode,
      ipc: modes.IpcMode,
      uts: modes.UTSMode,
      user: modes.UsernsMode,
      cgroup: modes.CgroupnsMode,
    },
    pod: "",
    isInfra: false,
  };
}
