import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Placement, ProcessBlueprint, SharedType } from "./blueprint.ts";
import { nginxProcess, pauseProcess } from "./catalogue.ts";
import type { LabCgroups } from "./cgroups.ts";
import {
  type ContainerHost,
  ended,
  gone,
  readiness,
  type RunningContainer,
  startContainer,
} from "./container.ts";
import { newContainerId } from "./objects.ts";

/** Name of the process that sits in Linux namespaces of its own without any container. */
const looseProcess = "net-test";

/** Sandboxes on the lab's node that are no pods. */
export interface Others {
  /** Two containers of Docker: the second joined the first's network and processes. The first holds them. */
  readonly joined: readonly RunningContainer[];
  /** A process that unshared its network and its hostname. */
  readonly loose: { readonly name: string; readonly pid: number };
  /** Ends every process. */
  stop(): Promise<void>;
}

const own: Readonly<Record<SharedType, Placement>> = { net: "own", ipc: "own", uts: "own", pid: "own" };

/** Makes them. `folder` is that of real pods, whose programs they run. */
export async function makeOthers(folder: string, cgroups: LabCgroups): Promise<Others> {
  const docker = new Docker(folder, cgroups);
  const pause = await docker.run("demo-pause", pauseProcess, undefined);
  const nginx = await docker.run("demo-nginx", nginxProcess, pause.pid);
  const loose = await startLoose(folder);
  return {
    joined: [pause, nginx],
    loose: { name: looseProcess, pid: loose.pid ?? 0 },
    stop: async () => {
      // The containers end with their cgroups.
      await cgroups.remove();
      loose.kill("SIGKILL");
      await Promise.all([ended(pause), ended(nginx), gone(loose)]);
    },
  };
}

class Docker {
  private readonly folder: string;
  private readonly cgroups: LabCgroups;

  constructor(folder: string, cgroups: LabCgroups) {
    this.folder = folder;
    this.cgroups = cgroups;
  }

  /** As `docker run --name NAME [--net=container:… --pid=container:…]`. */
  async run(
    name: string,
    process: ProcessBlueprint,
    joinedPid: number | undefined,
  ): Promise<RunningContainer> {
    const id = newContainerId();
    const host: ContainerHost = {
      folder: this.folder,
      bundleFolder: await this.writeBundle(id, name, joinedPid),
      cgroups: this.cgroups,
    };
    return startContainer(host, {
      podUid: undefined,
      id,
      process,
      placement: joinedPid === undefined ? own : { ...own, net: "sandbox", pid: "sandbox" },
      sandboxPid: joinedPid,
      targetPid: undefined,
      hostname: id.slice(0, 12),
      ownCgroupNamespace: this.cgroups.ownNamespaces,
    });
  }

  /** The parts of Docker's and its runtime's files that tell what a container is called and what it joined. */
  private async writeBundle(id: string, name: string, joinedPid: number | undefined): Promise<string> {
    const bundle = join(this.folder, "io.containerd.runtime.v2.task/moby", id);
    const files = join(this.folder, "docker/containers", id);
    await mkdir(bundle, { recursive: true });
    await mkdir(files, { recursive: true });
    const from = (type: string, link: string): object =>
      joinedPid === undefined ? { type } : { type, path: `/proc/${joinedPid}/ns/${link}` };
    const namespaces = [
      { type: "mount" },
      from("network", "net"),
      { type: "uts" },
      from("pid", "pid"),
      { type: "ipc" },
      ...(this.cgroups.ownNamespaces ? [{ type: "cgroup" }] : []),
    ];
    const mounts = [{ destination: "/etc/hostname", type: "bind", source: join(files, "hostname") }];
    await writeFile(
      join(bundle, "config.json"),
      JSON.stringify({ ociVersion: "1.1.0", mounts, linux: { namespaces } }),
    );
    await writeFile(join(files, "config.v2.json"), JSON.stringify({ ID: id, Name: `/${name}` }));
    return bundle;
  }
}

/** setpriv, unshare and bash each become the next: the PID is that of the process in its own Linux namespaces. */
async function startLoose(folder: string): Promise<ChildProcess> {
  const program = join(folder, "bin", looseProcess);
  await symlink(await readlink(join(folder, "bin", pauseProcess.comm)), program);
  const process = spawn(
    "setpriv",
    [
      ...["--pdeathsig", "KILL", "--", "unshare", "--net", "--uts", "--"],
      ...["bash", "-c", 'exec "$0" <"$1"', program, join(folder, "scripts/idle.bash")],
    ],
    { detached: true, stdio: ["ignore", "pipe", "pipe"], env: { LAB_FOLDER: folder } },
  );
  await readiness(process, 1);
  return process;
}
