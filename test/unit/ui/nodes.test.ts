import { describe, expect, test } from "vitest";
import { bySsh } from "../../../extension/nodes/access.ts";
import type { ClusterNodes } from "../../../extension/app/node-list.ts";
import { type NodePlace, placeKey } from "../../../extension/app/node-place.ts";
import type { NodeState } from "../../../extension/app/node-states.ts";
import type { TakenWay } from "../../../extension/app/ways.ts";
import { SandboxError } from "../../../extension/core/errors.ts";
import type { Leak } from "../../../extension/core/node-view.ts";
import {
  age,
  leakLook,
  leaksLook,
  nodeLook,
  nodesStatusLook,
  otherLook,
  othersLook,
} from "../../../extension/ui/nodes-look.ts";
import { NodesRows, type NodesRow, type NodesStatus } from "../../../extension/ui/nodes-rows.ts";
import { parseNodeTarget, parseOtherTarget } from "../../../extension/ui/nodes-target.ts";
import type { RowLook } from "../../../extension/ui/row-look.ts";
import { fakeNodeView, fakeOther, seenAt } from "../../support/fake-node-view.ts";
import { makeNode } from "../../support/ssh-nodes.ts";

const place: NodePlace = { context: "lab", node: "node-a" };
const leak: Leak = {
  code: "unused-pin",
  title: "/run/netns/blue",
  since: "2026-01-01T12:00:00.000Z",
  message: "Nothing uses this pinned network namespace.",
  toBeSure: "Look for whoever made it.",
};
const usual: TakenWay = { way: bySsh, by: "default" };
const hostile = "web\n$(bug) [x](command:evil)\u202E<img src=x>";

interface Setup {
  readonly rows: NodesRows;
  readonly read: NodePlace[];
}

function setup(
  nodes: ClusterNodes,
  { hosts = [], state = { kind: "unread" } }: { hosts?: readonly string[]; state?: NodeState } = {},
): Setup {
  const read: NodePlace[] = [];
  const rows = new NodesRows({
    list: { nodes },
    states: {
      of: (asked) => (placeKey(asked) === placeKey(place) ? state : { kind: "unread" }),
      read: async (asked) => void read.push(asked),
    },
    context: () => "lab",
    hosts: () => hosts,
  });
  return { rows, read };
}

const listed: ClusterNodes = { kind: "listed", nodes: [makeNode("node-a", "10.0.0.5")] };

function outline(rows: NodesRows, of: readonly NodesRow[], depth = 0): readonly string[] {
  return of.flatMap((row) => [
    `${"  ".repeat(depth)}${nameOf(row)}`,
    ...outline(rows, rows.children(row), depth + 1),
  ]);
}

function nameOf(row: NodesRow): string {
  switch (row.kind) {
    case "node":
      return `${row.place.context ?? "ssh"} ${row.place.node}`;
    case "status":
      return `(${row.status.kind})`;
    case "other":
      return row.other.title;
    case "leak":
      return row.leak.title;
    case "others":
    case "leaks":
    case "namespaces":
      return row.kind;
  }
}

function first(rows: readonly NodesRow[]): NodesRow {
  const [row] = rows;
  if (row === undefined) throw new Error("there is no row");
  return row;
}

