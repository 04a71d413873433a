import { SandboxError } from "../errors.ts";
import { parseCount } from "../procfs.ts";
import type { NodeScan } from "../scan.ts";

export type Meta = Pick<
  NodeScan,
  | "scope"
  | "bootId"
  | "nsDevice"
  | "kernelRelease"
  | "cgroupVersion"
  | "readerUid"
  | "bootedAt"
  | "ticksPerSecond"
  | "foundBy"
>;

/** Lines `key value`. Throws SandboxError `probe-output` without the facts that every comparison rests on. */
export function parseMeta(lines: readonly string[]): Meta {
  const value = (key: string): string =>
    lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1) ?? "";
  const scope = value("scope");
  if (scope !== "pod" && scope !== "node") throw notAnAnswer("it does not say what it read");
  const bootId = value("boot");
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(bootId)) throw notAnAnswer("it names no boot");
  const readerUid = parseCount(value("uid"));
  const now = parseCount(value("now"));
  const uptime = /^(\d{1,12})\.\d+$/.exec(value("uptime"))?.[1];
  if (readerUid === undefined || now === undefined || uptime === undefined) {
    throw notAnAnswer("it has no time or user");
  }
  const cgroups = value("cgroups");
  const found = value("found");
  return {
    scope,
    bootId,
    nsDevice: parseCount(value("nsdevice"))?.toString(),
    kernelRelease: value("kernel").slice(0, 200),
    cgroupVersion: cgroups === "v1" || cgroups === "v2" || cgroups === "hybrid" ? cgroups : "unknown",
    readerUid,
    bootedAt: (now - Number(uptime)) * 1000,
    // Where getconf is missing (BusyBox): USER_HZ is 100 on every architecture that Kubernetes runs on.
    ticksPerSecond: parseCount(value("ticks")) || 100,
    foundBy: found === "cgroup" || found === "node" ? found : "nothing",
  };
}

export function notAnAnswer(why: string): SandboxError {
  return new SandboxError("probe-output", `the node's answer cannot be used: ${why}`);
}
