import { describe, expect, test } from "vitest";
import { Clusters } from "../../../extension/app/clusters.ts";
import { NodeList } from "../../../extension/app/node-list.ts";
import { SandboxError } from "../../../extension/core/errors.ts";
import { fakePod } from "../../support/fake-pod.ts";
import { makeNode } from "../../support/ssh-nodes.ts";
import { clusterOf, type FakeCluster, fakeStore, silent } from "./fake-cluster.ts";
import type { PodStore } from "../../../extension/app/store.ts";

interface Setup {
  readonly list: NodeList;
  readonly store: PodStore;
  readonly cluster: FakeCluster;
  readonly other: FakeCluster;
  readonly changes: string[];
}

function setup(): Setup {
  const { store, clusters, access } = fakeStore();
  const list = new NodeList({ store, clusters: new Clusters(access), log: silent });
  const changes: string[] = [];
  list.onChange(() => changes.push(list.nodes.kind));
  return { list, store, cluster: clusterOf(clusters, "one"), other: clusterOf(clusters, "two"), changes };
}

function refused(): never {
  throw new SandboxError("forbidden", "no");
}

describe("the nodes of the context", () => {
  test("nobody is asked before the first start, and then once", async () => {
    const { list, store, cluster } = setup();
    let asked = 0;
    cluster.nodes = async () => {
      asked += 1;
      return [makeNode("node-a", "10.0.0.5")];
    };
    await store.start();
    await list.refresh();
    expect(asked).toBe(0);
    await Promise.all([list.start(), list.start()]);
    expect(list.nodes).toMatchObject({ kind: "listed", nodes: [{ name: "node-a" }] });
    expect(asked).toBe(1);
    await list.refresh();
    expect(asked).toBe(2);
  });

  test("opens the store's context when it is the first to ask", async () => {
    const { list, store } = setup();
    expect(list.nodes.kind).toBe("loading");
    await list.start();
    expect(store.context).toBe("one");
    expect(list.nodes.kind).toBe("listed");
  });

  test("follow the context, and an answer of the old one is not heard", async () => {
    const { list, store, cluster, other, changes } = setup();
    const late = Promise.withResolvers<readonly never[]>();
    cluster.nodes = async () => late.promise;
    const started = list.start();
    await expect.poll(() => store.phase.kind).toBe("ready");
    other.nodes = async () => [makeNode("node-of-two", "10.0.0.6")];
    await store.useContext("two");
    await expect.poll(() => list.nodes).toMatchObject({ nodes: [{ name: "node-of-two" }] });
    late.resolve([]);
    await started;
    expect(list.nodes).toMatchObject({ nodes: [{ name: "node-of-two" }] });
    expect(changes.at(-1)).toBe("listed");
  });

  test("are told by the pods shown where they may not be listed", async () => {
    const { list, store, cluster, changes } = setup();
    cluster.nodes = refused;
    await list.start();
    expect(list.nodes).toMatchObject({ kind: "of-pods", names: [], error: { reason: "forbidden" } });
    store.openNamespace("default");
    const before = changes.length;
    cluster
      .watch("default")
      .pods(
        fakePod({ uid: "1", nodeName: "node-b" }),
        fakePod({ uid: "2", nodeName: "node-a" }),
        fakePod({ uid: "3", nodeName: "node-b" }),
        fakePod({ uid: "4", nodeName: undefined }),
      );
    expect(list.nodes).toMatchObject({ kind: "of-pods", names: ["node-a", "node-b"] });
    expect(changes.length).toBeGreaterThan(before);
  });

  test("say why there are none", async () => {
    const { list, cluster } = setup();
    cluster.nodes = async () => Promise.reject(new SandboxError("api-error", "no"));
    await list.start();
    expect(list.nodes).toMatchObject({ kind: "failed", error: { reason: "api-error" } });
    cluster.nodes = async () => [];
    await list.refresh();
    expect(list.nodes).toEqual({ kind: "listed", nodes: [] });
  });

  test("without a kubeconfig there is no cluster, and no error", async () => {
    const { store, access } = fakeStore();
    access.loadContexts = () => {
      throw new SandboxError("kubeconfig-missing", "none");
    };
    const list = new NodeList({ store, clusters: new Clusters(access), log: silent });
    await list.start();
    expect(list.nodes).toEqual({ kind: "none" });
  });
});
