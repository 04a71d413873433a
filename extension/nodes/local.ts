import { readdir, readFile, readlink } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { SandboxError } from "../core/errors.ts";
import type { ClusterNode } from "../core/pod.ts";
import { runChild } from "./child-process.ts";
import { Programs } from "./programs.ts";
import type { Destination } from "./session.ts";
import { thisMachine, type Machine } from "./settings.ts";
import type { SshHost } from "./ssh/ssh-host.ts";
import { throwIfAborted } from "./waiting.ts";

/** Commands at once: more would only wait for the processor. */
const maxCommands = 4;

/**
 * This machine is the node: what runs the extensions stands on it, as over Remote-SSH. For a cluster's node that is
 * verified before anything is read.
 * `open` throws SandboxError `local-not-node`; a session's `start` throws `node-no-shell`.
 */
export function localDestination(node: ClusterNode | SshHost, machine: Machine): Destination {
  const place = { node: node.name };
  return {
    key: `local ${node.name}`,
    node: node.name,
    maxCommands,
    open: async ({ signal, trace }) => {
      const obstacle = await obstacleOf(node, machine);
      throwIfAborted(signal);
      if (obstacle !== undefined) {
        throw new SandboxError("local-not-node", `this machine is not ${node.name}: ${obstacle}`, {
          facts: { ...place, detail: obstacle },
        });
      }
      trace("connect", `this machine, ${machine.hostname}`);
      return new Programs("this machine", {
        start: async ([file = "", ...args]) =>
          runChild(file, args, { env: machine.env, cwd: "/" }).catch((error: unknown) => {
            const detail = error instanceof Error ? error.message : String(error);
            throw new SandboxError("node-no-shell", `this machine: ${detail}`, {
              cause: error,
              facts: { ...place, detail },
            });
          }),
        terminal: ([file = "", ...args]) => ({ file, args, env: {} }),
      });
    },
  };
}

async function obstacleOf(node: ClusterNode | SshHost, machine: Machine): Promise<string | undefined> {
  if (machine.platform !== "linux") return "its nodes run Linux, and this is another system";
  return "bootId" in node ? whyNotNode(node, await lookAround(machine)) : undefined;
}

/** Whether `localDestination` of a cluster's node leads anywhere. */
export async function isThisMachine(node: ClusterNode, machine: Machine = thisMachine()): Promise<boolean> {
  return (await obstacleOf(node, machine)) === undefined;
}

/** What tells one machine from another, and a machine from a container on it. */
export interface Surroundings {
  readonly hostname: string;
  /** IP addresses of its interfaces, but for loopback. */
  readonly addresses: readonly string[];
  /** /proc/sys/kernel/random/boot_id (random(4)): of the kernel, so it is the same in every container. */
  readonly bootId: string;
  /** Target of /proc/self/ns/pid. */
  readonly pidNamespace: string;
  /** A kubelet is among the processes in sight. */
  readonly kubelet: boolean;
}

/** PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h: outside of every container. */
const initialPidNamespace = "pid:[4026531836]";

/** Why what is around us is not this node; undefined where it is. */
export function whyNotNode(node: ClusterNode, here: Surroundings): string | undefined {
  if (node.bootId !== "" && node.bootId !== here.bootId) {
    return `its boot ID is ${node.bootId}, this machine's is ${here.bootId}`;
  }
  // The nodes of kind have the boot ID of the machine that they are containers on.
  if (
    !isNamed(node, here.hostname) &&
    !node.addresses.some(({ address }) => here.addresses.includes(address))
  ) {
    return `neither its name nor any of its addresses is this machine's, ${here.hostname}`;
  }
  // A container in the machine's network has its name and addresses too.
  if (here.pidNamespace !== initialPidNamespace && !here.kubelet) {
    return "the extensions run in a container here, which does not show the node's processes";
  }
  return undefined;
}

/** One of the two names may lack the domain. */
function isNamed(node: ClusterNode, hostname: string): boolean {
  const here = hostname.toLowerCase();
  const names = [node.name, ...node.addresses.map(({ address }) => address)].map((name) =>
    name.toLowerCase(),
  );
  return names.some((name) => name === here || name.startsWith(`${here}.`) || here.startsWith(`${name}.`));
}

async function lookAround({ hostname }: Machine): Promise<Surroundings> {
  const [bootId, pidNamespace, kubelet] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => ""),
    readlink("/proc/self/ns/pid").catch(() => ""),
    seesKubelet(),
  ]);
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address);
  return { hostname, addresses, bootId: bootId.trim(), pidNamespace, kubelet };
}

/** By the names that kubelet, k3s, k0s, RKE2 and MicroK8s run it under. */
async function seesKubelet(): Promise<boolean> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const names = await Promise.all(
    pids.map((pid) => readFile(join("/proc", pid, "comm"), "utf8").catch(() => "")),
  );
  return names.some((name) => /^(kubelet|kubelite|k3s|k0s|rke2)\b/.test(name));
}
