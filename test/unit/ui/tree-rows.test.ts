import { describe, expect, test } from "vitest";
import type { Pod } from "../../../extension/core/pod.ts";
import type { Row } from "../../../extension/ui/rows.ts";
import { TreeRows, type TreeView } from "../../../extension/ui/tree-rows.ts";
import { fakeContainer, fakePod } from "../../support/fake-pod.ts";
import { clusterOf, type FakeCluster, fakeStore } from "../app/fake-cluster.ts";
import type { PodStore, StoreChange } from "../../../extension/app/store.ts";

const web = fakePod({ uid: "u1", name: "web", containers: [fakeContainer({ name: "nginx" })] });
const db = fakePod({ uid: "u2", name: "db", nodeName: "node-b" });
const dns = fakePod({ uid: "u3", name: "dns", namespace: "kube-system", nodeName: undefined });

interface Setup {
  readonly rows: TreeRows;
  readonly store: PodStore;
  readonly cluster: FakeCluster;
  /** Rows drawn again since the last call; "all" for the whole tree. */
  readonly drawn: () => readonly string[];
}

async function setup(view: Partial<TreeView> = {}): Promise<Setup> {
  const { store, clusters } = fakeStore();
  await store.start();
  const rows = new TreeRows(store, { grouping: "namespace", filter: "", restricted: false, ...view });
  const changes: StoreChange[] = [];
  const drawn: string[] = [];
  store.onChange((change) => {
    changes.push(change);
    drawn.push(...(rows.affected(change)?.map(nameOf) ?? ["all"]));
  });
  return { rows, store, cluster: clusterOf(clusters, "one"), drawn: () => drawn.splice(0) };
}

function nameOf(row: Row): string {
  switch (row.kind) {
    case "context":
      return row.context;
    case "status":
      return `(${row.status.kind})`;
    case "sandbox":
      return "sandbox";
    case "group":
    case "pod":
    case "container":
      return row.name;
  }
}

/** The tree as VS Code would draw it with everything unfolded. */
function outline(rows: TreeRows, of: readonly Row[] = rows.roots(), depth = 0): readonly string[] {
  return of.flatMap((row) => [
    `${"  ".repeat(depth)}${nameOf(row)}`,
    ...outline(rows, rows.children(row), depth + 1),
  ]);
}

function podRows(rows: TreeRows): readonly Row[] {
  const groups = rows.roots().flatMap((root) => rows.children(root));
  return groups.flatMap((group) => rows.children(group)).filter((row) => row.kind === "pod");
}

