import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeCgroup, moveToCgroup, runtimesCgroup } from "../cluster/cgroups.ts";
import { command } from "../cluster/command.ts";
import { workloadArchive } from "../cluster/images.ts";
import type { Instance } from "../cluster/instance.ts";
import { preparePin, removePin } from "../cluster/pins.ts";
import { waitUntil } from "../cluster/wait.ts";

/*
 * A pod in the state in which CRI-O leaves one, made by hand because no Debian package has CRI-O. As in its sources:
 * `pinns` pins the pod's namespaces below /run (nsmgr), there is no infra container (drop_infra_ctr), every container
 * has a conmon of its own in its bundle's folder (runtimeOCI.CreateContainer) and in a cgroup `crio-conmon-ID`
 * (cgmgr). conmon and runc are the real ones.
 */

/** The types of namespaces that a pod's containers share, as in the folders' names. */
const pinned = ["net", "ipc", "uts"] as const;

export type PinnedType = (typeof pinned)[number];

export interface CrioPodOptions {
  readonly name: string;
  /** The Kubernetes namespace. */
  readonly namespace?: string;
  /** Names of the containers, each of which sleeps. */
  readonly containers: readonly string[];
  /** As for a pod with `hostNetwork: true`, whose net namespace is the node's: there is no pin of it. */
  readonly hostNetwork?: boolean;
}

export interface CrioContainer {
  /** 64 hex digits. */
  readonly id: string;
  readonly name: string;
  /** Main process on the node. */
  readonly pid: number;
  /** Its conmon. */
  readonly monitorPid: number;
}

export interface CrioPod {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  /** ID of the sandbox, of which no process runs. */
  readonly sandboxId: string;
  /** In place of "/": what the kubelet would have as its cgroup root. */
  readonly cgroupRoot: string;
  /** Where the namespaces are pinned; without net for a pod in the node's network. */
  readonly pins: Readonly<Partial<Record<PinnedType, string>>>;
  readonly containers: readonly CrioContainer[];
  /** SIGKILL to a container's main process; resolves when it is gone. */
  kill(name: string): Promise<void>;
  /** Ends and removes all of it, pins too. */
  remove(): Promise<void>;
}

/** Makes a pod as CRI-O does. Needs root, conmon and runc. */
export async function makeCrioPod(instance: Instance, options: CrioPodOptions): Promise<CrioPod> {
  const { name, namespace = "default", hostNetwork = false } = options;
  const uid = randomUUID();
  const sandboxId = newId();
  const cgroupRoot = `${runtimesCgroup(instance.network)}/crio`;
  const podCgroup = `${cgroupRoot}/kubepods/besteffort/pod${uid}`;
  const folder = join(instance.directory, "crio", sandboxId);
  const state = join(folder, "runc");
  await mkdir(folder, { recursive: true });
  const rootfs = await unpackWorkload(folder);
  const pins = await pinNamespaces(
    instance,
    pinned.filter((type) => type !== "net" || !hostNetwork),
    name,
  );

  const start = async (container: string): Promise<CrioContainer> => {
    const id = newId();
    const bundle = join(folder, id, "userdata");
    const fullName = `k8s_${container}_${name}_${namespace}_${uid}_0`;
    await mkdir(bundle, { recursive: true });
    const annotations = {
      "io.container.manager": "cri-o",
      "io.kubernetes.cri-o.ContainerID": id,
      "io.kubernetes.cri-o.ContainerType": "container",
      "io.kubernetes.cri-o.Labels": JSON.stringify({
        "io.kubernetes.container.name": container,
        "io.kubernetes.pod.name": name,
        "io.kubernetes.pod.namespace": namespace,
        "io.kubernetes.pod.uid": uid,
      }),
      "io.kubernetes.cri-o.Name": fullName,
      "io.kubernetes.cri-o.SandboxID": sandboxId,
      "io.kubernetes.cri-o.SandboxName": `k8s_${name}_${namespace}_${uid}_0`,
      "io.kubernetes.container.name": container,
    };
    const spec = configuration({ rootfs, pins, annotations, cgroup: `${podCgroup}/crio-${id}` });
    await writeFile(join(bundle, "config.json"), JSON.stringify(spec));
    const monitorPidFile = join(folder, id, "conmon.pid");
    const pidFile = join(bundle, "pidfile");
    await command("conmon", conmonWords({ folder, state, bundle, id, fullName, monitorPidFile }), {
      cwd: bundle,
    });
    const pid = await pidIn(pidFile);
    const monitorPid = await pidIn(monitorPidFile);
    const monitorCgroup = `${podCgroup}/crio-conmon-${id}`;
    await makeCgroup(monitorCgroup);
    await moveToCgroup(monitorPid, monitorCgroup);
    await command("runc", ["--root", state, "start", id]);
    return { id, name: container, pid, monitorPid };
  };
  const containers: CrioContainer[] = [];
  for (const container of options.containers) containers.push(await start(container));

  const ended = async (id: string): Promise<void> => {
    await command("runc", ["--root", state, "kill", id, "KILL"]);
    const status = async (): Promise<true | undefined> => {
      const { status: word } = JSON.parse(await command("runc", ["--root", state, "state", id])) as {
        status: string;
      };
      return word === "stopped" ? true : undefined;
    };
    await waitUntil(`container ${id} to end`, status, { timeoutMs: 10_000 });
  };
  return {
    uid,
    name,
    namespace,
    sandboxId,
    cgroupRoot,
    pins,
    containers,
    kill: async (container) => {
      const found = containers.find((one) => one.name === container);
      if (found === undefined) throw new Error(`The pod has no container ${container}`);
      await ended(found.id);
    },
    remove: async () => {
      for (const { id } of containers) await command("runc", ["--root", state, "delete", "--force", id]);
      for (const path of Object.values(pins)) await removePin(path);
    },
  };
}