describe("the rows of the Nodes view", () => {
  test("are the nodes of the cluster, then the SSH hosts, each once; seeing them reads none", () => {
    const { rows, read } = setup(listed, { hosts: ["box", "root@box:22", "box"] });
    expect(rows.roots().map(nameOf)).toEqual(["lab node-a", "ssh box", "ssh root@box:22"]);
    expect(read).toEqual([]);
  });

  test("SSH hosts are there whatever becomes of the cluster", () => {
    const error = new SandboxError("api-unreachable", "no");
    const hosts = ["box"];
    const names = (nodes: ClusterNodes): readonly string[] =>
      setup(nodes, { hosts }).rows.roots().map(nameOf);
    expect(names({ kind: "none" })).toEqual(["ssh box"]);
    expect(names({ kind: "loading" })).toEqual(["(connecting)", "ssh box"]);
    expect(names({ kind: "failed", error })).toEqual(["(cluster-failed)", "ssh box"]);
    expect(names({ kind: "of-pods", names: ["node-a"], error })).toEqual([
      "(names-of-pods)",
      "lab node-a",
      "ssh box",
    ]);
  });

  test("unfolding a node reads that one, and only the first time", () => {
    const unread = setup(listed);
    expect(unread.rows.children(first(unread.rows.roots())).map(nameOf)).toEqual(["(reading)"]);
    expect(unread.read).toEqual([place]);
    const error = new SandboxError("ssh-refused", "no");
    const states: readonly NodeState[] = [
      { kind: "reading", view: undefined },
      { kind: "read", view: fakeNodeView() },
      { kind: "failed", error, view: undefined },
    ];
    for (const state of states) {
      const { rows, read } = setup(listed, { state });
      outline(rows, rows.roots());
      expect(read).toEqual([]);
    }
  });

  test("of a node that was read are its sandboxes, its leaks and its Linux namespaces", () => {
    const view = fakeNodeView({
      others: [fakeOther(), fakeOther({ key: "process:9:9", title: "chrony.service" })],
      leaks: [leak],
      findings: [
        {
          code: "needs-root",
          severity: "warning",
          container: null,
          namespaceType: null,
          message: "Not all.",
        },
      ],
    });
    const { rows } = setup(listed, { state: { kind: "read", view } });
    expect(outline(rows, rows.roots())).toEqual([
      "lab node-a",
      "  (finding)",
      "  others",
      "    unshare",
      "    chrony.service",
      "  leaks",
      "    /run/netns/blue",
      "  namespaces",
    ]);
  });

  test("say it when there is nothing, and when it cannot be known", () => {
    const view = fakeNodeView();
    const { rows } = setup(listed, { state: { kind: "read", view } });
    expect(outline(rows, rows.roots())).toEqual([
      "lab node-a",
      "  others",
      "    (no-others)",
      "  leaks",
      "    (no-leaks)",
      "  namespaces",
    ]);
    const unknown = setup(listed, {
      state: { kind: "read", view: fakeNodeView({ leaksUnknown: "No cluster.", leaks: [leak] }) },
    });
    expect(outline(unknown.rows, unknown.rows.roots())).toContain("    (leaks-unknown)");
  });

  test("what was seen stays below the error of a later reading", () => {
    const error = new SandboxError("ssh-refused", "no");
    const { rows } = setup(listed, {
      state: { kind: "failed", error, view: fakeNodeView({ others: [fakeOther()] }) },
    });
    expect(outline(rows, rows.roots()).slice(0, 4)).toEqual([
      "lab node-a",
      "  (failed)",
      "  others",
      "    unshare",
    ]);
  });

  test("each has an ID of its own", () => {
    const finding = {
      code: "truncated",
      severity: "info",
      container: null,
      namespaceType: null,
      message: "More.",
    } as const;
    // Two of a kind, which a node may well say: VS Code would show neither.
    const view = fakeNodeView({
      others: [fakeOther()],
      leaks: [leak, leak],
      findings: [finding, finding],
    });
    const { rows } = setup(listed, { state: { kind: "read", view }, hosts: ["node-a", "box"] });
    const ids = (of: readonly NodesRow[]): readonly string[] =>
      of.flatMap((row) => [row.id, ...ids(rows.children(row))]);
    const all = ids(rows.roots());
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("a node's row", () => {
  const row = { kind: "node", id: "1", place, node: makeNode("node-a", "10.0.0.5") } as const;

  test.each([
    [usual, "SSH (the usual way)"],
    [{ ...usual, by: "rule" }, "SSH (a rule of the setting podSandbox.access)"],
    [
      { way: { kind: "container", engine: "docker", container: "${name}" }, by: "choice" },
      "docker container node-a (your choice)",
    ],
  ] satisfies [TakenWay, string][])("tells the way onto it, and why it is that one: %#", (taken, words) => {
    expect(nodeLook(row, { kind: "unread" }, taken).details).toContainEqual(["Way onto it", words]);
  });

  test("tells no way where the settings are wrong, nor onto a node that cannot be read", () => {
    const windows = { ...row, node: makeNode("node-a", "10.0.0.5", { os: "windows" }) };
    for (const look of [
      nodeLook(row, { kind: "unread" }, undefined),
      nodeLook(windows, { kind: "unread" }, usual),
    ]) {
      expect(look.details.map(([name]) => name)).not.toContain("Way onto it");
    }
  });

  test("tells how far its reading is", () => {
    expect(nodeLook(row, { kind: "unread" }, usual)).toMatchObject({
      label: "node-a",
      description: "not read yet",
      icon: "server",
      spoken: "Node node-a, not read yet",
    });
    expect(nodeLook(row, { kind: "reading", view: undefined }, usual).icon).toBe("loading~spin");
    expect(nodeLook(row, { kind: "read", view: fakeNodeView() }, usual).description).toMatch(/^read at \d/);
    const error = new SandboxError("ssh-refused", "no");
    expect(nodeLook(row, { kind: "failed", error, view: undefined }, usual)).toMatchObject({
      description: "could not be read",
      tone: "bad",
    });
  });

  test("tells an SSH host, a node that is not ready, and one that has no Linux namespaces to read", () => {
    const host = { ...row, place: { context: null, node: "box" }, node: undefined };
    expect(nodeLook(host, { kind: "unread" }, usual)).toMatchObject({
      description: "SSH host · not read yet",
      icon: "remote",
    });
    const sick = { ...row, node: makeNode("node-a", "10.0.0.5", { ready: false }) };
    expect(nodeLook(sick, { kind: "unread" }, usual).description).toBe("not ready · not read yet");
    const windows = { ...row, node: makeNode("node-a", "10.0.0.5", { os: "windows" }) };
    expect(nodeLook(windows, { kind: "unread" }, usual)).toMatchObject({
      description: "Windows: no Linux namespaces",
      icon: "circle-slash",
    });
  });
});

describe("the rows of what is on a node", () => {
  test("another sandbox tells what it has for itself, and since when", () => {
    const other = { kind: "other", id: "1", place, other: fakeOther(), seenAt } as const;
    expect(otherLook(other)).toMatchObject({
      label: "unshare",
      description: "net, pid · 3 h",
      icon: "terminal",
      spoken: "processes without a container unshare, own Linux namespaces: net, pid, 2 processes, age 3 h",
    });
    const gvisor = fakeOther({ kind: "container", virtualisedBy: "gVisor" });
    expect(otherLook({ ...other, other: gvisor })).toMatchObject({
      description: "gVisor · 3 h",
      icon: "vm",
    });
  });

  test("a leak tells what it would take to be sure", () => {
    const look = leakLook({ kind: "leak", id: "1", leak, seenAt });
    expect(look).toMatchObject({
      label: "blue",
      description: "pinned, unused · 1 d",
      tone: "busy",
    });
    expect(look.details).toContainEqual(["Possible leak", "/run/netns/blue"]);
    expect(look.spoken).toMatch(/^Possible leak: \/run\/netns\/blue, /);
    expect(look.details).toContainEqual(["To be sure", "Look for whoever made it."]);
    const unknown = leakLook({ kind: "leak", id: "1", leak: { ...leak, since: null }, seenAt });
    expect(unknown.description).toBe("pinned, unused");
    expect(unknown.details).toContainEqual(["Age", "not known"]);
  });

  test("the parts count, and do not call unknown what is none", () => {
    expect(othersLook(fakeNodeView()).description).toBe("none");
    expect(othersLook(fakeNodeView({ others: [fakeOther()] })).description).toBe("1");
    expect(leaksLook(fakeNodeView()).description).toBe("none");
    expect(leaksLook(fakeNodeView({ leaksUnknown: "No cluster." })).description).toBe("not known");
    expect(leaksLook(fakeNodeView({ leaks: [leak] }))).toMatchObject({
      description: "1",
      tone: "busy",
    });
  });

  test("none is not said where not everything could be read", () => {
    const finding = { container: null, namespaceType: null, message: "Not root." } as const;
    const warned = fakeNodeView({ findings: [{ ...finding, code: "needs-root", severity: "warning" }] });
    expect(othersLook(warned).description).toBe("none seen");
    expect(leaksLook(warned)).toMatchObject({ description: "none seen", icon: "question" });
    for (const kind of ["no-others", "no-leaks"] as const) {
      const labels = [false, true].map((partial) => nodesStatusLook({ kind, partial }).label);
      expect(labels[0]).toMatch(/^Nothing /);
      expect(labels[1]).toBe("None seen, but not everything could be read");
    }
    const raced = fakeNodeView({ findings: [{ ...finding, code: "read-raced", severity: "info" }] });
    expect(leaksLook(raced).description).toBe("none");
  });

  test("ages are in their largest unit", () => {
    const at = (iso: string): string => age(iso, seenAt);
    expect(at("2026-01-02T11:59:30.000Z")).toBe("30 s");
    expect(at("2026-01-02T11:00:30.000Z")).toBe("59 min");
    expect(at("2026-01-02T09:00:00.000Z")).toBe("3 h");
    expect(at("2025-12-30T09:00:00.000Z")).toBe("3 d");
    // The node's clock is ahead of ours.
    expect(at("2026-01-02T12:00:05.000Z")).toBe("0 s");
    expect(at("soon")).toBe("");
  });

  test("hostile names stay on their line", () => {
    const error = new SandboxError("ssh-refused", "no", { facts: { host: hostile } });
    const statuses: readonly NodesStatus[] = [
      { kind: "failed", error },
      { kind: "leaks-unknown", why: hostile },
      {
        kind: "finding",
        finding: {
          code: "truncated",
          severity: "info",
          container: null,
          namespaceType: null,
          message: hostile,
        },
      },
    ];
    const other = fakeOther({ title: hostile, members: [hostile], virtualisedBy: hostile });
    const bad = { ...leak, title: hostile, message: hostile, toBeSure: hostile };
    const node = makeNode(hostile, "", { runtimeVersion: hostile, osImage: hostile });
    const looks = [
      ...statuses.map((status) => nodesStatusLook(status)),
      otherLook({ kind: "other", id: "1", place, other, seenAt }),
      leakLook({ kind: "leak", id: "1", leak: bad, seenAt }),
      nodeLook(
        { kind: "node", id: "1", place: { context: hostile, node: hostile }, node },
        { kind: "unread" },
        { way: { kind: "container", engine: "docker", container: hostile }, by: "rule" },
      ),
    ];
    for (const text of looks.flatMap(textsOf)) expect(text).not.toMatch(/[\p{Cc}\p{Cf}]|\]\(/u);
  });
});

describe("what a command is given", () => {
  test("is a row of the view", () => {
    const { rows } = setup(listed, {
      state: { kind: "read", view: fakeNodeView({ others: [fakeOther()] }) },
    });
    const [node] = rows.roots();
    expect(parseNodeTarget(node)).toEqual(place);
    const [others] = node === undefined ? [] : rows.children(node);
    const [other] = others === undefined ? [] : rows.children(others);
    expect(parseOtherTarget(other)).toEqual({ ...place, key: "process:812:4711", title: "unshare" });
  });

  test.each([undefined, null, "node-a", {}, { place: { node: "a" } }, { place: { context: 7, node: "a" } }])(
    "is refused when it is %j",
    (argument) => {
      const refusal = expect.objectContaining({ reason: "bad-argument" });
      expect(() => parseNodeTarget(argument)).toThrow(refusal);
      expect(() => parseOtherTarget(argument)).toThrow(refusal);
    },
  );
});

function textsOf(look: RowLook): readonly string[] {
  return [look.label, look.description, look.spoken, ...look.details.flat()];
}
