import { parseCgroup } from "../cgroup.ts";
import { SandboxError } from "../errors.ts";
import { type NamespaceType, namespaceTypes, perNamespace } from "../namespaces.ts";
import {
  parseCmdline,
  parseCount,
  parseNamespaceLink,
  parseNspid,
  parseStat,
  type ProcStat,
} from "../procfs.ts";
import type { Reading } from "../report.ts";
import type { BundleScan, HostReference, NodeScan, PinScan, ProcessScan } from "../scan.ts";

/** A pod's processes are read up to this number (`most` in the script). */
const mostProcesses = 4000;

/**
 * Parses what the pod script printed. Lines that are not of the expected form are passed over; an answer without its
 * closing line, or without the facts that every comparison rests on, is the SandboxError `probe-output`.
 */
export function parsePodScan(output: string): NodeScan {
  const sections = splitSections(output);
  if (!sections.has("end")) throw notAnAnswer("it ends early");
  const meta = parseMeta(sections.get("meta") ?? []);

  const before = parseStats(sections.get("before") ?? []);
  const after = parseStats(sections.get("after") ?? []);
  const links = parseLinks(sections.get("links") ?? []);
  const cgroups = byPid(sections.get("cgroup") ?? [], "cgroup");
  const statuses = byPid(sections.get("status") ?? [], "status");
  const cmdlines = byPid(sections.get("cmdline") ?? [], "cmdline");
  const supported = new Set([...links.values()].flatMap((ofProcess) => [...ofProcess.keys()]));

  const pids = (sections.get("pids") ?? [])
    .flatMap((line) => line.split(" "))
    .map(parseCount)
    .filter((pid) => pid !== undefined);
  const raced: number[] = [];

  const processOf = (pid: number): ProcessScan | undefined => {
    const first = before.get(pid);
    const last = after.get(pid);
    if (first === undefined || last === undefined || first.startTicks !== last.startTicks) return undefined;
    // It became another program meanwhile (a runtime that starts a container): its links may be from before.
    if (first.comm !== last.comm) return undefined;
    return {
      pid,
      ppid: last.ppid,
      state: last.state,
      comm: last.comm,
      startTicks: last.startTicks,
      nspids: parseNspid(statuses.get(pid) ?? ""),
      argv: parseCmdline(cmdlines.get(pid) ?? ""),
      cgroup: parseCgroup(cgroups.get(pid) ?? ""),
      namespaces: readings(links.get(pid), supported, last),
    };
  };

  const hidden = !before.has(1);
  const whole: ProcessScan[] = [];
  for (const pid of pids) {
    const process = processOf(pid);
    if (process !== undefined) whole.push(process);
    else if (!hidden || before.has(pid)) raced.push(pid);
  }
  const processes = whole.map((process) => withParentsCgroup(process, whole));
  const inPod = new Set(pids);
  const parents = [...before.keys()]
    .filter((pid) => pid > 2 && !inPod.has(pid))
    .map(processOf)
    .filter((process) => process !== undefined);

  return {
    ...meta,
    host: hostReference(processOf(1), processOf(2)),
    processes,
    parents,
    bundles: parseBundles(sections.get("bundles") ?? []),
    pins: parsePins(sections.get("pins") ?? []),
    hidden,
    raced,
    truncated: pids.length >= mostProcesses,
  };
}

/** On cgroup v1 a zombie's own cgroup reads "/" (measured): it counts to its parent's container, whose duty it is. */
function withParentsCgroup(process: ProcessScan, all: readonly ProcessScan[]): ProcessScan {
  if (process.state !== "Z" || process.cgroup.containerId !== undefined) return process;
  const parent = all.find(({ pid }) => pid === process.ppid);
  return parent === undefined ? process : { ...process, cgroup: parent.cgroup };
}

function notAnAnswer(why: string): SandboxError {
  return new SandboxError("probe-output", `the node's answer cannot be used: ${why}`);
}

/** `#name` lines open a section; anything before the first (a login banner) is passed over. */
function splitSections(output: string): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of output.split("\n")) {
    const name = /^#([a-z]+)$/.exec(line)?.[1];
    if (name !== undefined && !sections.has(name)) {
      current = [];
      sections.set(name, current);
    } else {
      current?.push(line);
    }
  }
  return sections;
}

type Meta = Pick<
  NodeScan,
  "bootId" | "kernelRelease" | "cgroupVersion" | "readerUid" | "bootedAt" | "ticksPerSecond" | "foundBy"
>;

function parseMeta(lines: readonly string[]): Meta {
  const value = (key: string): string =>
    lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1) ?? "";
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
    bootId,
    kernelRelease: value("kernel").slice(0, 200),
    cgroupVersion: cgroups === "v1" || cgroups === "v2" || cgroups === "hybrid" ? cgroups : "unknown",
    readerUid,
    bootedAt: (now - Number(uptime)) * 1000,
    // Where getconf is missing (BusyBox): USER_HZ is 100 on every architecture that Kubernetes runs on.
    ticksPerSecond: parseCount(value("ticks")) || 100,
    foundBy: found === "cgroup" || found === "node" ? found : "nothing",
  };
}

