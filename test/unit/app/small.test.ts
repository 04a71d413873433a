import { describe, expect, test, vi } from "vitest";
import { Clusters } from "../../../extension/app/clusters.ts";
import { Emitter } from "../../../extension/app/emitter.ts";
import { podFilter } from "../../../extension/app/pod-filter.ts";
import { podState } from "../../../extension/app/pod-state.ts";
import { podsOfOwner } from "../../../extension/app/pods-of-owner.ts";
import { resolveRef } from "../../../extension/app/resolve-ref.ts";
import type { ContainerState } from "../../../extension/core/pod.ts";
import { fakeContainer, fakePod } from "../../support/fake-pod.ts";
import { fakeStore } from "./fake-cluster.ts";

describe("Emitter", () => {
  test("a listener that throws does not keep the others from hearing", () => {
    const failed = vi.fn<(thrown: unknown) => void>();
    const emitter = new Emitter<number>(failed);
    const heard: number[] = [];
    emitter.subscribe(() => {
      throw new Error("no");
    });
    const listening = emitter.subscribe((value) => heard.push(value));
    emitter.emit(1);
    listening.close();
    emitter.emit(2);
    expect(heard).toEqual([1]);
    expect(failed).toHaveBeenCalledTimes(2);
  });
});

describe("Clusters", () => {
  test("opens once, and again after a failure or a reset", async () => {
    const { access } = fakeStore();
    const open = vi.fn<typeof access.openCluster>(async (name: string) => access.openCluster(name));
    const clusters = new Clusters({ ...access, openCluster: open });
    await Promise.all([clusters.open("one"), clusters.open("one")]);
    expect(open).toHaveBeenCalledTimes(1);
    await expect(clusters.open("three")).rejects.toMatchObject({ reason: "context-missing" });
    await expect(clusters.open("three")).rejects.toMatchObject({ reason: "context-missing" });
    expect(open).toHaveBeenCalledTimes(3);
    clusters.reset();
    await clusters.open("one");
    expect(open).toHaveBeenCalledTimes(4);
  });
});

describe("resolveRef", () => {
  const { access } = fakeStore();
  const clusters = new Clusters(access);

  test("fills in the context shown, and its Kubernetes namespace", async () => {
    const ref = { context: undefined, namespace: undefined, name: "web" };
    expect(await resolveRef(clusters, ref, async () => "two")).toEqual({
      context: "two",
      namespace: "team",
      name: "web",
    });
    expect(await resolveRef(clusters, ref)).toEqual({
      context: "one",
      namespace: "default",
      name: "web",
    });
  });

  test("leaves what is given, without reading a kubeconfig", async () => {
    const broken = new Clusters({ ...access, loadContexts: () => Promise.reject(new Error("read")) });
    const ref = { context: "three", namespace: "shop", name: "web" };
    expect(await resolveRef(broken, ref, async () => "one")).toEqual(ref);
  });
});

describe("podFilter", () => {
  const pod = fakePod({
    name: "web",
    namespace: "shop",
    nodeName: "node-a",
    containers: [
      fakeContainer({ name: "app", state: { kind: "waiting", reason: "CrashLoopBackOff", message: "" } }),
    ],
  });

  test.each(["web", "SHOP", "node-a running", "crash", "web shop"])("finds %s", (text) => {
    expect(podFilter(text)?.(pod)).toBe(true);
  });

  test.each(["db", "web db", "shopnode"])("does not find %s", (text) => {
    expect(podFilter(text)?.(pod)).toBe(false);
  });

  test("blanks are no filter", () => {
    expect(podFilter("  ")).toBeUndefined();
  });
});

