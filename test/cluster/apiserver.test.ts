import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { loadContexts } from "../../extension/cluster/kubeconfig.ts";
import { openCluster } from "../../extension/cluster/kubernetes-source.ts";
import type { ClusterSource } from "../../extension/cluster/source.ts";
import { MemoryLog } from "../integration/cluster/memory-log.ts";
import { everythingOf, thrownBy } from "../integration/cluster/thrown.ts";
import { patience, WatchedPods } from "../integration/cluster/watched-pods.ts";
import { type ControlPlane, startControlPlane } from "../support/cluster/control-plane.ts";
import { startTcpRelay } from "./tcp-relay.ts";

const { signal } = new AbortController();
/** An API server takes a few seconds to start. */
const longPatience = { ...patience, timeout: 90_000 };

let plane: ControlPlane;

beforeAll(async () => {
  // Without its watch cache the server passes watches on to etcd: a compaction shows at once.
  plane = await startControlPlane({ watchCache: false, log: console.log });
});

afterAll(async () => {
  await plane.stop();
});

interface Opened {
  readonly source: ClusterSource;
  readonly log: MemoryLog;
}

async function open(context = "admin", kubeconfig = plane.kubeconfigPath, pageSize = 10): Promise<Opened> {
  const log = new MemoryLog();
  const source = await openCluster({ kubeconfig, pageSize, timeoutMs: 10_000 }, context, { log });
  onTestFinished(() => source.close());
  return { source, log };
}

/** A kubeconfig with something in it replaced. */
async function changedKubeconfig(name: string, from: string, to: string): Promise<string> {
  const path = join(plane.instance.directory, name);
  const text = await readFile(plane.kubeconfigPath, "utf8");
  await writeFile(path, text.replaceAll(from, to), { mode: 0o600 });
  return path;
}

/** A Kubernetes namespace of this test's own. */
async function newNamespace(name: string): Promise<string> {
  await plane.client.create("/api/v1/namespaces", { metadata: { name } });
  return name;
}

async function createPod(namespace: string, name: string): Promise<void> {
  await plane.client.create(`/api/v1/namespaces/${namespace}/pods`, {
    metadata: { name },
    spec: {
      hostPID: true,
      nodeName: "node-a",
      automountServiceAccountToken: false,
      initContainers: [{ name: "setup", image: "busybox" }],
      containers: [{ name: "app", image: "nginx" }],
    },
  });
}

