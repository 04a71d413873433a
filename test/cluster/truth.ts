import { expect } from "vitest";
import type { NamespaceType } from "../../extension/core/namespaces.ts";
import type { Expected, SandboxReport } from "../../extension/core/report.ts";
import type { TestNode } from "../support/cluster/node.ts";
import { inodesOf, runtimeContainers, type Inodes, type RuntimeContainer } from "../support/oracle.ts";
import type { Product } from "./product.ts";

export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** A container that runs, with its main process's inodes. */
export type TrueContainer = RuntimeContainer & { readonly inodes: Inodes };

/** What the oracle says of one pod, by container ID. */
export type Truth = ReadonlyMap<string, TrueContainer>;

/** What the oracle saw while a report was made. */
export interface Observation {
  readonly report: SandboxReport;
  /** Every container that ran at some moment of it. */
  readonly seen: Truth;
  /** Those that ran from before the beginning to after the end. */
  readonly lasting: readonly TrueContainer[];
}

/** What containerd 1.6 is asked for by a pod that asks for nothing (its CRI plugin, on hybrid or v1 cgroups). */
export const usualSharing: Readonly<Record<NamespaceType, Expected>> = {
  net: "POD",
  ipc: "POD",
  uts: "POD",
  pid: "CONTAINER",
  mnt: "CONTAINER",
  user: "NODE",
  cgroup: "NODE",
  time: "NODE",
};

/** Milliseconds between two looks of the oracle. */
const lookEvery = 20;

export function truthOf(node: TestNode, pod: PodName): Truth {
  const found = runtimeContainers(node.containerdState, pod).flatMap((container) => {
    const inodes = inodesOf(container.pid);
    return inodes === undefined ? [] : [[container.id, { ...container, inodes }] as const];
  });
  return new Map(found);
}

/** Has the product inspect a pod while the oracle looks on. */
export async function inspectObserved(node: TestNode, product: Product, pod: PodName): Promise<Observation> {
  const before = truthOf(node, pod);
  const seen = new Map(before);
  const look = (): Truth => {
    const now = truthOf(node, pod);
    for (const [id, container] of now) seen.set(id, container);
    return now;
  };
  const timer = setInterval(look, lookEvery);
  try {
    const report = await product.inspect(pod);
    const after = look();
    const lasting = [...before.values()].filter(({ id, pid }) => after.get(id)?.pid === pid);
    return { report, seen, lasting };
  } finally {
    clearInterval(timer);
  }
}

/**
 * Holds a report against the truth: what ran all the while must be in it, what is in it must have run, every PID and
 * every inode must be the kernel's, and the sandbox the runtime's.
 */
export function expectKernelTruth({ report, seen, lasting }: Observation): void {
  expect(inodesIn(report.node.namespaces), "the node's own").toEqual(inodesOf("self"));

  for (const container of report.containers) {
    if (container.pid === null) continue;
    const truth = seen.get(container.id ?? "");
    const who = `${container.kind} ${container.name}, PID ${container.pid}`;
    expect(truth, `${who}: a container of the pod`).toBeDefined();
    expect(container.pid, `${who}: its PID`).toBe(truth?.pid);
    expect(inodesIn(container.namespaces), `${who}: its inodes`).toEqual(truth?.inodes);
    expect(truth?.kind, `${who}: what it is`).toBe(container.kind === "infra" ? "sandbox" : "container");
    if (container.kind !== "infra") expect(container.name).toBe(truth?.name);
  }

  const reported = new Set(report.containers.map(({ id, pid }) => (pid === null ? null : id)));
  const missing = lasting.filter(({ id }) => !reported.has(id)).map(({ kind, name }) => `${kind} ${name}`);
  expect(missing, "containers that ran all the while and are not reported").toEqual([]);

  const sandbox = lasting.find(({ kind }) => kind === "sandbox");
  if (sandbox !== undefined) {
    expect(report.sandbox.id).toBe(sandbox.id);
    expect(report.sandbox.holder).toEqual({ kind: "process", pid: sandbox.pid, paths: [] });
    expect(report.sandbox.confidence).toBe("certain");
  }
}

/**
 * Holds the findings about a pod that changes while it is read against the truth: that something was not there may
 * only be said of what was not there all the while, and that containers share wrongly never.
 */
export function expectNoFalseFinding({ report, lasting }: Observation): void {
  const lastingNames = new Set(lasting.map(({ kind, name }) => (kind === "sandbox" ? null : name)));
  const wrong = report.findings.filter(({ code, container }) => {
    switch (code) {
      case "read-raced":
      case "leftover-sandbox":
      case "zombies":
        return false;
      case "no-main-process":
        return container !== null && lastingNames.has(container);
      case "no-sandbox-found":
      case "held-by-nothing":
        return lastingNames.has(null);
      default:
        return true;
    }
  });
  expect(wrong).toEqual([]);
}

/** The inodes of eight readings, each of which must have succeeded. */
function inodesIn(namespaces: SandboxReport["node"]["namespaces"]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(namespaces).map(([type, reading]) => [
      type,
      reading.status === "read" ? reading.inode : `${reading.status}: ${reading.reason}`,
    ]),
  );
}