describe("podState", () => {
  const running: ContainerState = { kind: "running", startedAt: undefined };
  const ended = (exitCode: number): ContainerState => ({
    kind: "terminated",
    exitCode,
    reason: exitCode === 0 ? "Completed" : "Error",
    finishedAt: undefined,
  });
  const waiting = (reason: string): ContainerState => ({ kind: "waiting", reason, message: "" });

  test.each<[string, Partial<Parameters<typeof fakePod>[0]>, string, string]>([
    [
      "running",
      { containers: [fakeContainer({ name: "a", state: running, ready: true })] },
      "Running",
      "good",
    ],
    [
      "not ready yet",
      { containers: [fakeContainer({ name: "a", state: running, ready: false })] },
      "Running",
      "busy",
    ],
    [
      "crashing",
      { containers: [fakeContainer({ name: "a", state: waiting("CrashLoopBackOff") })] },
      "CrashLoopBackOff",
      "bad",
    ],
    ["crashed just now", { containers: [fakeContainer({ name: "a", state: ended(1) })] }, "Error", "bad"],
    ["being deleted", { deletedAt: "2026-01-01T00:00:00Z" }, "Terminating", "busy"],
    ["finished", { phase: "Succeeded" }, "Completed", "over"],
    ["evicted", { phase: "Failed", reason: "Evicted" }, "Evicted", "bad"],
    ["not scheduled", { phase: "Pending", nodeName: undefined }, "Not scheduled", "busy"],
    [
      "in its init containers",
      {
        phase: "Pending",
        containers: [
          fakeContainer({ name: "a", kind: "init", state: ended(0) }),
          fakeContainer({ name: "b", kind: "init", state: running }),
          fakeContainer({ name: "c", state: waiting("PodInitializing") }),
        ],
      },
      "Init 1/2",
      "busy",
    ],
    ["of a lost node", { phase: "Unknown", reason: "NodeLost" }, "NodeLost", "unknown"],
    [
      "running beside an ephemeral container that failed",
      {
        containers: [
          fakeContainer({ name: "a", state: running, ready: true }),
          fakeContainer({ name: "e", kind: "ephemeral", state: ended(1) }),
        ],
      },
      "Running",
      "good",
    ],
  ])("%s", (_name, changes, word, tone) => {
    expect(podState(fakePod(changes))).toMatchObject({ word, tone });
  });

  test("counts app and sidecar containers", () => {
    const state = podState(
      fakePod({
        containers: [
          fakeContainer({ name: "i", kind: "init", ready: true }),
          fakeContainer({ name: "s", kind: "sidecar", ready: true }),
          fakeContainer({ name: "a", ready: false }),
          fakeContainer({ name: "e", kind: "ephemeral", ready: true }),
        ],
      }),
    );
    expect(state).toMatchObject({ ready: 1, wanted: 2 });
  });
});

describe("podsOfOwner", () => {
  test.each([
    ["Pod", "web", ["web"]],
    ["Deployment", "web", ["web-6d4cf56db6-x2x9z"]],
    ["StatefulSet", "web", ["web-0", "web-12"]],
    ["DaemonSet", "web", ["web-x2x9z"]],
    ["Job", "web", ["web-x2x9z", "web-3-x2x9z"]],
    ["CronJob", "web", ["web-28999111-x2x9z"]],
    ["ConfigMap", "web", []],
  ])("%s %s", (kind, name, expected) => {
    const names = [
      "web",
      "web-6d4cf56db6-x2x9z",
      "web-0",
      "web-12",
      "web-x2x9z",
      "web-3-x2x9z",
      "web-28999111-x2x9z",
      "webs-x2x9z",
    ];
    const found = podsOfOwner(
      names.map((pod) => fakePod({ name: pod })),
      { kind, name },
    ).map((pod) => pod.name);
    expect(found).toEqual(expected);
  });

  test("a name that was cut to make room is still found", () => {
    const name = "a".repeat(60);
    const pods = [fakePod({ name: `${"a".repeat(58)}x2x9z` }), fakePod({ name: `${"b".repeat(58)}x2x9z` })];
    expect(podsOfOwner(pods, { kind: "DaemonSet", name })).toEqual([pods[0]]);
  });
});
