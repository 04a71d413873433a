import { parseNamespaceMount } from "../mountinfo.ts";
import { parseCount, parseNamespaceLink } from "../procfs.ts";
import type { DescriptorScan, PinScan } from "../scan.ts";

/** What stat(1) saw behind a path: lines `DEVICE INODE SECONDS PATH`, those of the node's nsfs alone. */
export type NsfsFiles = ReadonlyMap<string, { readonly inode: string; readonly since: number }>;

export function parseNsfsFiles(lines: readonly string[], nsDevice: string | undefined): NsfsFiles {
  const files = new Map<string, { readonly inode: string; readonly since: number }>();
  for (const line of lines) {
    const [, device, inode, seconds = "", path] =
      /^(\d{1,20}) ([1-9]\d{0,19}) (\d{1,11}) (\/.*)$/.exec(line) ?? [];
    if (device === nsDevice && inode !== undefined && path !== undefined) {
      files.set(path, { inode, since: Number(seconds) * 1000 });
    }
  }
  return files;
}

/**
 * Lines `/proc/PID/mountinfo:…` of type nsfs, each mount once. Where the reader's own path leads to another namespace
 * by now, the mount has gone meanwhile. A path that leads to none is of another mount namespace, or covered: there
 * mountinfo alone counts.
 */
export function parsePins(lines: readonly string[], files: NsfsFiles): readonly PinScan[] {
  const pins = new Map<string, PinScan>();
  for (const line of lines) {
    const [prefix, source] = /^\/proc\/(self|\d{1,10})\/mountinfo:/.exec(line) ?? [];
    if (prefix === undefined) continue;
    const pin = parseNamespaceMount(line.slice(prefix.length));
    if (pin === undefined) continue;
    const seen = files.get(pin.path);
    if (source === "self" && seen !== undefined && seen.inode !== pin.inode) continue;
    const since = seen?.inode === pin.inode ? { since: seen.since } : {};
    pins.set(`${pin.type} ${pin.inode} ${pin.path}`, { ...pin, ...since });
  }
  return [...pins.values()];
}

/** Lines `/proc/PID/fd/FD TYPE:[INODE]`, which the script has confirmed. */
export function parseDescriptors(lines: readonly string[]): readonly DescriptorScan[] {
  return lines.flatMap((line): DescriptorScan[] => {
    const [, holder = "", descriptor = "", link = ""] =
      /^\/proc\/(\d{1,10})\/fd\/(\d{1,10}) (\S{1,40})$/.exec(line) ?? [];
    const [pid, fd, namespace] = [parseCount(holder), parseCount(descriptor), parseNamespaceLink(link)];
    return pid === undefined || fd === undefined || namespace === undefined
      ? []
      : [{ ...namespace, pid, fd }];
  });
}
