import { execFile } from "node:child_process";
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { KubeObject } from "../api-store.ts";
import { hasSandbox, placement, type PodBlueprint } from "./blueprint.ts";
import { catalogue, pauseProcess } from "./catalogue.ts";
import { type LabCgroups, runtimeHierarchies } from "./cgroups.ts";
import {
  type ContainerHost,
  ended,
  type RunningContainer,
  shimProgram,
  startContainer,
} from "./container.ts";
import { labNodeObject, newContainerId, newIdentity, type PodIdentity, podObject } from "./objects.ts";

const run = promisify(execFile);

/** One container that runs, for those who compare: the pause container has no name. */
export interface LabContainer {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly name: string | undefined;
  readonly id: string;
  readonly pid: number;
}

/** Pods that exist: as objects of the API and as processes of this machine. */
export interface RealPods {
  readonly pods: readonly KubeObject[];
  /** The node that they run on: this machine. */
  readonly node: KubeObject;
  readonly containers: readonly LabContainer[];
  /** Ends every process and removes every cgroup. */
  stop(): Promise<void>;
}

/** Why pods cannot be made on this machine, in a few words, or undefined where they can. */
export async function whyNoRealPods(): Promise<string | undefined> {
  if (process.platform !== "linux") return "this is not Linux";
  if (process.getuid?.() !== 0) return "only root may make them";
  if ((await runtimeHierarchies()).length === 0) return "there is no cgroup hierarchy";
  for (const program of ["bash", "perl", "setpriv", "unshare", "mount", "mkfifo"]) {
    const found = await run(program, ["--version"]).then(
      () => true,
      () => false,
    );
    if (!found) return `the program ${program} is missing`;
  }
  return undefined;
}

/**
 * Makes pods, by default the catalogue's with a sandbox. `folder` is theirs alone. When one fails, all that was made is
 * removed.
 */
export async function makeRealPods(
  folder: string,
  cgroups: LabCgroups,
  blueprints: readonly PodBlueprint[] = catalogue.filter(hasSandbox),
): Promise<RealPods> {
  const maker = new PodMaker(folder, cgroups);
  try {
    await maker.prepare(blueprints);
    const pods = await settled(blueprints.map((blueprint) => maker.make(blueprint)));
    const osImage = `${await osName()} (pod sandbox lab)`;
    return {
      pods,
      node: labNodeObject({ kernelVersion: release(), osImage, bootID: await bootId() }),
      containers: maker.containers,
      stop: () => maker.stop(),
    };
  } catch (error) {
    await maker.stop();
    throw error;
  }
}

class PodMaker {
  readonly containers: LabContainer[] = [];
  private readonly running: RunningContainer[] = [];
  private readonly folder: string;
  private readonly cgroups: LabCgroups;

  constructor(folder: string, cgroups: LabCgroups) {
    this.folder = folder;
    this.cgroups = cgroups;
  }

  /** Lays out the programs: bash under every name that a process is to have, since comm is the executed file's. */
  async prepare(blueprints: readonly PodBlueprint[]): Promise<void> {
    await mkdir(join(this.folder, "bin"), { recursive: true });
    await cp(new URL("scripts", import.meta.url), join(this.folder, "scripts"), { recursive: true });
    await run("mkfifo", ["-m", "600", join(this.folder, "idle")]);
    const bin = join(this.folder, "bin");
    const { stdout } = await run("bash", ["-c", "type -P bash perl"]);
    const [bash = "", perl = ""] = stdout.split("\n");
    await symlink(perl, join(bin, shimProgram));
    const comms = blueprints.flatMap(({ containers }) =>
      containers.flatMap(({ process }) => process?.comm ?? []),
    );
    for (const comm of new Set([...comms, pauseProcess.comm, "report-job"])) {
      await symlink(bash, join(bin, comm));
    }
  }

  async make(blueprint: PodBlueprint): Promise<KubeObject> {
    const identity = newIdentity(blueprint);
    await this.run(blueprint, identity);
    return podObject(blueprint, identity);
  }

  async stop(): Promise<void> {
    await this.cgroups.remove();
    await Promise.all(this.running.map(ended));
  }

  /** The pause container first, then those that join it, in the pod's order. */
  private async run(pod: PodBlueprint, { uid: podUid, containerIds }: PodIdentity): Promise<void> {
    const sandboxId = newContainerId();
    const host: ContainerHost = {
      folder: this.folder,
      bundleFolder: this.bundleFolder(sandboxId),
      cgroups: this.cgroups,
    };
    const ofPod = {
      "sandbox-id": sandboxId,
      "sandbox-uid": podUid,
      "sandbox-namespace": pod.namespace,
      "sandbox-name": pod.name,
    };
    await this.writeBundle(sandboxId, { "container-type": "sandbox", ...ofPod });
    const sandbox = await startContainer(host, {
      podUid,
      id: sandboxId,
      process: pauseProcess,
      placement: placement(pod, undefined),
      sandboxPid: undefined,
      targetPid: undefined,
      hostname: pod.hostNetwork === true ? undefined : hostname(pod),
      ownCgroupNamespace: false,
    });
    this.add(pod, podUid, undefined, sandbox);

    const pids = new Map<string, number>();
    for (const container of pod.containers) {
      const id = containerIds.get(container.name);
      if (id === undefined || container.process === undefined) continue;
      await this.writeBundle(id, {
        "container-type": "container",
        ...ofPod,
        "container-name": container.name,
      });
      const started = await startContainer(host, {
        podUid,
        id,
        process: container.process,
        placement: placement(pod, container),
        sandboxPid: sandbox.pid,
        targetPid: container.target === undefined ? undefined : pids.get(container.target),
        hostname: container.own?.includes("uts") === true ? id.slice(0, 12) : undefined,
        ownCgroupNamespace: this.cgroups.ownNamespaces,
      });
      pids.set(container.name, started.pid);
      this.add(pod, podUid, container.name, started);
    }
  }

  private add(
    pod: PodBlueprint,
    podUid: string,
    name: string | undefined,
    container: RunningContainer,
  ): void {
    const { id, pid } = container;
    this.running.push(container);
    this.containers.push({ namespace: pod.namespace, pod: pod.name, podUid, name, id, pid });
  }

  private bundleFolder(id: string): string {
    return join(this.folder, "io.containerd.runtime.v2.task/k8s.io", id);
  }

  /** The part of a containerd bundle that tells a sandbox from a container. */
  private async writeBundle(id: string, annotations: Readonly<Record<string, string>>): Promise<void> {
    await mkdir(this.bundleFolder(id), { recursive: true });
    const entries = Object.entries(annotations).map(([key, value]) => [`io.kubernetes.cri.${key}`, value]);
    const config = { ociVersion: "1.1.0", annotations: Object.fromEntries(entries) as unknown };
    await writeFile(join(this.bundleFolder(id), "config.json"), JSON.stringify(config));
  }
}

function hostname({ name }: PodBlueprint): string {
  return name.replaceAll(/[^a-z0-9-]/g, "").slice(0, 63);
}

/** As Promise.all, but it waits for all to end before it throws: nothing may still be starting while we clean up. */
async function settled<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

async function osName(): Promise<string> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? "Linux";
}

async function bootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
}