async function deletePod(namespace: string, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}?gracePeriodSeconds=0`;
  expect((await plane.client.send("DELETE", path)).status).toBe(200);
}

describe("a real API server", () => {
  test("offers its contexts and answers questions", async () => {
    const { contexts, current } = await loadContexts({ kubeconfig: plane.kubeconfigPath });
    expect(current).toBe("admin");
    expect(contexts).toContainEqual({ name: "limited", namespace: "allowed" });
    const namespace = await newNamespace("questions");
    await createPod(namespace, "web");
    await plane.client.create("/apis/node.k8s.io/v1/runtimeclasses", {
      metadata: { name: "gvisor" },
      handler: "runsc",
    });
    await plane.client.create("/api/v1/nodes", {
      metadata: { name: "node-q", labels: { type: "virtual-kubelet" } },
    });
    const { source } = await open();
    expect(await source.listNamespaces(signal)).toEqual(
      expect.arrayContaining(["allowed", "default", "questions"]),
    );
    expect(await source.getPod(namespace, "web", signal)).toMatchObject({
      nodeName: "node-a",
      phase: "Pending",
      sharing: { hostPID: true, hostNetwork: false },
      containers: [
        { name: "setup", kind: "init" },
        { name: "app", kind: "app", image: "nginx" },
      ],
    });
    expect(await source.getNode("node-q", signal)).toMatchObject({
      name: "node-q",
      virtual: true,
      ready: false,
    });
    expect(await source.runtimeHandler("gvisor", signal)).toBe("runsc");
    expect(await source.runtimeHandler("other", signal)).toBeUndefined();
    expect((await thrownBy(source.getPod(namespace, "gone", signal))).reason).toBe("pod-gone");
    expect((await thrownBy(source.getNode("gone", signal))).reason).toBe("node-gone");
  });

  test("lists page by page and follows what happens", async () => {
    const namespace = await newNamespace("follow");
    const names = Array.from({ length: 25 }, (_, index) => `pod-${String(index).padStart(2, "0")}`);
    await Promise.all(names.map((name) => createPod(namespace, name)));
    const { source } = await open();
    const pods = new WatchedPods(source, namespace);
    await expect.poll(() => pods.names, patience).toEqual(names);
    await pods.isLive();
    await Promise.all([createPod(namespace, "late"), deletePod(namespace, "pod-00")]);
    await expect.poll(() => pods.names, patience).toEqual(["late", ...names.slice(1)]);
  });

  test("says what the user may not do", async () => {
    const nobody = await open("nobody");
    expect(await thrownBy(nobody.source.listNamespaces(signal))).toMatchObject({
      reason: "forbidden",
      facts: { verb: "list", resource: "namespaces" },
    });
    expect((await thrownBy(nobody.source.getNode("node-a", signal))).reason).toBe("forbidden");
    expect(await nobody.source.runtimeHandler("gvisor", signal)).toBeUndefined();
    const refused = new WatchedPods(nobody.source, "default");
    await refused.retries("forbidden");

    const limited = await open("limited");
    expect((await thrownBy(limited.source.listNamespaces(signal))).reason).toBe("forbidden");
    await createPod("allowed", "mine");
    const pods = new WatchedPods(limited.source, "allowed");
    await expect.poll(() => pods.names, patience).toEqual(["mine"]);
    await pods.isLive();
  });

  test("refuses a token it does not know, and nobody shows it", async () => {
    const wrong = "wrong-0123456789abcdef";
    const { source, log } = await open("admin", await changedKubeconfig("wrong", plane.tokens.admin, wrong));
    const error = await thrownBy(source.listNamespaces(signal));
    expect(error.reason).toBe("unauthorized");
    expect(everythingOf(error) + log.lines.join("\n")).not.toContain(wrong);
  });

  test("restarts, and the list goes on", async () => {
    const namespace = await newNamespace("restart");
    await createPod(namespace, "a");
    await createPod(namespace, "b");
    const { source, log } = await open();
    const pods = new WatchedPods(source, namespace);
    await expect.poll(() => pods.names, patience).toEqual(["a", "b"]);
    await pods.isLive();
    await plane.stopApiServer();
    await expect.poll(() => pods.statuses.at(-1)?.kind, patience).toBe("retrying");
    await plane.startApiServer();
    await deletePod(namespace, "a");
    await createPod(namespace, "c");
    await expect.poll(() => pods.names, longPatience).toEqual(["b", "c"]);
    await expect.poll(() => pods.statuses.at(-1)?.kind, longPatience).toBe("live");
    expect(log.lines.join("\n")).not.toContain(plane.tokens.admin);
  });

  test("has forgotten what was while the line was dead: 410 Gone, and no pod stays that is gone", async () => {
    const namespace = await newNamespace("gone");
    await createPod(namespace, "a");
    await createPod(namespace, "b");
    const { port } = new URL(plane.url);
    const relay = await startTcpRelay(Number(port));
    onTestFinished(() => relay.close());
    const { source, log } = await open(
      "admin",
      await changedKubeconfig("relayed", `:${port}`, `:${relay.port}`),
    );
    const pods = new WatchedPods(source, namespace);
    await expect.poll(() => pods.names, patience).toEqual(["a", "b"]);
    await pods.isLive();
    relay.holdAnswers();
    await deletePod(namespace, "a");
    await createPod(namespace, "c");
    await plane.compact();
    expect(pods.names).toEqual(["a", "b"]);
    relay.cut();
    await expect.poll(() => pods.names, patience).toEqual(["b", "c"]);
    expect(log.lines.join("\n")).toContain("the resource version has expired");
    await expect.poll(() => pods.statuses.at(-1)?.kind, patience).toBe("live");
    await deletePod(namespace, "b");
    await expect.poll(() => pods.names, patience).toEqual(["c"]);
  });

  test("a connection cut in the middle loses nothing", async () => {
    const namespace = await newNamespace("cut");
    const { port } = new URL(plane.url);
    const relay = await startTcpRelay(Number(port));
    onTestFinished(() => relay.close());
    const { source } = await open("admin", await changedKubeconfig("cut", `:${port}`, `:${relay.port}`));
    const pods = new WatchedPods(source, namespace);
    await expect.poll(() => pods.names, patience).toEqual([]);
    await pods.isLive();
    relay.holdAnswers();
    await createPod(namespace, "a");
    relay.cut();
    await expect.poll(() => pods.names, patience).toEqual(["a"]);
  });
});
