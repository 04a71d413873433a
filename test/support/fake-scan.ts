import { parseCgroup } from "../../extension/core/cgroup.ts";
import { type NamespaceType, namespaceTypes, perNamespace } from "../../extension/core/namespaces.ts";
import type { Reading } from "../../extension/core/report.ts";
import type { NodeScan, ProcessScan } from "../../extension/core/scan.ts";
import { hostInodes } from "./scan-output.ts";

/** Inodes by type, or "denied"; those not given are the node's. */
export type Inodes = Partial<Record<NamespaceType, string>>;

export interface FakeProcessScan extends Partial<Omit<ProcessScan, "cgroup" | "namespaces">> {
  readonly pid: number;
  readonly cgroup?: string;
  readonly inodes?: Inodes;
}

/** A process as a probe would have read it. */
export function fakeProcess({ cgroup, inodes, ...given }: FakeProcessScan): ProcessScan {
  return {
    ppid: 1,
    state: "S",
    comm: "sh",
    startTicks: given.pid,
    threadCount: 1,
    nspids: [given.pid],
    argv: [],
    isRuntime: /\/?(?:containerd-shim[\w-]*|conmon)$/.test(given.argv?.[0] ?? ""),
    threads: [],
    uidMap: [{ inside: 0, outside: 0, count: 4_294_967_295 }],
    ...given,
    cgroup: parseCgroup(`0::${cgroup ?? "/"}`),
    namespaces: readingsOf(inodes, given.state === "Z"),
  };
}

function readingsOf(inodes: Inodes | undefined, ended: boolean): ProcessScan["namespaces"] {
  return perNamespace((type): Reading => {
    if (ended) return { status: "gone", reason: "it has ended" };
    const inode = inodes?.[type] ?? hostInodes[type];
    return inode === "denied" ? { status: "denied", reason: "refused" } : { status: "read", inode };
  });
}

/** Every type denied. */
export const allDenied: Inodes = Object.fromEntries(namespaceTypes.map((type) => [type, "denied"]));

export interface FakeScan extends Partial<Omit<NodeScan, "host">> {
  readonly host?: Inodes;
}

/** A root's scan of a pod on a node at rest. */
export function fakeScan({ host, ...given }: FakeScan = {}): NodeScan {
  return {
    scope: "pod",
    bootId: "e92930af-e3db-4542-869c-4544d5e5f880",
    nsDevice: "4",
    kernelRelease: "6.18.0-test",
    cgroupVersion: "v1",
    readerUid: 0,
    bootedAt: Date.UTC(2026, 0, 1),
    ticksPerSecond: 100,
    foundBy: "cgroup",
    host: { namespaces: readingsOf(host, false), source: "pid1", nested: false },
    processes: [],
    parents: [],
    bundles: [],
    clients: [],
    pins: [],
    descriptors: [],
    lineage: [],
    hidden: false,
    raced: [],
    truncated: false,
    ...given,
  };
}