describe("by Kubernetes namespace", () => {
  test("pods are loaded when their Kubernetes namespace is unfolded", async () => {
    const { rows, cluster } = await setup();
    const [context] = rows.roots();
    expect(context && rows.children(context).map(nameOf)).toEqual(["default", "kube-system"]);
    expect(cluster.watches).toEqual([]);
    expect(outline(rows)).toEqual(["one", "  default", "    (loading)", "  kube-system", "    (loading)"]);
    cluster.watch("default").pods(web, db);
    cluster.watch("kube-system").pods();
    expect(outline(rows)).toEqual([
      "one",
      "  default",
      "    db",
      "      sandbox",
      "    web",
      "      sandbox",
      "      nginx",
      "  kube-system",
      "    (no-pods)",
    ]);
  });

  test("the same pod is the same row, so that what is selected stays selected", async () => {
    const { rows, cluster } = await setup();
    outline(rows);
    cluster.watch("default").pods(web);
    const [before] = podRows(rows);
    cluster.watch("default").pods({ ...web, phase: "Failed" }, db);
    expect(podRows(rows)).toContain(before);
    expect(before && rows.children(before)).toEqual(before && rows.children(before));
  });

  test("IDs are unique in the whole tree", async () => {
    const { rows, cluster } = await setup();
    outline(rows);
    cluster.watch("default").pods(web, db);
    cluster.watch("kube-system").pods(dns);
    const ids: string[] = [];
    const collect = (of: readonly Row[]): void => {
      for (const row of of) {
        ids.push(row.id);
        collect(rows.children(row));
      }
    };
    collect(rows.roots());
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("draws again what changed, and no more", async () => {
    const { rows, cluster, drawn } = await setup();
    outline(rows);
    cluster.watch("default").pods(web, db);
    outline(rows);
    drawn();
    cluster.watch("default").pods({ ...web, phase: "Failed" }, db);
    expect(drawn()).toEqual(["web"]);
    cluster.watch("default").pods(db);
    expect(drawn()).toEqual(["default"]);
  });

  test("a pod that is gone has no row", async () => {
    const { rows, cluster } = await setup();
    outline(rows);
    cluster.watch("default").pods(web);
    const [row] = podRows(rows);
    cluster.watch("default").pods();
    expect(podRows(rows)).toEqual([]);
    expect(row?.kind === "pod" && rows.pod(row)).toBeUndefined();
    expect(row && rows.children(row)).toEqual([]);
  });

  test("says where the server does not answer, beside the last pods", async () => {
    const { rows, cluster } = await setup();
    outline(rows);
    cluster.watch("default").pods(web);
    cluster.watch("default").fail("api-unreachable");
    expect(outline(rows)).toContain("    (retrying)");
    expect(outline(rows)).toContain("    web");
    cluster.watch("default").fail("forbidden");
    expect(outline(rows)).toContain("    (refused)");
    expect(outline(rows)).not.toContain("    web");
  });
});

describe("by node", () => {
  test("pods on no node come last; a group with its last pod gone goes", async () => {
    const { rows, cluster, drawn } = await setup({ grouping: "node" });
    expect(outline(rows)).toEqual(["one", "  (loading)"]);
    cluster.watch().pods(web, db, dns);
    expect(outline(rows).filter((line) => /^ {2}\S|^ {2}$/.test(line))).toEqual([
      "  node-a",
      "  node-b",
      "  ",
    ]);
    drawn();
    cluster.watch().pods(web, dns);
    expect(drawn()).toEqual(["one"]);
    expect(outline(rows)).not.toContain("  node-b");
  });

  test("a pod that was given a node moves there", async () => {
    const { rows, cluster } = await setup({ grouping: "node" });
    outline(rows);
    cluster.watch().pods(web, dns);
    outline(rows);
    cluster.watch().pods(web, { ...dns, nodeName: "node-a" });
    const moved = podRows(rows).find((row) => row.kind === "pod" && row.name === "dns");
    expect(moved?.parent).toMatchObject({ kind: "group", name: "node-a" });
  });

  test("no pod at all, and not being allowed to see, are told apart", async () => {
    const empty = await setup({ grouping: "node" });
    outline(empty.rows);
    empty.cluster.watch().pods();
    expect([empty.rows.emptiness(), empty.rows.roots()]).toEqual(["empty", []]);
    const refused = await setup({ grouping: "node" });
    outline(refused.rows);
    refused.cluster.watch().fail("forbidden");
    expect(outline(refused.rows)).toEqual(["one", "  (refused)", "  (by-namespace-instead)"]);
  });
});

describe("with a filter", () => {
  test("finds everywhere, shows only where it found, and says when it found nothing", async () => {
    const { rows, cluster } = await setup();
    outline(rows);
    rows.setView({ ...rows.view, filter: "dns" });
    outline(rows);
    cluster.watch().pods(web, dns);
    expect(outline(rows)).toEqual(["one", "  kube-system", "    dns", "      sandbox"]);
    rows.setView({ ...rows.view, filter: "nothing" });
    expect(outline(rows)).toEqual(["one", "  (no-match)"]);
  });

  test("a pod that comes to match is drawn", async () => {
    const { rows, cluster, drawn } = await setup({ filter: "failed" });
    outline(rows);
    cluster.watch().pods(web);
    outline(rows);
    drawn();
    cluster.watch().pods({ ...web, phase: "Failed" });
    expect(drawn()).toEqual(["one"]);
    expect(outline(rows)).toContain("    web");
  });

  test("where not all pods may be listed as well", async () => {
    const { rows, cluster, drawn } = await setup({ filter: "failed" });
    outline(rows);
    cluster.watch().fail("forbidden");
    outline(rows);
    cluster.watch("default").pods(web);
    outline(rows);
    drawn();
    cluster.watch("default").pods({ ...web, phase: "Failed" });
    expect(drawn()).toContain("default");
  });

  test("taken away, the watch of all pods is closed", async () => {
    const { rows, cluster } = await setup({ filter: "web" });
    outline(rows);
    cluster.watch().pods(web);
    rows.setView({ ...rows.view, filter: "" });
    expect(() => cluster.watch()).toThrow("no open watch");
    expect(outline(rows)).toContain("    (loading)");
  });
});

test("in Restricted Mode the first row says so", async () => {
  const { rows } = await setup({ restricted: true });
  expect(rows.roots().map(nameOf)).toEqual(["(restricted)", "one"]);
});

test("without permission for anything there is no row: the welcome text tells", async () => {
  const { rows, store, cluster } = await setup();
  cluster.namespaces = async () => {
    const { SandboxError } = await import("../../../extension/core/errors.ts");
    throw new SandboxError("forbidden", "no");
  };
  await store.refresh();
  expect(outline(rows)).toEqual(["one", "  (only-default-namespace)", "  default", "    (loading)"]);
  cluster.watch("default").fail("forbidden");
  expect([rows.emptiness(), rows.roots()]).toEqual(["forbidden", []]);
});

test("without any Kubernetes namespace there is no row either", async () => {
  const { rows, store, cluster } = await setup();
  cluster.namespaces = async () => [];
  await store.refresh();
  expect([rows.emptiness(), rows.roots()]).toEqual(["empty", []]);
});

test("of 5,000 pods only the one that changed is drawn again", async () => {
  const { rows, cluster, drawn } = await setup();
  outline(rows);
  const pods = Array.from({ length: 5000 }, (_, index): Pod => ({
    ...web,
    uid: `u${index}`,
    name: `web-${index}`,
  }));
  cluster.watch("default").pods(...pods);
  expect(podRows(rows)).toHaveLength(1000);
  drawn();
  cluster.watch("default").pods(...pods.with(77, { ...web, uid: "u77", name: "web-77", phase: "Failed" }));
  expect(drawn()).toEqual([]);
  cluster
    .watch("default")
    .pods(...pods.with(1077, { ...web, uid: "u1077", name: "web-1077", phase: "Failed" }));
  expect(drawn()).toEqual(["web-1077"]);
});

test("of many pods the first are drawn, and more when somebody asks", async () => {
  const { rows, cluster } = await setup();
  outline(rows);
  const pods = Array.from({ length: 2500 }, (_, index): Pod => ({
    ...web,
    uid: `u${index}`,
    name: `web-${index}`,
  }));
  cluster.watch("default").pods(...pods);
  const [group] = rows.roots().flatMap((root) => rows.children(root));
  if (group?.kind !== "group") throw new Error("no group");
  const last = (): unknown => rows.children(group).at(-1);
  expect(rows.count(group)).toBe(2500);
  expect(last()).toMatchObject({ status: { kind: "more", count: 1500 } });
  expect(rows.showMore(group.id)).toEqual([group]);
  expect(last()).toMatchObject({ status: { kind: "more", count: 500 } });
  rows.showMore(group.id);
  expect(last()).toMatchObject({ kind: "pod", name: "web-999" });
  for (const other of ["nothing", undefined, 7, {}]) expect(rows.showMore(other)).toEqual([]);
});

describe("while the list comes page by page", () => {
  test("what came is shown, and that there is more to come", async () => {
    const { rows, cluster, drawn } = await setup({ grouping: "node" });
    outline(rows);
    const all = cluster.watch();
    all.page(web);
    expect(drawn()).toEqual(["one"]);
    expect(outline(rows)).toEqual([
      "one",
      "  (loading)",
      "  node-a",
      "    web",
      "      sandbox",
      "      nginx",
    ]);
    const [, group] = rows.roots().flatMap((root) => rows.children(root));
    // How many there are is not known yet.
    expect(group?.kind === "group" && rows.count(group)).toBeUndefined();
    all.pods(web, dns);
    expect(drawn()).toContain("one");
    expect(outline(rows).slice(1)).toEqual([
      "  node-a",
      "    web",
      "      sandbox",
      "      nginx",
      "  ",
      "    dns",
      "      sandbox",
    ]);
    expect(group?.kind === "group" && rows.count(group)).toBe(1);
  });

  test("its end is seen even where it brings nothing new", async () => {
    const { rows, cluster, drawn } = await setup({ grouping: "node" });
    outline(rows);
    const all = cluster.watch();
    all.page(web);
    outline(rows);
    drawn();
    all.pods(web);
    expect(drawn()).toContain("one");
    expect(outline(rows)).not.toContain("  (loading)");
  });
});
