import { perNamespace } from "../../extension/core/namespaces.ts";
import type { NodeNamespace, NodeView, OtherSummary } from "../../extension/core/node-view.ts";

export const seenAt = "2026-01-02T12:00:00.000Z";

/** A node with nothing but itself on it. */
export function fakeNodeView(more: Partial<NodeView> = {}): NodeView {
  return {
    schemaVersion: 1,
    takenAt: seenAt,
    node: {
      name: "node-a",
      bootId: "b",
      nsDevice: "4",
      bootedAt: "2026-11-23T11:00:00.000Z",
      kernelRelease: "6.1.0",
      cgroupVersion: "v2",
      runtime: "",
      namespaces: perNamespace(() => ({ status: "read", inode: "4026531840" })),
      namespacesOf: "pid1",
    },
    namespaces: [],
    pods: [],
    others: [],
    leaks: [],
    leaksUnknown: null,
    findings: [],
    ...more,
  };
}

export function fakeOther(more: Partial<OtherSummary> = {}): OtherSummary {
  return {
    node: "node-a",
    key: "process:812:4711",
    kind: "processes",
    title: "unshare",
    processes: 2,
    members: ["unshare", "sleep"],
    isolated: ["net", "pid"],
    startedAt: "2026-01-02T09:00:00.000Z",
    virtualisedBy: null,
    ...more,
  };
}

export function fakeNamespace(more: Partial<NodeNamespace> = {}): NodeNamespace {
  return {
    type: "net",
    inode: "4026532177",
    host: false,
    processes: 3,
    holds: [{ kind: "process", pid: 812, comm: "pause", container: null }],
    parent: null,
    owner: "4026531837",
    usedBy: ["default/web"],
    ...more,
  };
}
