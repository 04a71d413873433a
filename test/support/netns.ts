import { existsSync } from "node:fs";
import { command } from "./cluster/command.ts";

/** A machine in a network namespace of its own, which only its neighbours reach: no packet is forwarded. */
export interface NetHost {
  /** Where its neighbour on the way to this machine reaches it. */
  readonly address: string;
  /** More addresses of it, reached the same way. */
  readonly aliases: readonly string[];
  /** To start a program in it. Its files are this machine's. */
  readonly through: readonly string[];
  /** PIDs of what runs in it. */
  processes(): Promise<readonly number[]>;
  /** Pulls its plug towards this machine: what is sent is lost, and nobody is told. */
  unplug(): Promise<void>;
  plugIn(): Promise<void>;
}

/** Machines in a row or in a star behind this one, with addresses that lead nowhere else. */
export interface Net extends AsyncDisposable {
  /** A new machine, wired to this one or to another. */
  host(name: string, options?: { readonly behind?: NetHost; readonly aliases?: number }): Promise<NetHost>;
}

const ip = async (...words: string[]): Promise<string> => command("ip", words);

/**
 * `letters` begins the names of everything that is made; at most five. Addresses are taken from 10.213.0.0/16, of which
 * nothing leaves this machine.
 */
export async function makeNet(letters: string): Promise<Net> {
  await sweep(letters);
  const block = await freeBlock();
  const prefix = `10.213.${block}`;
  // What has no wire is unreachable at once, in place of being sent to wherever the default route leads.
  const unreachable = ["unreachable", `${prefix}.0/24`, "metric", String(process.pid)];
  await ip("route", "add", ...unreachable);
  const spaces: string[] = [];
  const wired = new Map<NetHost, string>();
  return {
    host: async (name, { behind, aliases: count = 0 } = {}) => {
      const space = `${letters}-${process.pid}-${name}`;
      const wire = spaces.length;
      const near = `${letters}${block}n${wire}`;
      const far = `${letters}${block}f${wire}`;
      // Sixteen addresses for each wire.
      const at = (host: number): string => `${prefix}.${wire * 16 + host}`;
      await ip("netns", "add", space);
      spaces.push(space);
      // A new network namespace may begin with the settings of the first one.
      await ip("netns", "exec", space, "sh", "-c", "echo 0 >/proc/sys/net/ipv4/ip_forward");
      await ip("-n", space, "link", "set", "lo", "up");
      const side = behind === undefined ? [] : ["-n", wired.get(behind) ?? ""];
      await ip(...side, "link", "add", near, "type", "veth", "peer", "name", far, "netns", space);
      await ip(...side, "address", "add", `${at(1)}/28`, "dev", near);
      await ip(...side, "link", "set", near, "up");
      const address = at(2);
      const aliases = Array.from({ length: count }, (_, index) => at(3 + index));
      for (const each of [address, ...aliases])
        await ip("-n", space, "address", "add", `${each}/28`, "dev", far);
      await ip("-n", space, "link", "set", far, "up");
      const host: NetHost = {
        address,
        aliases,
        through: ["ip", "netns", "exec", space],
        processes: () => processesIn(space),
        unplug: async () => {
          await ip("-n", space, "link", "set", far, "down");
        },
        plugIn: async () => {
          await ip("-n", space, "link", "set", far, "up");
        },
      };
      wired.set(host, space);
      return host;
    },
    [Symbol.asyncDispose]: async () => {
      for (const space of spaces) await remove(space);
      await ip("route", "delete", ...unreachable);
    },
  };
}

/** Its wires go with it. */
async function remove(space: string): Promise<void> {
  for (const pid of await processesIn(space)) endProcess(pid);
  await ip("netns", "delete", space);
}

async function processesIn(space: string): Promise<number[]> {
  return (await ip("netns", "pids", space)).split("\n").filter(Boolean).map(Number);
}

/** What benches left whose process is gone: it is in the names of their namespaces, and the metric of their routes. */
async function sweep(letters: string): Promise<void> {
  const isStale = (pid: string | undefined): boolean => pid !== undefined && !existsSync(`/proc/${pid}`);
  for (const line of (await ip("netns", "list")).split("\n")) {
    const [space = "", pid] = new RegExp(`^${letters}-(\\d+)-\\S+`).exec(line) ?? [];
    if (isStale(pid)) await remove(space);
  }
  for (const line of (await ip("route", "show", "type", "unreachable")).split("\n")) {
    const [, range = "", pid] = /^unreachable (10\.213\.\d+\.0\/24) .*\bmetric (\d+)/.exec(line) ?? [];
    if (isStale(pid)) await ip("route", "delete", "unreachable", range, "metric", pid ?? "");
  }
}

/** The third number of a range that no other bench uses. */
async function freeBlock(): Promise<number> {
  const routes = await ip("route");
  const start = process.pid;
  for (let step = 0; step < 254; step++) {
    const block = 1 + ((start + step) % 254);
    if (!routes.includes(`10.213.${block}.`)) return block;
  }
  throw new Error("every range of 10.213.0.0/16 is taken");
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
