import { expect, test } from "vitest";
import { listPods } from "../../../extension/app/list-pods.ts";
import { fakePod } from "../../support/fake-pod.ts";
import { FakeCluster } from "./fake-cluster.ts";

const never = new AbortController().signal;

test("gives the first list, and closes its watch", async () => {
  const cluster = new FakeCluster("one");
  const listed = listPods(cluster, "default", never);
  cluster.watch("default").pods(fakePod({ name: "web" }));
  expect((await listed).map(({ name }) => name)).toEqual(["web"]);
  expect(cluster.watches.every(({ closed }) => closed)).toBe(true);
});

test("an empty list is an answer too", async () => {
  const cluster = new FakeCluster("one");
  const listed = listPods(cluster, undefined, never);
  cluster.watch().pods();
  expect(await listed).toEqual([]);
});

test("does not wait for what is forbidden, nor for a server that is away", async () => {
  for (const reason of ["forbidden", "api-unreachable"] as const) {
    const cluster = new FakeCluster("one");
    const listed = listPods(cluster, undefined, never);
    cluster.watch().fail(reason);
    await expect(listed).rejects.toMatchObject({ reason });
    expect(cluster.watches.every(({ closed }) => closed)).toBe(true);
  }
});

test("can be cancelled, before and while it asks", async () => {
  const cluster = new FakeCluster("one");
  await expect(listPods(cluster, undefined, AbortSignal.abort())).rejects.toMatchObject({
    reason: "cancelled",
  });
  expect(cluster.watches).toEqual([]);
  const controller = new AbortController();
  const listed = listPods(cluster, undefined, controller.signal);
  controller.abort();
  await expect(listed).rejects.toMatchObject({ reason: "cancelled" });
  expect(cluster.watches.every(({ closed }) => closed)).toBe(true);
});
