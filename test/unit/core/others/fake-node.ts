import type { NamespaceType } from "../../../../extension/core/namespaces.ts";
import type { BundleScan, NodeScan, ProcessScan } from "../../../../extension/core/scan.ts";
import { type FakeProcessScan, type FakeScan, fakeProcess, fakeScan } from "../../../support/fake-scan.ts";

export const ids = {
  pause: "a1".repeat(32),
  web: "b2".repeat(32),
  db: "c3".repeat(32),
  pod: "d4".repeat(32),
};

/** Own Linux namespaces of the usual five types, from a number that no other process of a test has. */
export function own(base: number): Record<"net" | "ipc" | "uts" | "pid" | "mnt", string> {
  const [net, ipc, uts, pid, mnt] = [1, 2, 3, 4, 5].map((n) => String(base * 10 + n));
  return { net: net ?? "", ipc: ipc ?? "", uts: uts ?? "", pid: pid ?? "", mnt: mnt ?? "" };
}

const boot: readonly ProcessScan[] = [
  fakeProcess({ pid: 1, ppid: 0, comm: "systemd", argv: ["/sbin/init"], cgroup: "/init.scope" }),
  fakeProcess({ pid: 2, ppid: 0, comm: "kthreadd" }),
];

/** A root's scan of a whole node: its PID 1 and kthreadd, and these. */
export function nodeScan(
  processes: readonly (FakeProcessScan | ProcessScan)[],
  given: Omit<FakeScan, "processes"> = {},
): NodeScan {
  return fakeScan({
    scope: "node",
    foundBy: "node",
    ...given,
    processes: [
      ...boot,
      ...processes.map((process) => ("namespaces" in process ? process : fakeProcess(process))),
    ],
  });
}

/** A bundle of an engine: a type alone is a new Linux namespace, a type with a path joins one. */
export function bundle(
  id: string,
  name: string,
  namespaces: Partial<Record<NamespaceType, string>> | undefined,
): BundleScan {
  return {
    id,
    type: undefined,
    name,
    sandboxId: undefined,
    pod: undefined,
    namespaces:
      namespaces === undefined
        ? undefined
        : Object.entries(namespaces).map(([type, path]) => ({
            type: type as NamespaceType,
            path: path === "new" ? undefined : path,
          })),
  };
}

export const newOnes = { net: "new", ipc: "new", uts: "new", pid: "new", mnt: "new" };

/** A shim of Docker's containerd. */
export function shim(pid: number, id: string, runtimeNamespace = "moby"): FakeProcessScan {
  return {
    pid,
    comm: "containerd-shim",
    argv: ["/usr/bin/containerd-shim-runc-v2", "-namespace", runtimeNamespace, "-id", id, "-address", "x"],
    cgroup: "/system.slice/docker.service",
  };
}

/** The demo of the documentation: `docker run pause`, then nginx with its network and processes. */
export const dockerDemo = {
  pause: {
    pid: 100,
    ppid: 90,
    comm: "pause",
    argv: ["/pause"],
    cgroup: `/docker/${ids.pause}`,
    inodes: own(100),
  },
  web: {
    pid: 110,
    ppid: 91,
    comm: "nginx",
    argv: ["nginx"],
    cgroup: `/docker/${ids.web}`,
    inodes: { ...own(110), net: own(100).net, pid: own(100).pid },
  },
  bundles: [
    bundle(ids.pause, "pause", newOnes),
    bundle(ids.web, "web", { ...newOnes, net: "/proc/100/ns/net", pid: "/proc/100/ns/pid" }),
  ],
} satisfies { pause: FakeProcessScan; web: FakeProcessScan; bundles: BundleScan[] };
