import * as l10n from "@vscode/l10n";
import { type NamespaceType, namespaceTypes, perNamespace } from "../namespaces.ts";
import { parseCount } from "../procfs.ts";
import type { Reading, ThreadReport } from "../report.ts";
import type { ProcessScan } from "../scan.ts";

/** The links of one process: the inode, or undefined where a link is there but could not be read. */
export type Links = ReadonlyMap<NamespaceType, string | undefined>;

/** Lines `PID TYPE INODE`, or `PID TYPE` where the link could not be read, by PID. */
export function parseLinks(lines: readonly string[]): ReadonlyMap<number, Links> {
  const links = new Map<number, Map<NamespaceType, string | undefined>>();
  for (const line of lines) {
    const [, digits = "", name, inode] = /^(\d{1,10}) ([a-z]{2,6})(?: ([1-9]\d{0,19}))?$/.exec(line) ?? [];
    const pid = parseCount(digits);
    const type = namespaceTypes.find((candidate) => candidate === name);
    if (pid === undefined || type === undefined) continue;
    const ofProcess = links.get(pid);
    if (ofProcess === undefined) links.set(pid, new Map([[type, inode]]));
    else ofProcess.set(type, inode);
  }
  return links;
}

/** Lines `PID TID TYPE INODE`: the threads that are in other Linux namespaces than their process, by its PID. */
export function parseThreads(
  lines: readonly string[],
  processes: ReadonlyMap<number, Pick<ProcessScan, "namespaces">>,
): ReadonlyMap<number, readonly ThreadReport[]> {
  const byProcess = new Map<number, Map<number, Partial<Record<NamespaceType, string>>>>();
  for (const line of lines) {
    const [, leader = "", thread = "", name, inode] =
      /^(\d{1,10}) (\d{1,10}) ([a-z]{2,6}) ([1-9]\d{0,19})$/.exec(line) ?? [];
    const [pid, tid] = [parseCount(leader), parseCount(thread)];
    const type = namespaceTypes.find((candidate) => candidate === name);
    if (pid === undefined || tid === undefined || type === undefined || inode === undefined) continue;
    const ofLeader = processes.get(pid)?.namespaces[type];
    if (tid === pid || ofLeader?.status !== "read" || ofLeader.inode === inode) continue;
    const threads = byProcess.get(pid) ?? new Map<number, Partial<Record<NamespaceType, string>>>();
    threads.set(tid, { ...threads.get(tid), [type]: inode });
    byProcess.set(pid, threads);
  }
  return new Map(
    [...byProcess].map(([pid, threads]) => [
      pid,
      [...threads].map(([tid, namespaces]) => ({ tid, namespaces })),
    ]),
  );
}

export function sameLinks(a: Links | undefined, b: Links | undefined): boolean {
  return namespaceTypes.every((type) => a?.has(type) === b?.has(type) && a?.get(type) === b?.get(type));
}

/** What was read of each type, and why where nothing was. */
export function readings(
  links: Links | undefined,
  supported: ReadonlySet<NamespaceType>,
  state: string,
): ProcessScan["namespaces"] {
  return perNamespace((type): Reading => {
    const inode = links?.get(type);
    if (inode !== undefined) return { status: "read", inode };
    if (state === "Z" || state === "X") {
      return { status: "gone", reason: l10n.t("the process has ended and left its Linux namespaces") };
    }
    // The kernel refuses a process's links all or none. An ending process gives up its nsproxy, and with it every type
    // but pid and user, before it is a zombie (do_exit in the kernel's kernel/exit.c).
    if (links?.has(type) === true && links.get("pid") === undefined) {
      return { status: "denied", reason: l10n.t("the node's kernel refused to show this link") };
    }
    return supported.has(type)
      ? { status: "gone", reason: l10n.t("the link vanished while it was read") }
      : {
          status: "unsupported",
          reason: l10n.t("the node's kernel has no Linux namespaces of type {0}", type),
        };
  });
}