function newId(): string {
  return randomBytes(32).toString("hex");
}

/** Makes new namespaces that no process is in, all pinned under one name. */
async function pinNamespaces(
  instance: Instance,
  types: readonly PinnedType[],
  hostname: string,
): Promise<Partial<Record<PinnedType, string>>> {
  const file = randomUUID();
  const pins = Object.fromEntries(types.map((type) => [type, `/run/${type}ns/${file}`]));
  for (const path of Object.values(pins)) await preparePin(instance.directory, path);
  const flags = Object.entries(pins).map(([type, path]) => `--${type}=${path}`);
  await command("unshare", [...flags, "sh", "-c", `echo "$1" >/proc/sys/kernel/hostname`, "sh", hostname]);
  return pins;
}

/** The workload image's only layer, as the containers' root. */
async function unpackWorkload(folder: string): Promise<string> {
  const rootfs = join(folder, "rootfs");
  await mkdir(rootfs);
  await writeFile(join(folder, "workload.tar"), await workloadArchive());
  await command("tar", ["-xf", join(folder, "workload.tar"), "-C", folder, "layer.tar"]);
  await command("tar", ["-xf", join(folder, "layer.tar"), "-C", rootfs]);
  for (const name of ["proc", "dev"]) await mkdir(join(rootfs, name));
  return rootfs;
}

interface BundleSetup {
  readonly rootfs: string;
  readonly pins: Readonly<Partial<Record<PinnedType, string>>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly cgroup: string;
}

/** The OCI runtime configuration of a container. */
function configuration({ rootfs, pins, annotations, cgroup }: BundleSetup): unknown {
  const pin = (type: string, path: string | undefined): object[] =>
    path === undefined ? [] : [{ type, path }];
  return {
    ociVersion: "1.0.2",
    process: { user: { uid: 0, gid: 0 }, args: ["sleep", "1000000"], env: ["PATH=/bin"], cwd: "/" },
    root: { path: rootfs },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
    ],
    annotations,
    linux: {
      cgroupsPath: cgroup,
      namespaces: [
        { type: "pid" },
        ...pin("network", pins.net),
        ...pin("ipc", pins.ipc),
        ...pin("uts", pins.uts),
        { type: "mount" },
      ],
    },
  };
}

interface MonitorSetup {
  readonly folder: string;
  readonly state: string;
  readonly bundle: string;
  readonly id: string;
  readonly fullName: string;
  readonly monitorPidFile: string;
}

function conmonWords(setup: MonitorSetup): string[] {
  const { folder, state, bundle, id, fullName, monitorPidFile } = setup;
  return [
    ...["-b", bundle, "-c", id, "--exit-dir", join(folder, id), "-l", join(folder, id, "ctr.log")],
    ...["--log-level", "info", "-n", fullName, "-P", monitorPidFile, "-p", join(bundle, "pidfile")],
    ...["--persist-dir", bundle, "-r", "/usr/sbin/runc", "--runtime-arg", `--root=${state}`],
    // CRI-O names a short folder for the socket instead; ours may be longer than a socket's path can be.
    ...["--full-attach", "-u", id],
  ];
}

/** conmon writes both of its PID files when they are complete. */
async function pidIn(path: string): Promise<number> {
  const look = async (): Promise<number | undefined> => {
    const text = await readFile(path, "utf8").catch(() => "");
    return /^\d+$/.test(text.trim()) ? Number(text) : undefined;
  };
  return waitUntil(`a PID in ${path}`, look, { timeoutMs: 10_000 });
}