/** Lines `/proc/PID/FILE:text`, joined again for each PID: a comm or an argument may hold newlines. */
function byPid(lines: readonly string[], file: string): Map<number, string> {
  const texts = new Map<number, string>();
  const prefix = new RegExp(`^/proc/(\\d{1,10})/${file}:`);
  for (const line of lines) {
    const match = prefix.exec(line);
    const pid = parseCount(match?.[1] ?? "");
    if (match === null || pid === undefined) continue;
    const text = line.slice(match[0].length);
    const earlier = texts.get(pid);
    texts.set(pid, earlier === undefined ? text : `${earlier}\n${text}`);
  }
  return texts;
}

function parseStats(lines: readonly string[]): Map<number, ProcStat> {
  const stats = new Map<number, ProcStat>();
  for (const [pid, text] of byPid(lines, "stat")) {
    const stat = parseStat(text);
    // Seen from another PID namespace than procfs was mounted in, the PIDs would differ: not a row to trust.
    if (stat !== undefined && stat.pid === pid) stats.set(pid, stat);
  }
  return stats;
}

/** For each PID the links that `ls -l` listed: the inode, or undefined where it could not be read. */
function parseLinks(lines: readonly string[]): Map<number, Map<NamespaceType, string | undefined>> {
  const links = new Map<number, Map<NamespaceType, string | undefined>>();
  for (const line of lines) {
    const match = /^l\S* .* \/proc\/(\d{1,10})\/ns\/([a-z]+)(?: -> (.*))?$/.exec(line);
    const pid = parseCount(match?.[1] ?? "");
    if (match === null || pid === undefined) continue;
    const target = match[3] === undefined ? undefined : parseNamespaceLink(match[3]);
    // The name alone says the type where the text could not be read.
    const type = namespaceTypes.find((candidate) => candidate === match[2]);
    if (type === undefined || (target !== undefined && target.type !== type)) continue;
    const ofProcess = links.get(pid) ?? new Map<NamespaceType, string | undefined>();
    ofProcess.set(type, target?.inode);
    links.set(pid, ofProcess);
  }
  return links;
}

function readings(
  links: ReadonlyMap<NamespaceType, string | undefined> | undefined,
  supported: ReadonlySet<NamespaceType>,
  stat: ProcStat,
): ProcessScan["namespaces"] {
  return perNamespace((type): Reading => {
    const inode = links?.get(type);
    if (inode !== undefined) return { status: "read", inode };
    if (stat.state === "Z" || stat.state === "X") {
      return { status: "gone", reason: "the process has ended and left its Linux namespaces" };
    }
    // The kernel refuses a process's links all or none. An ending process gives up its nsproxy, and with it every type
    // but pid and user, before it is a zombie (do_exit in the kernel's kernel/exit.c).
    if (links?.has(type) === true && links.get("pid") === undefined) {
      return { status: "denied", reason: "the node's kernel refused to show this link" };
    }
    return supported.has(type)
      ? { status: "gone", reason: "the link vanished while it was read" }
      : { status: "unsupported", reason: `the node's kernel has no Linux namespaces of type ${type}` };
  });
}

/** PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h: the initial PID namespace's inode, a constant. */
const initialPidNamespace = "4026531836";

function hostReference(init: ProcessScan | undefined, second: ProcessScan | undefined): HostReference {
  const pidNamespace = init?.namespaces.pid;
  if (init !== undefined && pidNamespace?.status === "read") {
    return {
      namespaces: init.namespaces,
      source: "pid1",
      nested: pidNamespace.inode !== initialPidNamespace,
    };
  }
  const inInitial =
    second?.namespaces.pid.status === "read" && second.namespaces.pid.inode === initialPidNamespace;
  if (second !== undefined && second.comm === "kthreadd" && second.ppid === 0 && inInitial) {
    return { namespaces: second.namespaces, source: "kthreadd", nested: false };
  }
  const hidden: Reading = { status: "denied", reason: "the node's PID 1 may not be read" };
  return { namespaces: init?.namespaces ?? perNamespace(() => hidden), source: "nobody", nested: false };
}

function parseBundles(lines: readonly string[]): BundleScan[] {
  const values = new Map<string, Map<string, Set<string>>>();
  for (const line of lines) {
    const match =
      /^\/proc\/\d+\/cwd\/\.\.\/([0-9a-f]{64})\/config\.json:"io\.kubernetes\.cri\.([a-z-]+)": ?"([^"\\]*)"$/.exec(
        line,
      );
    if (match === null) continue;
    const [, id = "", key = "", value = ""] = match;
    const ofBundle = values.get(id) ?? new Map<string, Set<string>>();
    ofBundle.set(key, (ofBundle.get(key) ?? new Set()).add(value));
    values.set(id, ofBundle);
  }
  const bundles: BundleScan[] = [];
  for (const [id, ofBundle] of values) {
    // A key that was found with two values proves nothing.
    const only = (key: string): string | undefined => {
      const found = [...(ofBundle.get(key) ?? [])];
      return found.length === 1 ? found[0] : undefined;
    };
    const type = only("container-type");
    if (type !== "sandbox" && type !== "container") continue;
    bundles.push({ id, type, name: only("container-name"), sandboxId: only("sandbox-id") });
  }
  return bundles;
}

function parsePins(lines: readonly string[]): PinScan[] {
  return lines.flatMap((line) => {
    const [, inode, path] = /^([1-9]\d{0,19}) (\/run\/(?:net|ipc|uts|user)ns\/\S+)$/.exec(line) ?? [];
    return inode === undefined || path === undefined ? [] : [{ inode, path }];
  });
}
