import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/*
 * What is true on this machine, read without any of the product's code: from the runtime's own files and, one by one,
 * from the kernel. Tests compare the product's answers with it.
 */

/** A container that the runtime says it runs now. */
export interface RuntimeContainer {
  /** 64 hex digits. */
  readonly id: string;
  readonly kind: "sandbox" | "container";
  /** As in the pod's spec; "" for a sandbox. */
  readonly name: string;
  readonly sandboxId: string;
  /** Main process on the node. */
  readonly pid: number;
  readonly podName: string;
  readonly podNamespace: string;
}

/** The eight types of namespaces(7), written out again on purpose. */
const types = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"] as const;

export type Inodes = Readonly<Record<(typeof types)[number], string>>;

/** The pod's containers that run, of all its sandboxes, from the bundles below containerd's state folder. */
export function runtimeContainers(
  containerdState: string,
  pod: { namespace: string; name: string },
): RuntimeContainer[] {
  const bundles = join(containerdState, "io.containerd.runtime.v2.task", "k8s.io");
  // containerd makes the folder with its first container.
  if (!existsSync(bundles)) return [];
  return readdirSync(bundles)
    .flatMap((id) => readBundle(bundles, id))
    .filter(({ podName, podNamespace }) => podName === pod.name && podNamespace === pod.namespace);
}

/** Inodes of a process's namespaces; undefined when it is gone. */
export function inodesOf(pid: number | "self"): Inodes | undefined {
  try {
    const entries = types.map((type) => [type, inodeOf(pid, type)] as const);
    return Object.fromEntries(entries) as Record<(typeof types)[number], string>;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** PIDs in the same cgroup as the process, itself among them: what runs in the container. */
export function processesBeside(pid: number): number[] {
  const cgroup = cgroupOf(pid);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => {
      try {
        return cgroupOf(other) === cgroup;
      } catch {
        return false;
      }
    });
}

/** Program and arguments of a process, joined by spaces; "" when it is gone or a zombie. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1).join(" ");
  } catch (error) {
    if (isGone(error)) return "";
    throw error;
  }
}

function inodeOf(pid: number | "self", type: string): string {
  const link = readlinkSync(`/proc/${pid}/ns/${type}`);
  const inode = link.split("[")[1]?.replace("]", "");
  if (inode === undefined) throw new Error(`Unreadable link ${link}`);
  return inode;
}

/** The cgroup of the `pids` controller, or the only one there is. */
function cgroupOf(pid: number): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").trimEnd().split("\n");
  return lines.find((line) => line.split(":")[1] === "pids") ?? lines.at(-1) ?? "";
}

function readBundle(bundles: string, id: string): RuntimeContainer[] {
  try {
    const config = JSON.parse(readFileSync(join(bundles, id, "config.json"), "utf8")) as {
      readonly annotations: Readonly<Record<string, string>>;
    };
    const annotation = (key: string): string => config.annotations[`io.kubernetes.cri.${key}`] ?? "";
    return [
      {
        id,
        kind: annotation("container-type") === "sandbox" ? "sandbox" : "container",
        name: annotation("container-name"),
        sandboxId: annotation("sandbox-id"),
        pid: Number(readFileSync(join(bundles, id, "init.pid"), "utf8")),
        podName: annotation("sandbox-name"),
        podNamespace: annotation("sandbox-namespace"),
      },
    ];
  } catch (error) {
    // It ended while we looked, or containerd is still writing its configuration.
    if (isGone(error) || error instanceof SyntaxError) return [];
    throw error;
  }
}

/** ESRCH is what a link of a process that has become a zombie answers. */
function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH");
}
