import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { openCluster } from "../../../extension/cluster/kubernetes-source.ts";
import { systemTiming, type Timing } from "../../../extension/cluster/timing.ts";
import { errorText } from "../../../extension/core/error-text.ts";
import { MemoryLog } from "./memory-log.ts";
import { openLab, rawPod } from "./open-lab.ts";
import { everythingOf, thrownBy } from "./thrown.ts";
import { patience, WatchedPods } from "./watched-pods.ts";

const { signal } = new AbortController();

/** The real clock, ten times as fast: a test need not sit out a second of backoff. */
const fast: Timing = { ...systemTiming, after: (ms, callback) => systemTiming.after(ms / 10, callback) };

describe("questions", () => {
  test("lists Kubernetes namespaces, paged and sorted", async () => {
    const { api, source } = await openLab({ pageSize: 2 });
    api.setNamespaces(["zoo", "shop", "default", "bar", "a"]);
    expect(await source.listNamespaces(signal)).toEqual(["a", "bar", "default", "shop", "zoo"]);
    expect(api.requests.map(({ query }) => query["limit"])).toEqual(["2", "2", "2"]);
  });

  test("gets a pod, a node, a runtime handler", async () => {
    const { api, source } = await openLab();
    api.applyPod(rawPod("web"));
    api.setNodes([
      { metadata: { name: "node-a" }, status: { addresses: [{ type: "InternalIP", address: "192.0.2.7" }] } },
    ]);
    api.setRuntimeClasses([{ name: "gvisor", handler: "runsc" }]);
    expect(await source.getPod("default", "web", signal)).toMatchObject({ name: "web", nodeName: "node-a" });
    expect(await source.getNode("node-a", signal)).toMatchObject({ addresses: [{ address: "192.0.2.7" }] });
    expect(await source.runtimeHandler("gvisor", signal)).toBe("runsc");
    expect(await source.runtimeHandler("other", signal)).toBeUndefined();
  });

  test("lists nodes, paged and by name", async () => {
    const { api, source } = await openLab({ pageSize: 2 });
    const names = ["node-c", "node-a", "node-e", "node-b", "node-d"];
    api.setNodes(names.map((name) => ({ metadata: { name }, status: { addresses: [] } })));
    expect((await source.listNodes(signal)).map(({ name }) => name)).toEqual(names.toSorted());
    expect(api.requests.map(({ path, query }) => [path, query["limit"]])).toEqual(
      [1, 2, 3].map(() => ["/api/v1/nodes", "2"]),
    );
  });

  test("lists the pods of one node in every Kubernetes namespace, paged", async () => {
    const { api, source } = await openLab({ pageSize: 1 });
    const elsewhere = rawPod("elsewhere");
    api.setPods([
      rawPod("web"),
      rawPod("shop", "team"),
      { ...elsewhere, ...{ spec: { nodeName: "node-b", containers: [] } } },
    ]);
    const pods = await source.listPodsOnNode("node-a", signal);
    expect(pods.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(["default/web", "team/shop"]);
    expect(api.requests.map(({ query }) => query["fieldSelector"])).toEqual([
      "spec.nodeName=node-a",
      "spec.nodeName=node-a",
    ]);
  });

  test("nodes and pods that may not be listed", async () => {
    const { api, source } = await openLab();
    api.faults.forbid({ resource: "nodes" }, { resource: "pods" });
    expect(await thrownBy(source.listNodes(signal))).toMatchObject({ reason: "forbidden" });
    expect(await thrownBy(source.listPodsOnNode("node-a", signal))).toMatchObject({ reason: "forbidden" });
    expect((await thrownBy(source.listPodsOnNode("a,metadata.name=b", signal))).reason).toBe("bad-argument");
  });

  test("says what is gone", async () => {
    const { source } = await openLab();
    expect(await thrownBy(source.getPod("default", "gone", signal))).toMatchObject({
      reason: "pod-gone",
      facts: { namespace: "default", pod: "gone" },
    });
    expect(await thrownBy(source.getNode("gone", signal))).toMatchObject({
      reason: "node-gone",
      facts: { node: "gone" },
    });
  });

  test.each(["..", "a/b", "", "A", "x".repeat(300), "a?watch=1", "<img>"])(
    "refuses %j as a name, without asking the server",
    async (name) => {
      const { api, source } = await openLab();
      expect((await thrownBy(source.getPod("default", name, signal))).reason).toBe("bad-argument");
      expect((await thrownBy(source.getPod(name, "web", signal))).reason).toBe("bad-argument");
      expect((await thrownBy(source.getNode(name, signal))).reason).toBe("bad-argument");
      expect(await source.runtimeHandler(name, signal)).toBeUndefined();
      expect(api.requests).toEqual([]);
    },
  );

  test("says what is forbidden, and reads no runtime handler then", async () => {
    const { api, source } = await openLab();
    api.faults.forbid({ resource: "namespaces" }, { resource: "nodes" }, { resource: "runtimeclasses" });
    const error = await thrownBy(source.listNamespaces(signal));
    expect(error).toMatchObject({ reason: "forbidden", facts: { verb: "list", resource: "namespaces" } });
    expect(error.message).toContain("namespaces is forbidden");
    expect((await thrownBy(source.getNode("node-a", signal))).reason).toBe("forbidden");
    expect(await source.runtimeHandler("gvisor", signal)).toBeUndefined();
  });

  test("an API that does not answer in time", async () => {
    const { api, source } = await openLab({ timeoutMs: 100 });
    api.faults.hang();
    const error = await thrownBy(source.listNamespaces(signal));
    expect(error).toMatchObject({ reason: "api-timeout", facts: { timeoutSeconds: "0.1" } });
  });

  test("an API that is slow, but in time", async () => {
    const { api, source } = await openLab();
    api.faults.delay(150);
    expect(await source.listNamespaces(signal)).toEqual(["default"]);
  });

  test("an API that is not there", async () => {
    const { api, source } = await openLab();
    await api.stop();
    const error = await thrownBy(source.listNamespaces(signal));
    expect(error).toMatchObject({
      reason: "api-unreachable",
      facts: { host: "127.0.0.1", port: String(api.port) },
    });
    expect(error.message).toContain("ECONNREFUSED");
  });

  test("an API that cuts the line before it answers", async () => {
    const { api, source } = await openLab();
    api.faults.answerNext("drop");
    expect((await thrownBy(source.listNamespaces(signal))).reason).toBe("api-unreachable");
  });

  test("a connection that the server closed while it lay idle is opened anew", async () => {
    const { api, source } = await openLab();
    await source.listNamespaces(signal);
    await api.stop();
    await api.start();
    expect(await source.listNamespaces(signal)).toEqual(["default"]);
  });

  test.each([
    ["no JSON", { status: 200, body: "<html>" }],
    ["JSON of another form", { status: 200, body: '{"items":{}}' }],
    ["what it says is gzip", { status: 200, headers: { "content-encoding": "gzip" }, body: "{}" }],
    ["an error page", { status: 502, body: "<html>bad gateway" }],
    ["a redirection", { status: 302, headers: { location: "https://example.org" }, body: "" }],
  ])("an API that answers with %s", async (_, answer) => {
    const { api, source } = await openLab();
    api.faults.answerNext(answer);
    expect((await thrownBy(source.listNamespaces(signal))).reason).toBe("api-error");
  });

  test.each([
    [401, "unauthorized"],
    [403, "forbidden"],
    [504, "api-timeout"],
  ])("somebody in between who answers %i with a page of his own", async (status, reason) => {
    const { api, source } = await openLab();
    api.faults.answerNext({ status, body: "<html>" }, {}, 2);
    expect(await thrownBy(source.listNamespaces(signal))).toMatchObject({
      reason,
      facts: { actual: String(status) },
    });
  });

  test("cancelling ends a request that waits", async () => {
    const { api, source } = await openLab();
    api.faults.hang();
    const cancel = new AbortController();
    const listing = thrownBy(source.listNamespaces(cancel.signal));
    await expect.poll(() => api.requests.length).toBe(1);
    cancel.abort();
    expect((await listing).reason).toBe("cancelled");
  });

  test("closing ends a request that waits", async () => {
    const { api, source } = await openLab();
    api.faults.hang();
    const listing = thrownBy(source.listNamespaces(signal));
    await expect.poll(() => api.requests.length).toBe(1);
    source.close();
    expect((await listing).reason).toBe("cancelled");
  });

  test("a refused token is tried twice, and shown nowhere", async () => {
    const token = "tok-0123456789abcdef";
    const { api, source, log } = await openLab({ token });
    const echo = { kind: "Status", message: `who is Bearer ${token}?` };
    api.faults.answerNext({ status: 401, body: JSON.stringify(echo) }, {}, 2);
    const error = await thrownBy(source.listNamespaces(signal));
    expect(error.reason).toBe("unauthorized");
    expect(error.message).toContain("who is Bearer ***?");
    expect(everythingOf(error) + log.lines.join("\n")).not.toContain(token);
    expect(api.requests).toHaveLength(2);
  });

  test("a token renewed in the kubeconfig is taken up without a restart", async () => {
    const { api, source, settings } = await openLab();
    api.faults.acceptedToken = "the-new-one";
    expect((await thrownBy(source.listNamespaces(signal))).reason).toBe("unauthorized");
    await writeFile(settings.kubeconfig, api.kubeconfig().replace(api.token, "the-new-one"));
    expect(await source.listNamespaces(signal)).toEqual(["default"]);
  });

  test("goes through a proxy from the environment", async () => {
    const { api, settings } = await openLab();
    // A name that only the proxy can resolve.
    await writeFile(settings.kubeconfig, api.kubeconfig().replace("127.0.0.1", "api.example.org"));
    const proxy = createServer();
    const asked: string[] = [];
    proxy.on("connect", (request, socket) => {
      asked.push(request.url ?? "");
      const upstream = connect(api.port, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      upstream.on("error", () => socket.destroy());
      socket.on("error", () => upstream.destroy());
      upstream.pipe(socket).pipe(upstream);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void proxy.close());
    const address = proxy.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const source = await openCluster(settings, "lab", {
      log: new MemoryLog(),
      place: { env: { HTTP_PROXY: `http://127.0.0.1:${port}` }, home: "/nonexistent" },
    });
    onTestFinished(() => source.close());
    expect(await source.listNamespaces(signal)).toEqual(["default"]);
    expect(asked).toEqual([`api.example.org:${api.port}`]);
  });
});

describe("watching", () => {
  test("follows what happens, in one Kubernetes namespace alone", async () => {
    const { api, source } = await openLab();
    api.setPods([rawPod("a"), rawPod("b"), rawPod("x", "other")]);
    const pods = new WatchedPods(source, "default");
    await expect.poll(() => pods.names, patience).toEqual(["a", "b"]);
    await pods.isLive();
    api.applyPod(rawPod("c"));
    api.applyPod(rawPod("y", "other"));
    api.deletePod("default", "a");
    await expect.poll(() => pods.names, patience).toEqual(["b", "c"]);
  });

  test("sees all Kubernetes namespaces, through many pages", async () => {
    const { api, source } = await openLab({ pageSize: 7 });
    const names = Array.from({ length: 50 }, (_, index) => `pod-${String(index).padStart(3, "0")}`);
    api.setPods(names.map((name, index) => rawPod(name, `ns-${index % 3}`)));
    const pods = new WatchedPods(source);
    await expect.poll(() => pods.names, patience).toEqual([...names]);
    expect(api.requests.filter(({ verb }) => verb === "list")).toHaveLength(8);
  });

  test("takes a long list, which the server compresses", async () => {
    const { api, source } = await openLab();
    const names = Array.from({ length: 50 }, (_, index) => `pod-${String(index).padStart(3, "0")}`);
    api.setPods(names.map((name) => ({ ...rawPod(name), padding: "x".repeat(10_000) })));
    const pods = new WatchedPods(source);
    await expect.poll(() => pods.names, patience).toEqual(names);
  });

  test("a list whose continue token expires is begun anew", async () => {
    const { api, source } = await openLab({ pageSize: 1 });
    api.setPods([rawPod("a"), rawPod("b")]);
    api.faults.delay(30);
    const pods = new WatchedPods(source);
    await expect.poll(() => api.requests.length).toBe(2);
    api.faults.expireHistory();
    await expect.poll(() => pods.names, patience).toEqual(["a", "b"]);
    expect(
      api.requests.filter(({ query }) => query["continue"] === undefined && query["limit"] === "1"),
    ).toHaveLength(2);
  });

  test("goes on after the API server restarted, and drops what went meanwhile", async () => {
    const { api, source } = await openLab({}, { timing: fast });
    api.setPods([rawPod("a"), rawPod("b")]);
    const pods = new WatchedPods(source);
    await expect.poll(() => pods.names, patience).toEqual(["a", "b"]);
    await pods.isLive();
    await api.stop();
    await pods.retries("api-unreachable");
    api.deletePod("default", "a");
    api.faults.expireHistory();
    await api.start();
    await expect.poll(() => pods.names, patience).toEqual(["b"]);
    await pods.isLive();
    api.applyPod(rawPod("c"));
    await expect.poll(() => pods.names, patience).toEqual(["b", "c"]);
  });

  test.each(["event", "status"] as const)("lists anew after 410 Gone as %s", async (goneAs) => {
    const { api, source } = await openLab({}, { timing: fast });
    api.faults.goneAs = goneAs;
    api.setPods([rawPod("a"), rawPod("b")]);
    const pods = new WatchedPods(source);
    await expect.poll(() => pods.names, patience).toEqual(["a", "b"]);
    await pods.isLive();
    api.faults.freezeStreams();
    api.deletePod("default", "a");
    api.faults.expireHistory();
    api.faults.release();
    api.faults.dropStreams();
    await expect.poll(() => pods.names, patience).toEqual(["b"]);
    await pods.isLive();
  });

  test("lists anew after 410 in the middle of a stream", async () => {
    const { api, source } = await openLab({}, { timing: fast });
    api.setPods([rawPod("a"), rawPod("b")]);
    const pods = new WatchedPods(source);
    await expect.poll(() => pods.names, patience).toEqual(["a", "b"]);
    await pods.isLive();
    api.faults.freezeStreams();
    api.deletePod("default", "a");
    api.faults.release();
    api.faults.failStreams({
      kind: "Status",
      code: 410,
      reason: "Expired",
      message: "too old resource version",
    });
    await expect.poll(() => pods.names, patience).toEqual(["b"]);
  });

  test("misses nothing when a stream is dropped again and again", async () => {
    const { api, source } = await openLab({ bookmarkMs: 20 }, { timing: fast });
    const pods = new WatchedPods(source);
    await pods.isLive();
    for (let round = 0; round < 5; round += 1) {
      api.applyPod(rawPod(`pod-${round}`));
      api.faults.dropStreams();
      if (round > 0) api.deletePod("default", `pod-${round - 1}`);
      await expect.poll(() => pods.names, patience).toEqual([`pod-${round}`]);
      await expect.poll(() => api.watchCount, { timeout: 10_000 }).toBe(1);
    }
  });

  test("notices a half-open connection and goes on", async () => {
    const hurried: Timing = {
      ...systemTiming,
      after: (ms, callback) => systemTiming.after(ms / 500, callback),
    };
    const { api, source } = await openLab({ bookmarkMs: 20 }, { timing: hurried });
    api.setPods([rawPod("a")]);
    const pods = new WatchedPods(source);
    await expect.poll(() => pods.names, patience).toEqual(["a"]);
    await pods.isLive();
    api.faults.freezeStreams();
    api.applyPod(rawPod("b"));
    await pods.retries("api-unreachable");
    api.faults.release();
    await expect.poll(() => pods.names, patience).toEqual(["a", "b"]);
    await pods.isLive();
  });

  test("lists anew after garbage in the stream", async () => {
    const { api, source } = await openLab({}, { timing: fast });
    api.setPods([rawPod("a")]);
    const pods = new WatchedPods(source);
    await pods.isLive();
    api.faults.writeToStreams("\u0000<html>\n{]\n");
    await pods.retries("api-error");
    api.applyPod(rawPod("b"));
    await expect.poll(() => pods.names, patience).toEqual(["a", "b"]);
  });

  test("reports a permission taken away, and goes on when it is given back", async () => {
    const hurried: Timing = {
      ...systemTiming,
      after: (ms, callback) => systemTiming.after(ms / 500, callback),
    };
    const { api, source } = await openLab({}, { timing: hurried });
    api.setPods([rawPod("a")]);
    api.faults.forbid({ resource: "pods" });
    const pods = new WatchedPods(source, "default");
    await pods.retries("forbidden");
    expect(pods.statuses.at(-1)).toMatchObject({
      error: { facts: { verb: "list", resource: "pods", namespace: "default" } },
      inMs: expect.toSatisfy((ms: number) => ms >= 30_000),
    });
    api.faults.release();
    await expect.poll(() => pods.names, patience).toEqual(["a"]);
  });

  test("reports credentials that expired, and takes up the new ones", async () => {
    const hurried: Timing = {
      ...systemTiming,
      after: (ms, callback) => systemTiming.after(ms / 500, callback),
    };
    const { api, source, settings } = await openLab({}, { timing: hurried });
    const pods = new WatchedPods(source);
    await pods.isLive();
    api.faults.acceptedToken = "the-new-one";
    api.faults.dropStreams();
    await pods.retries("unauthorized");
    await writeFile(settings.kubeconfig, api.kubeconfig().replace(api.token, "the-new-one"));
    await expect.poll(() => pods.statuses.at(-1)?.kind, patience).toBe("live");
  });

  test("shows a pod named like markup as it is", async () => {
    const { api, source } = await openLab();
    api.setPods([rawPod('<img src=x onerror="alert(1)">'), rawPod("$(reboot)")]);
    const pods = new WatchedPods(source);
    await expect.poll(() => pods.names, patience).toEqual(["$(reboot)", '<img src=x onerror="alert(1)">']);
  });

  test("several watches at once, each closed by itself", async () => {
    const { api, source } = await openLab();
    api.setPods([rawPod("a"), rawPod("x", "other")]);
    const one = new WatchedPods(source, "default");
    const other = new WatchedPods(source, "other");
    await Promise.all([one.isLive(), other.isLive()]);
    one.close();
    await expect.poll(() => api.watchCount).toBe(1);
    api.applyPod(rawPod("b"));
    api.applyPod(rawPod("y", "other"));
    await expect.poll(() => other.names, patience).toEqual(["x", "y"]);
    expect(one.names).toEqual(["a"]);
  });

  test("closing the cluster ends its watches on the server too", async () => {
    const { api, source } = await openLab();
    const pods = new WatchedPods(source);
    await pods.isLive();
    source.close();
    await expect.poll(() => api.watchCount).toBe(0);
    const told = pods.lists.length + pods.statuses.length;
    api.applyPod(rawPod("late"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(pods.lists.length + pods.statuses.length).toBe(told);
  });

  test("a watch asked of a closed cluster stays silent", async () => {
    const { api, source } = await openLab();
    source.close();
    const pods = new WatchedPods(source);
    await new Promise((resolve) => setImmediate(resolve));
    expect([pods.statuses, api.requests]).toEqual([[], []]);
  });

  test("the sentence for an error names where it happened", async () => {
    const { api, source } = await openLab();
    await api.stop();
    const error = await thrownBy(source.listNamespaces(signal));
    expect(errorText(error).title).toBe(`The API server 127.0.0.1, port ${api.port} cannot be reached.`);
  });
});
