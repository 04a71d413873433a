import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { namespaceTypes } from "../../../../extension/core/namespaces.ts";
import type { NodeView } from "../../../../extension/core/node-view.ts";
import { buildNodeView } from "../../../../extension/core/others/node-view.ts";
import type { NodeScan } from "../../../../extension/core/scan.ts";
import { allDenied, type FakeProcessScan, fakeProcess } from "../../../support/fake-scan.ts";
import { hostInodes } from "../../../support/scan-output.ts";
import { bundle, dockerDemo, ids, nodeScan, own } from "./fake-node.ts";

const viewOf = (scan: NodeScan): NodeView =>
  buildNodeView({
    node: { name: "node-a", runtimeVersion: "containerd://2.1.0" },
    scan,
    takenAt: new Date("2026-01-02T00:00:00Z"),
    apiPods: { unknown: "No cluster." },
  });

const podUid = "0b6c2a91-4ad1-4e0f-9a5f-1c2d3e4f5a6b";
const inPod: FakeProcessScan = { pid: 200, cgroup: `/kubepods/pod${podUid}/${ids.db}`, inodes: own(200) };

describe("Linux namespaces", () => {
  test("are counted as lsns counts them, with who uses them and what keeps them", () => {
    const scan = nodeScan([dockerDemo.web, dockerDemo.pause, inPod], {
      bundles: [
        ...dockerDemo.bundles,
        {
          ...bundle(ids.db, "", undefined),
          type: "container",
          pod: { uid: podUid, namespace: "shop", name: "db" },
        },
      ],
      pins: [
        { type: "net", path: "/run/netns/a", inode: own(100).net },
        { type: "net", path: "/run/netns/empty", inode: "9" },
      ],
      descriptors: [{ type: "net", inode: "10", pid: 1, fd: 7 }],
      lineage: [{ type: "pid", inode: own(100).pid, parent: hostInodes.pid, owner: hostInodes.user }],
    });
    const { namespaces } = viewOf(scan);
    expect(
      namespaces.filter(({ type }) => type === "net").map(({ inode, processes }) => [inode, processes]),
    ).toEqual([
      ["9", 0],
      ["10", 0],
      [own(100).net, 2],
      [own(200).net, 1],
      [hostInodes.net, 2],
    ]);
    const at = (inode: string): unknown => namespaces.find((one) => one.inode === inode);
    expect(at(own(100).net)).toEqual({
      type: "net",
      inode: own(100).net,
      host: false,
      processes: 2,
      holds: [
        { kind: "process", pid: 100, comm: "pause", container: null },
        { kind: "pinned", path: "/run/netns/a" },
      ],
      parent: null,
      owner: null,
      usedBy: ["pause, web"],
    });
    expect(at(own(200).net)).toMatchObject({ usedBy: ["shop/db"] });
    expect(at("10")).toMatchObject({ holds: [{ kind: "descriptor", pid: 1, fd: 7, comm: "systemd" }] });
    expect(at(own(100).pid)).toMatchObject({ parent: hostInodes.pid, owner: hostInodes.user });
    expect(at(hostInodes.net)).toMatchObject({ host: true });
  });

  test("their counts sum to the links that were read", () => {
    const inode = fc.constantFrom("denied", "11", "12", hostInodes.net);
    const processes = fc.array(fc.record({ net: inode, pid: inode, user: inode }), { maxLength: 20 });
    fc.assert(
      fc.property(processes, (all) => {
        const scan = nodeScan(all.map((inodes, index) => ({ pid: 100 + index, inodes })));
        const { namespaces } = viewOf(scan);
        for (const type of namespaceTypes) {
          const counted = namespaces
            .filter((one) => one.type === type)
            .reduce((sum, { processes: count }) => sum + count, 0);
          const read = scan.processes.filter((one) => one.namespaces[type].status === "read").length;
          expect(counted).toBe(read);
        }
        expect(new Set(namespaces.map((one) => `${one.type} ${one.inode}`)).size).toBe(namespaces.length);
      }),
    );
  });
});

describe("pods of the node", () => {
  test("are named by the runtime's bundle, and else by their UID alone", () => {
    const scan = nodeScan([inPod, { ...inPod, pid: 210 }]);
    expect(viewOf(scan).pods).toEqual([
      { uid: podUid, namespace: null, name: null, processes: 2, startedAt: "2026-01-01T00:00:02.000Z" },
    ]);
  });

  test("are not those of which nothing but zombies is left", () => {
    const cgroup = "/kubepods/besteffort/pod0a1b2c3d-1111-2222-3333-444455556666";
    const ended = { pid: 100, state: "Z", cgroup };
    expect(viewOf(nodeScan([ended])).pods).toEqual([]);
    expect(viewOf(nodeScan([ended, { pid: 101, cgroup }])).pods).toMatchObject([{ processes: 2 }]);
  });

  test("are not those of a node that is a container here", () => {
    const inKind = { ...inPod, cgroup: `/docker/${ids.web}/kubelet${inPod.cgroup}` };
    expect(viewOf(nodeScan([inKind])).pods).toEqual([]);
    const init = fakeProcess({ pid: 1, ppid: 0, cgroup: `/docker/${ids.web}/init.scope` });
    const scan = nodeScan([inKind]);
    const inside = { ...scan, processes: [init, ...scan.processes.filter(({ pid }) => pid !== 1)] };
    expect(viewOf(inside).pods).toHaveLength(1);
  });
});

test("other sandboxes are listed with what they are apart in", () => {
  expect(
    viewOf(nodeScan([dockerDemo.pause, dockerDemo.web], { bundles: dockerDemo.bundles })).others,
  ).toEqual([
    {
      node: "node-a",
      key: `container:${ids.pause}`,
      kind: "containers",
      title: "pause, web",
      processes: 2,
      members: ["pause", "web"],
      isolated: ["net", "ipc", "uts", "pid", "mnt"],
      startedAt: "2026-01-01T00:00:01.000Z",
      virtualisedBy: null,
    },
  ]);
});

describe("about the reading", () => {
  test.each<[string, Partial<NodeScan>, string[]]>([
    ["whole", {}, []],
    ["nested", { host: { ...nodeScan([]).host, nested: true } }, ["nested-node"]],
    ["racing and cut", { raced: [5], truncated: true }, ["read-raced", "truncated"]],
    ["hidden", { hidden: true, readerUid: 1000 }, ["needs-root"]],
    ["hardened", { host: { ...nodeScan([]).host, source: "nobody" } }, ["sharing-unverified"]],
  ])("%s", (_name, changes, expected) => {
    const { findings } = viewOf({ ...nodeScan([]), ...changes });
    expect(findings.map(({ code }) => code)).toEqual(expected);
  });

  test("another user's processes need root", () => {
    const scan = nodeScan([{ pid: 100, inodes: allDenied }], { readerUid: 1000 });
    expect(viewOf(scan).findings.map(({ code }) => code)).toEqual(["needs-root"]);
  });

  test("why leaks are not known is passed on", () => {
    expect(viewOf(nodeScan([]))).toMatchObject({ leaks: [], leaksUnknown: "No cluster." });
  });
});
