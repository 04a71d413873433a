import { existsSync, globSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { processesBelow, removeCgroup, runtimesCgroup } from "./cgroups.ts";
import { command } from "./command.ts";
import { readRecord, recordPath } from "./instance-record.ts";
import { restoreKernelSettings } from "./kernel-settings.ts";
import { mountPoints } from "./mounts.ts";
import { pinsElsewhere, removePin } from "./pins.ts";
import {
  identify,
  isAlive,
  type ProcessIdentity,
  readOrUndefined,
  signalProcess,
} from "./process-identity.ts";
import { waitUntil } from "./wait.ts";

/**
 * Removes a bench from this machine: its processes, containers, mounts, network namespaces, bridge, cgroups and files.
 * Works from what is written in its folder, so that it does as well for a bench whose owner crashed.
 */
export async function sweep(directory: string): Promise<void> {
  const network = readRecord(directory)?.network;
  const servers = recordedProcesses(directory);
  const descendants = servers.flatMap(withDescendants);
  await end("servers", () => servers.filter(isAlive));
  // Now that nobody starts shims any more, and before those there are have ended.
  const sockets = [...new Set(runtimeProcesses(directory).flatMap(shimSockets))];
  await end("servers' children", () => descendants.filter(isAlive));
  await end("container runtime", () => runtimeProcesses(directory));
  for (const cgroup of cgroupsOf(directory, network)) {
    // Zombies stay until their parents are dead too.
    await end("pods", () => processesBelow(cgroup).flatMap((pid) => identify(pid) ?? []));
    const empty = (): true | undefined => (processesBelow(cgroup).length === 0 ? true : undefined);
    await waitUntil(`cgroup ${cgroup} to be empty`, empty, { timeoutMs: 20_000 });
    removeCgroup(cgroup);
  }
  await unmountBelow(directory);
  for (const path of pinsElsewhere(directory)) await removePin(path);
  if (network !== undefined && existsSync(`/sys/class/net/${network}`)) {
    await command("ip", ["link", "delete", network]);
  }
  for (const path of [...sockets, ...networkResults(directory), ...podLogs(directory)]) {
    await rm(path, { recursive: true, force: true });
  }
  restoreKernelSettings(directory);
  await rm(directory, { recursive: true, force: true });
}

function recordedProcesses(directory: string): ProcessIdentity[] {
  return globSync(join(directory, "processes", "*.json")).flatMap((path) => {
    const text = readOrUndefined(path);
    return text === undefined ? [] : [JSON.parse(text) as ProcessIdentity];
  });
}

/** The kubelet's, if there is one, and the one for containers that are no kubelet's. */
function cgroupsOf(directory: string, network: string | undefined): string[] {
  const kubelets = readOrUndefined(join(directory, "cgroup"));
  return [kubelets, network === undefined ? undefined : runtimesCgroup(network)].filter(
    (cgroup) => cgroup !== undefined,
  );
}

/** A process and all that came from it, such as the sessions of an sshd. */
function withDescendants(root: ProcessIdentity): ProcessIdentity[] {
  if (!isAlive(root)) return [];
  const tasks = readOrUndefined(`/proc/${root.pid}/task/${root.pid}/children`) ?? "";
  const children = tasks.split(" ").flatMap((pid) => identify(Number(pid)) ?? []);
  return [root, ...children.flatMap(withDescendants)];
}

/** Shims, monitors and runtimes of containers: no children of ours, but their arguments name our folder. */
function runtimeProcesses(directory: string): ProcessIdentity[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const words = (readOrUndefined(`/proc/${name}/cmdline`) ?? "").split("\0");
    const isRuntime = /^(containerd-shim.*|conmon|podman|runc|crun|runsc.*)$/.test(basename(words[0] ?? ""));
    const isOurs = words.some((word) => word.includes(`${directory}/`));
    return isRuntime && isOurs ? (identify(Number(name)) ?? []) : [];
  });
}

/** Kills until there is none left: while they live they may start more of their kind. */
async function end(what: string, alive: () => readonly ProcessIdentity[]): Promise<void> {
  const look = (): true | undefined => {
    const processes = alive();
    for (const identity of processes) signalProcess(identity, "SIGKILL");
    return processes.length === 0 ? true : undefined;
  };
  await waitUntil(`the bench's ${what} to end`, look, { timeoutMs: 20_000 });
}

async function unmountBelow(directory: string): Promise<void> {
  const mounted = (): string[] =>
    mountPoints()
      .map(({ path }) => path)
      .filter((path) => path.startsWith(`${directory}/`));
  for (const path of mounted().toReversed()) await command("umount", ["--lazy", path]);
  // What is mounted there belongs to somebody else, and is about to be deleted.
  if (mounted().length > 0) throw new Error(`Still mounted: ${mounted().join(" ")}`);
}

/**
 * CNI keeps a file for every interface it made, which names the network namespace's pin (libcni's result cache). It
 * makes the file before it writes to it: who is killed in between leaves an empty one, that only its time tells.
 */
function networkResults(directory: string): string[] {
  const record = statSync(recordPath(directory), { throwIfNoEntry: false });
  return globSync("/var/lib/cni/results/*").filter((path) => {
    const content = readOrUndefined(path);
    if (content !== "") return content?.includes(`${directory}/`);
    const made = statSync(path, { throwIfNoEntry: false });
    return made !== undefined && record !== undefined && made.mtimeMs >= record.mtimeMs;
  });
}

/** The sockets that a shim listens on: they are outside containerd's state folder. */
function shimSockets({ pid }: ProcessIdentity): string[] {
  const inodes = new Set(globSync(`/proc/${pid}/fd/*`).map((path) => linkOrEmpty(path)));
  // The last two of a line's columns are inode and path (proc_net(5)).
  const lines = readFileSync("/proc/net/unix", "utf8").split("\n");
  return lines.flatMap((line) => {
    const [, inode, path] = /(\d+) (\/run\/containerd\/s\/[0-9a-f]+)$/.exec(line) ?? [];
    return path !== undefined && inodes.has(`socket:[${inode}]`) ? [path] : [];
  });
}

function linkOrEmpty(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** The kubelet writes logs to /var/log whatever its root folder, named after the pods' UIDs. */
function podLogs(directory: string): string[] {
  const uids = globSync(join(directory, "{kubelet/,}pods/*")).map((path) => basename(path));
  const logs = uids.flatMap((uid) => globSync(`/var/log/pods/*_${uid}`));
  const links = globSync("/var/log/containers/*.log").filter((link) => {
    if (!lstatSync(link).isSymbolicLink()) return false;
    return logs.some((folder) => readlinkSync(link).startsWith(`${folder}/`));
  });
  return [...links, ...logs];
}
