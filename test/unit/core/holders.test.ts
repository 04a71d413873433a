import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { containerReport } from "../../../extension/core/container-report.ts";
import { heldNamespaces, holderBeside } from "../../../extension/core/holders.ts";
import { namespaceTypes, perNamespace } from "../../../extension/core/namespaces.ts";
import type { ContainerReport, Expected, HeldNamespace } from "../../../extension/core/report.ts";
import type { NodeScan, ProcessScan } from "../../../extension/core/scan.ts";
import { allDenied, fakeProcess, fakeScan, type Inodes } from "../../support/fake-scan.ts";
import { hostInodes } from "../../support/scan-output.ts";

const joined = { net: "5001", ipc: "5002" };
const pause = fakeProcess({ pid: 100, comm: "pause", inodes: { ...joined, pid: "5010" } });
const web = fakeProcess({ pid: 110, comm: "nginx", inodes: { ...joined, pid: "5020", mnt: "5021" } });
const child = fakeProcess({
  pid: 111,
  ppid: 110,
  comm: "worker",
  inodes: { ...joined, pid: "5020", mnt: "5021" },
});

function column(
  name: string,
  processes: readonly [ProcessScan, ...ProcessScan[]],
  expected: Expected = "POD",
): ContainerReport {
  return containerReport(
    {
      name,
      kind: name === "pause" ? "infra" : "app",
      id: null,
      image: "",
      state: "",
      live: { main: processes[0], processes },
      whyAbsent: "",
      expected: perNamespace((type) => (type === "net" || type === "ipc" ? expected : "ANY")),
      targets: {},
      virtualisedBy: undefined,
    },
    fakeScan(),
    { pausePid: undefined, insidePids: new Set(), takenAt: new Date(0) },
  );
}
const containers = [column("web", [web, child]), column("pause", [pause])];
const all = [pause, web, child];
const of = (held: readonly HeldNamespace[], type: string) => held.filter((one) => one.type === type);

describe("what keeps a Linux namespace alive", () => {
  test("pause first, then one process of each container", () => {
    const [net, ...none] = of(heldNamespaces(containers, fakeScan({ processes: all })), "net");
    expect(none).toEqual([]);
    expect(net).toEqual({
      type: "net",
      inode: "5001",
      holds: [
        { kind: "process", pid: 100, comm: "pause", container: "pause" },
        { kind: "process", pid: 110, comm: "nginx", container: "web" },
      ],
      parent: null,
      owner: null,
    });
  });

  test("each container's own PID namespace is told with its parent and owner, other private ones are not", () => {
    const lineage: NodeScan["lineage"] = [
      { type: "pid", inode: "5020", parent: hostInodes.pid, owner: hostInodes.user },
      { type: "net", inode: "5020", parent: "1", owner: "1" },
    ];
    const held = heldNamespaces(containers, fakeScan({ processes: all, lineage }));
    expect(of(held, "pid").map(({ inode, parent, owner }) => [inode, parent, owner])).toEqual([
      ["5020", hostInodes.pid, hostInodes.user],
      ["5010", null, null],
    ]);
    expect(of(held, "mnt")).toEqual([]);
  });

  test("bind mounts and descriptors count by type and inode, not by inode alone", () => {
    const scan = fakeScan({
      processes: all,
      parents: [fakeProcess({ pid: 50, comm: "containerd" })],
      pins: [
        { type: "net", inode: "5001", path: "/run/netns/a" },
        { type: "uts", inode: "5001", path: "/run/utsns/a" },
      ],
      descriptors: [
        { type: "net", inode: "5001", pid: 50, fd: 7 },
        { type: "ipc", inode: "5001", pid: 50, fd: 8 },
      ],
    });
    expect(of(heldNamespaces(containers, scan), "net")[0]?.holds.slice(2)).toEqual([
      { kind: "pinned", path: "/run/netns/a" },
      { kind: "descriptor", pid: 50, fd: 7, comm: "containerd" },
    ]);
  });

  test("a process outside the sandbox is a holder without a container", () => {
    const nsenter = fakeProcess({ pid: 900, comm: "tcpdump", inodes: { net: "5001" } });
    const held = heldNamespaces(containers, fakeScan({ processes: [...all, nsenter] }));
    expect(of(held, "net")[0]?.holds.at(-1)).toEqual({
      kind: "process",
      pid: 900,
      comm: "tcpdump",
      container: null,
    });
    expect(of(held, "ipc")[0]?.holds).toHaveLength(2);
  });

  test("a container whose main process has left is held by the one that stayed", () => {
    const gone = fakeProcess({ pid: 110, inodes: { net: "6000" } });
    const scan = fakeScan({ processes: [pause, gone, child] });
    const held = heldNamespaces([column("pause", [pause]), column("web", [gone, child])], scan);
    const net = of(held, "net").find(({ inode }) => inode === "5001");
    expect(net?.holds).toMatchObject([{ pid: 100 }, { pid: 111, container: "web" }]);
  });

  test("what the container itself has open ends with it, what another process has open does not", () => {
    const open = (pid: number) =>
      heldNamespaces(
        containers,
        fakeScan({ processes: all, descriptors: [{ type: "net", inode: "5001", pid, fd: 7 }] }),
      );
    expect(holderBeside(open(110), containers)).toBeUndefined();
    expect(holderBeside(open(50), containers)).toEqual({ kind: "process", pid: 50, paths: [] });
  });

  test("of a thousand strangers twenty are named", () => {
    const strangers = Array.from({ length: 1000 }, (_, index) =>
      fakeProcess({ pid: 2000 + index, inodes: { net: "5001" } }),
    );
    const held = heldNamespaces(containers, fakeScan({ processes: [...all, ...strangers] }));
    expect(of(held, "net")[0]?.holds).toHaveLength(22);
  });

  test("where the node's own links are hidden nothing is told: it might be the node's", () => {
    expect(heldNamespaces(containers, fakeScan({ processes: all, host: allDenied }))).toEqual([]);
  });
});

test("no holder is ever told of one of the node's Linux namespaces, and each is told once", () => {
  const inodes: fc.Arbitrary<Inodes> = fc
    .array(fc.constantFrom("1", "2", "denied", "host"), { minLength: 8, maxLength: 8 })
    .map((drawn) =>
      Object.fromEntries(
        namespaceTypes.map((type, index) => [
          type,
          drawn[index] === "host" ? hostInodes[type] : (drawn[index] ?? "denied"),
        ]),
      ),
    );
  fc.assert(
    fc.property(fc.array(inodes, { minLength: 1, maxLength: 5 }), inodes, (drawn, host) => {
      const processes = drawn.map((own, index) => fakeProcess({ pid: 10 + index, inodes: own }));
      const columns = processes.map((process) => column(`c${process.pid}`, [process]));
      const scan = fakeScan({ processes, host });
      const held = heldNamespaces(columns, scan);
      for (const { type, inode, holds } of held) {
        const nodes = scan.host.namespaces[type];
        expect(nodes.status === "read" && nodes.inode !== inode).toBe(true);
        expect(holds.length).toBeGreaterThan(0);
      }
      expect(new Set(held.map(({ type, inode }) => `${type} ${inode}`)).size).toBe(held.length);
    }),
  );
});
