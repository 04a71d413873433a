import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SandboxError } from "../../../extension/core/errors.ts";
import { fakePod } from "../../support/fake-pod.ts";
import { clusterOf, fakeStore } from "./fake-cluster.ts";

const web = fakePod({ uid: "uid-web", name: "web" });
const api = fakePod({ uid: "uid-api", name: "api" });
const dns = fakePod({ uid: "uid-dns", name: "dns", namespace: "kube-system" });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("which context", () => {
  test("begins with the kubeconfig's current one", async () => {
    const { store } = fakeStore();
    await store.start();
    expect(store.context).toBe("one");
    expect(store.phase).toEqual({
      kind: "ready",
      namespaces: ["default", "kube-system"],
      listForbidden: false,
    });
  });

  test("the remembered one comes first, one that is gone does not", async () => {
    const remembered = fakeStore({ remembered: "two" });
    await remembered.store.start();
    expect(remembered.store.context).toBe("two");
    expect(remembered.store.defaultNamespace).toBe("team");
    const gone = fakeStore({ remembered: "three" });
    await gone.store.start();
    expect(gone.store.context).toBe("one");
  });

  test("the one that would be shown is known before anything is", async () => {
    const { store, clusters } = fakeStore({ remembered: "two" });
    expect(await store.usualContext()).toBe("two");
    expect(store.phase.kind).toBe("idle");
    await store.useContext("one");
    expect(await store.usualContext()).toBe("one");
    expect([...clusters.values()].flatMap(({ watches }) => watches)).toEqual([]);
  });

  test("who starts while that is going on waits for it", async () => {
    const { store } = fakeStore();
    void store.start();
    await store.start();
    expect(store.context).toBe("one");
  });

  test("one that is asked for and not there is an error, and nothing of the old one is left", async () => {
    const { store } = fakeStore();
    await store.start();
    await store.useContext("three");
    expect(store.phase).toMatchObject({ kind: "failed", error: { reason: "context-missing" } });
    expect(store.context).toBeUndefined();
  });

  test("an answer for the context that was left is not heard", async () => {
    const { store, clusters } = fakeStore();
    const { promise, resolve } = Promise.withResolvers<readonly string[]>();
    clusterOf(clusters, "one").namespaces = async () => promise;
    const first = store.start();
    await store.useContext("two");
    resolve(["of-one"]);
    await first;
    expect(store.context).toBe("two");
    expect(store.phase).toMatchObject({ namespaces: ["default", "kube-system"] });
  });

  test("a watch of the context that was left is closed, and what it still says is not heard", async () => {
    const { store, clusters, changes } = fakeStore();
    await store.start();
    store.openNamespace("default");
    const watch = clusterOf(clusters, "one").watch("default");
    watch.pods(web);
    await store.useContext("two");
    changes.length = 0;
    watch.pods(web, api);
    expect(watch.closed).toBe(true);
    expect(changes).toEqual([]);
    expect(store.group("default")).toBeUndefined();
  });
});

describe("pods", () => {
  test("one watch a Kubernetes namespace, opened once", async () => {
    const { store, clusters } = fakeStore();
    await store.start();
    store.openNamespace("default");
    store.openNamespace("default");
    expect(clusterOf(clusters, "one").watches).toHaveLength(1);
    expect(store.group("default")).toMatchObject({ loaded: false, status: { kind: "loading" } });
  });

  test("a pod that is gone is shown no more", async () => {
    const { store, clusters, changes } = fakeStore();
    await store.start();
    store.openNamespace("default");
    const watch = clusterOf(clusters, "one").watch("default");
    watch.pods(web, api);
    expect(store.group("default")?.pods.map(({ name }) => name)).toEqual(["api", "web"]);
    changes.length = 0;
    watch.pods(api);
    expect(store.group("default")?.pods).toEqual([api]);
    expect(store.pod("default", "uid-web")).toBeUndefined();
    expect(changes).toEqual([
      { kind: "pods", namespace: "default", diff: { added: [], removed: [web], changed: [] } },
    ]);
  });

  test("a re-list that changes nothing is no news; a first list that is empty is", async () => {
    const { store, clusters, changes } = fakeStore();
    await store.start();
    store.openNamespace("default");
    const watch = clusterOf(clusters, "one").watch("default");
    watch.pods();
    expect(changes).toContainEqual({
      kind: "pods",
      namespace: "default",
      diff: { added: [], removed: [], changed: [] },
    });
    watch.pods(web);
    changes.length = 0;
    watch.pods({ ...web, sharing: { ...web.sharing } });
    expect(changes).toEqual([]);
  });

  test("the watch of all pods takes the place of the others once it has a list, and gives it back", async () => {
    const { store, clusters } = fakeStore();
    await store.start();
    store.openNamespace("default");
    const cluster = clusterOf(clusters, "one");
    const single = cluster.watch("default");
    single.pods(web);
    store.openAll();
    expect(store.group("default")?.pods).toEqual([web]);
    cluster.watch().pods(web, dns);
    expect(single.closed).toBe(true);
    expect(store.group("default")?.pods).toEqual([web]);
    expect(store.pod("kube-system", "uid-dns")).toEqual(dns);
    store.closeAll();
    expect(store.group("default")).toBeUndefined();
    expect(cluster.watches.every(({ closed }) => closed)).toBe(true);
  });

  test("where not all pods may be listed, single Kubernetes namespaces still are", async () => {
    const { store, clusters } = fakeStore();
    await store.start();
    store.openAll();
    const cluster = clusterOf(clusters, "one");
    cluster.watch().fail("forbidden");
    store.openNamespace("default");
    cluster.watch("default").pods(web);
    expect(store.group("default")?.pods).toEqual([web]);
    expect(store.group("kube-system")).toBeUndefined();
  });

  test("while the server is away the last pods stay; when it says no, they go", async () => {
    const { store, clusters } = fakeStore();
    await store.start();
    store.openNamespace("default");
    const watch = clusterOf(clusters, "one").watch("default");
    watch.pods(web);
    watch.fail("api-unreachable");
    expect(store.group("default")).toMatchObject({ pods: [web], loaded: true, status: { kind: "retrying" } });
    watch.fail("forbidden");
    expect(store.group("default")).toMatchObject({ pods: [], loaded: false });
  });

  test("after the server was away the Kubernetes namespaces are looked at again", async () => {
    const { store, clusters } = fakeStore();
    await store.start();
    store.openNamespace("default");
    const cluster = clusterOf(clusters, "one");
    cluster.watch("default").fail("api-unreachable");
    cluster.namespaces = async () => ["default", "new"];
    cluster.watch("default").status({ kind: "loading" });
    cluster.watch("default").pods(web);
    await vi.advanceTimersByTimeAsync(0);
    expect(store.phase).toMatchObject({ namespaces: ["default", "new"] });
  });

  test("a refresh keeps what is on the screen until the new list is there", async () => {
    const { store, clusters } = fakeStore();
    await store.start();
    store.openNamespace("default");
    const cluster = clusterOf(clusters, "one");
    cluster.watch("default").pods(web, api);
    const refreshed = store.refresh();
    expect(store.phase.kind).toBe("ready");
    await refreshed;
    expect(cluster.watches).toHaveLength(2);
    expect(store.group("default")?.pods).toEqual([api, web]);
    cluster.watch("default").pods(api);
    expect(store.group("default")?.pods).toEqual([api]);
  });
});

