import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { hoverLookup } from "../../../extension/app/hover-lookup.ts";
import { fakePod } from "../../support/fake-pod.ts";
import { report } from "../../fixtures/reports/samples.ts";
import { clusterOf, fakeStore } from "./fake-cluster.ts";

const web = fakePod({ uid: "uid-web", name: "web" });
const owner = { kind: "Pod", name: "web", namespace: undefined };
const ref = { context: "one", namespace: "default", name: "web" };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("nobody is asked before a person has looked at pods", async () => {
  const { store, clusters } = fakeStore();
  expect(await hoverLookup(store).podsOf(owner)).toEqual([]);
  expect(store.phase.kind).toBe("idle");
  expect(clusterOf(clusters, "one").watches).toEqual([]);
});

test("a Kubernetes namespace that is folded in the tree is looked into", async () => {
  const { store, clusters } = fakeStore();
  await store.start();
  const found = hoverLookup(store).podsOf(owner);
  await vi.advanceTimersByTimeAsync(0);
  clusterOf(clusters, "one").watch("default").pods(web);
  expect(await found).toEqual([ref]);
});

test("one that is not in the cluster is not asked for", async () => {
  const { store, clusters } = fakeStore();
  await store.start();
  expect(await hoverLookup(store).podsOf({ ...owner, namespace: "../nodes" })).toEqual([]);
  expect(clusterOf(clusters, "one").watches).toEqual([]);
});

test("a slow cluster does not hold the hover up", async () => {
  const { store } = fakeStore();
  await store.start();
  const found = hoverLookup(store).podsOf(owner);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await found).toEqual([]);
});

test("what was inspected without the sidebar is told, until the pod is gone", async () => {
  const { store, clusters } = fakeStore();
  const seen = report([], [], { pod: { ...ref, uid: "uid-web" } });
  store.addReport(seen);
  await vi.advanceTimersByTimeAsync(0);
  const watch = clusterOf(clusters, "one").watch("default");
  watch.pods(web);
  const lookup = hoverLookup(store);
  expect(await lookup.podsOf(owner)).toEqual([ref]);
  expect(lookup.lastReport(ref)).toBe(seen);
  watch.pods();
  expect(await lookup.podsOf(owner)).toEqual([]);
  expect(lookup.lastReport(ref)).toBeUndefined();
});

test("an inspection in another context opens no watch", async () => {
  const { store, clusters } = fakeStore();
  store.addReport(report([], [], { pod: { ...ref, context: "two", uid: "uid-web" } }));
  await vi.advanceTimersByTimeAsync(0);
  expect(store.phase.kind).toBe("idle");
  expect([...clusters.values()].flatMap(({ watches }) => watches)).toEqual([]);
});

test("what is known this moment asks nobody, and tells when it may be something else", async () => {
  const { store, clusters } = fakeStore();
  const lookup = hoverLookup(store);
  let told = 0;
  const listening = lookup.onPodsChanged(() => void told++);
  expect(lookup.knownPodsOf(owner)).toEqual([]);
  await store.start();
  expect(lookup.knownPodsOf(owner)).toEqual([]);
  expect(clusterOf(clusters, "one").watches).toEqual([]);
  store.openNamespace("default");
  told = 0;
  clusterOf(clusters, "one").watch("default").pods(web);
  expect(told).toBeGreaterThan(0);
  expect(lookup.knownPodsOf(owner)).toEqual([ref]);
  expect(lookup.knownPodsOf({ ...owner, namespace: "kube-system" })).toEqual([]);
  listening.close();
});

test("a workload's pods are those with its names", async () => {
  const { store, clusters } = fakeStore();
  await store.start();
  store.openNamespace("default");
  const pods = ["web-0", "web-1", "other-0"].map((name) => fakePod({ uid: name, name }));
  clusterOf(clusters, "one")
    .watch("default")
    .pods(...pods);
  const found = hoverLookup(store).knownPodsOf({ kind: "StatefulSet", name: "web", namespace: "default" });
  expect(found.map(({ name }) => name)).toEqual(["web-0", "web-1"]);
});
