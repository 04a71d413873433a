import { describe, expect, test } from "vitest";
import { withNode } from "../../../extension/core/with-node.ts";
import { fakeProcess, fakeScan } from "../../support/fake-scan.ts";
import { hostInodes } from "../../support/scan-output.ts";

const web = fakeProcess({ pid: 110, inodes: { net: "5001" } });
const stranger = fakeProcess({ pid: 900, inodes: { net: "5001" } });
const other = fakeProcess({ pid: 901, inodes: { net: "6000" } });
const pod = fakeScan({ processes: [web] });
const node = fakeScan({
  scope: "node",
  processes: [fakeProcess({ pid: 1 }), web, stranger, other],
  pins: [
    { type: "net", inode: "5001", path: "/a" },
    { type: "net", inode: "6000", path: "/b" },
    { type: "net", inode: hostInodes.net, path: "/c" },
  ],
  descriptors: [{ type: "net", inode: "5001", pid: 901, fd: 3 }],
  lineage: [{ type: "net", inode: "6000", parent: undefined, owner: "1" }],
});

describe("a pod's scan with its node's", () => {
  test("gains what is in, or holds, the pod's Linux namespaces, and nothing else", () => {
    const both = withNode(pod, node);
    expect(both.scope).toBe("node");
    expect(both.processes).toEqual([web, stranger]);
    expect(both.pins.map(({ path }) => path)).toEqual(["/a"]);
    expect(both.descriptors).toHaveLength(1);
    expect(both.lineage).toEqual([]);
  });

  test("says nothing twice", () => {
    expect(withNode({ ...pod, pins: node.pins.slice(0, 1) }, node).pins).toHaveLength(1);
  });

  test.each([
    ["of another boot", { bootId: "00000000-0000-0000-0000-000000000000" }],
    ["in which the pod's process is gone: the inode may be another's by now", { processes: [stranger] }],
    [
      "in which the PID was given to another process",
      { processes: [{ ...web, startTicks: web.startTicks + 1 }, stranger] },
    ],
    [
      "in which the pod's process is elsewhere",
      { processes: [fakeProcess({ pid: 110, inodes: { net: "7000" } }), stranger] },
    ],
  ])("gains nothing from a scan %s", (_which, change) => {
    const both = withNode(pod, { ...node, ...change });
    expect(both.processes).toEqual([web]);
    expect(both.pins).toEqual([]);
    expect(both.descriptors).toEqual([]);
  });
});