describe("Kubernetes namespaces", () => {
  test("one that comes is shown, one that goes is watched no more, and nothing new is no news", async () => {
    const { store, clusters, changes } = fakeStore();
    await store.start();
    const cluster = clusterOf(clusters, "one");
    store.openNamespace("kube-system");
    const watch = cluster.watch("kube-system");
    changes.length = 0;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(changes).toEqual([]);
    cluster.namespaces = async () => ["default", "new"];
    await vi.advanceTimersByTimeAsync(20_000);
    expect(store.phase).toMatchObject({ namespaces: ["default", "new"] });
    expect(watch.closed).toBe(true);
  });

  test("not being able to look for a while changes nothing", async () => {
    const { store, clusters } = fakeStore();
    await store.start();
    const cluster = clusterOf(clusters, "one");
    cluster.namespaces = async () => {
      throw new SandboxError("api-unreachable", "no");
    };
    await vi.advanceTimersByTimeAsync(20_000);
    expect(store.phase).toMatchObject({ kind: "ready", namespaces: ["default", "kube-system"] });
    cluster.namespaces = async () => ["default"];
    await vi.advanceTimersByTimeAsync(20_000);
    expect(store.phase).toMatchObject({ namespaces: ["default"] });
  });
});

describe("when the cluster says no", () => {
  test("Kubernetes namespaces that may not be listed leave the default one", async () => {
    const { store, clusters } = fakeStore({ remembered: "two" });
    clusterOf(clusters, "two").namespaces = async () => {
      throw new SandboxError("forbidden", "no");
    };
    await store.start();
    expect(store.phase).toEqual({ kind: "ready", namespaces: ["team"], listForbidden: true });
  });

  test("a server that does not answer is asked again, later each time", async () => {
    const { store, clusters } = fakeStore();
    const cluster = clusterOf(clusters, "one");
    const asked = vi.fn<() => Promise<never>>(async () => {
      throw new SandboxError("api-unreachable", "no");
    });
    cluster.namespaces = asked;
    await store.start();
    expect(store.phase).toMatchObject({ kind: "failed", retryInMs: 2000 });
    await vi.advanceTimersByTimeAsync(2000);
    expect(store.phase).toMatchObject({ kind: "failed", retryInMs: 4000 });
    cluster.namespaces = async () => ["default"];
    await vi.advanceTimersByTimeAsync(4000);
    expect(store.phase).toMatchObject({ kind: "ready", namespaces: ["default"] });
    expect(asked).toHaveBeenCalledTimes(2);
  });

  test("bad credentials are not tried again by themselves", async () => {
    const { store, clusters } = fakeStore();
    clusterOf(clusters, "one").namespaces = async () => {
      throw new SandboxError("unauthorized", "no");
    };
    await store.start();
    expect(store.phase).toMatchObject({ kind: "failed", retryInMs: undefined });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("closed, it waits for nothing", async () => {
    const { store, clusters } = fakeStore();
    clusterOf(clusters, "one").namespaces = async () => {
      throw new SandboxError("api-timeout", "no");
    };
    await store.start();
    expect(vi.getTimerCount()).toBe(1);
    store.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
