import * as fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { PodWatch } from "../../../extension/cluster/pod-watch.ts";
import type { PodUpdate, WatchStatus } from "../../../extension/cluster/source.ts";
import { SandboxError } from "../../../extension/core/errors.ts";
import { ManualTiming } from "./manual-timing.ts";
import { type PendingRequest, ScriptedApi } from "./scripted-api.ts";

function pod(name: string, version = "1", extra: object = {}): object {
  return {
    metadata: { uid: `uid-${name}`, namespace: "shop", name, resourceVersion: version },
    spec: { containers: [], ...extra },
  };
}

function list(names: readonly string[], version: string, token?: string): object {
  return { metadata: { resourceVersion: version, continue: token }, items: names.map((name) => pod(name)) };
}

/** Lets everything that is ready run: promises only, no timers. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

class Setup {
  readonly api = new ScriptedApi();
  readonly timing = new ManualTiming();
  /** The names after each update; with "…" while there may be more. */
  readonly told: string[] = [];
  readonly #pods = new Map<string, string>();
  readonly statuses: WatchStatus[] = [];
  readonly logged: string[] = [];
  readonly watch: PodWatch;
  readonly ended: Promise<void>;

  constructor(pageSize = 100) {
    const log = (line: string): void => void this.logged.push(line);
    this.watch = new PodWatch(
      {
        api: this.api,
        timing: this.timing,
        log: { debug: log, info: log, warn: log, error: log },
        listener: {
          onPods: (update) => this.#take(update),
          onStatus: (status) => this.statuses.push(status),
        },
      },
      { namespace: "shop", pageSize },
    );
    this.ended = this.watch.run();
    onTestFinished(() => this.watch.close());
  }

  #take({ put, gone, complete }: PodUpdate): void {
    for (const uid of gone) this.#pods.delete(uid);
    for (const { uid, name } of put) this.#pods.set(uid, name);
    const names = [...this.#pods.values()].join(" ");
    this.told.push(complete ? names : `${names} …`);
  }

  get status(): WatchStatus | undefined {
    return this.statuses.at(-1);
  }

  /** A watch that is live with these pods. */
  async live(names: readonly string[], version = "100"): Promise<PendingRequest> {
    (await this.api.next()).send(list(names, version));
    const stream = await this.api.next();
    stream.open();
    await settle();
    return stream;
  }

  /** The same, in pages of two. */
  async livePaged(names: readonly string[]): Promise<PendingRequest> {
    for (let from = 0; from + 2 < names.length; from += 2) {
      (await this.api.next()).send(list(names.slice(from, from + 2), "100", `from-${from + 2}`));
    }
    return this.live(names.slice(names.length > 0 ? Math.floor((names.length - 1) / 2) * 2 : 0));
  }

  async batch(): Promise<void> {
    await settle();
    this.timing.advance(100);
  }
}

describe("PodWatch", () => {
  test("lists, tells the pods, then watches from the list's version", async () => {
    const setup = new Setup();
    const listing = await setup.api.next();
    expect(listing.request).toMatchObject({
      verb: "list",
      path: "/api/v1/namespaces/shop/pods",
      query: { limit: "100" },
    });
    listing.send(list(["a", "b"], "100"));
    const stream = await setup.api.next();
    expect(stream.request).toMatchObject({
      verb: "watch",
      query: { watch: "true", resourceVersion: "100", allowWatchBookmarks: "true", timeoutSeconds: "300" },
    });
    expect(setup.told).toEqual(["a b"]);
    expect(setup.statuses).toEqual([{ kind: "loading" }]);
    stream.open();
    expect(setup.status).toEqual({ kind: "live" });
  });

  test("follows the pages", async () => {
    const setup = new Setup(2);
    (await setup.api.next()).send(list(["a", "b"], "100", "token-1"));
    const second = await setup.api.next();
    expect(second.request.query).toEqual({ limit: "2", continue: "token-1" });
    second.send(list(["c"], "100"));
    await setup.api.next();
    expect(setup.told).toEqual(["a b …", "a b c"]);
  });

  test("starts over when a continue token expires, and at last asks for everything at once", async () => {
    const setup = new Setup(2);
    for (const name of ["a", "b"]) {
      (await setup.api.next()).send(list([name], "100", "token"));
      (await setup.api.next()).failStatus(410);
    }
    const whole = await setup.api.next();
    expect(whole.request.query).toEqual({});
    whole.send(list(["c"], "200"));
    await setup.api.next();
    // What the first attempts told of is gone only when a whole list says so.
    expect(setup.told).toEqual(["a …", "a b …", "c"]);
  });

  test("tells changes that come together once, as the whole list", async () => {
    const setup = new Setup();
    const stream = await setup.live(["a", "b"]);
    stream.send({ type: "ADDED", object: pod("c", "101") });
    stream.send({ type: "DELETED", object: pod("a", "102") });
    stream.send({ type: "MODIFIED", object: pod("b", "103", { nodeName: "n" }) });
    await settle();
    expect(setup.told).toEqual(["a b"]);
    setup.timing.advance(100);
    expect(setup.told).toEqual(["a b", "b c"]);
  });

  test("goes on from the newest version after the server ended the stream, without a word", async () => {
    const setup = new Setup();
    const stream = await setup.live(["a"]);
    stream.send({ type: "BOOKMARK", object: { metadata: { resourceVersion: "opaque-7" } } });
    stream.end();
    const next = await setup.api.next();
    expect(next.request.query).toMatchObject({ resourceVersion: "opaque-7" });
    next.open();
    expect(setup.statuses.map(({ kind }) => kind)).toEqual(["loading", "live"]);
  });

  test("does not hammer a server that ends every watch at once", async () => {
    const setup = new Setup();
    (await setup.live(["a"])).end();
    await settle();
    expect(setup.status).toMatchObject({ kind: "retrying", inMs: 1_000 });
    setup.timing.advance(1_000);
    const second = await setup.api.next();
    second.open();
    second.end();
    await settle();
    expect(setup.status).toMatchObject({ kind: "retrying", inMs: 2_000 });
  });

  test.each([
    ["an HTTP status", (stream: PendingRequest): void => stream.failStatus(410)],
    [
      "an ERROR event",
      (stream: PendingRequest): void =>
        stream.send({ type: "ERROR", object: { kind: "Status", code: 410, message: "too old" } }),
    ],
  ])("lists again at once after 410 Gone as %s, and drops what is gone", async (_, gone) => {
    const setup = new Setup();
    gone(await setup.live(["a", "b"]));
    const listing = await setup.api.next();
    expect(listing.request.verb).toBe("list");
    listing.send(list(["b"], "200"));
    const stream = await setup.api.next();
    expect(stream.request.query).toMatchObject({ resourceVersion: "200" });
    expect(setup.told).toEqual(["a b", "b"]);
  });

  test("lists again at once after a dropped stream that cannot go on where it was", async () => {
    const setup = new Setup();
    (await setup.live(["a", "b"])).fail(new SandboxError("api-unreachable", "ECONNRESET"));
    await settle();
    setup.timing.advance(1_000);
    (await setup.api.next()).failStatus(410);
    const listing = await setup.api.next();
    expect(listing.request.verb).toBe("list");
    expect(setup.statuses.filter(({ kind }) => kind === "retrying")).toHaveLength(1);
  });

  test("pauses when 410 comes again and again", async () => {
    const setup = new Setup();
    (await setup.live(["a"])).failStatus(410);
    (await setup.live(["a"])).failStatus(410);
    await settle();
    expect(setup.status).toMatchObject({ kind: "retrying", inMs: 1_000 });
    expect(setup.api.hasRequest).toBe(false);
  });

  test("goes on with the watch after a dropped stream", async () => {
    const setup = new Setup();
    const stream = await setup.live(["a"]);
    stream.send({ type: "ADDED", object: pod("b", "101") });
    await settle();
    stream.fail(new SandboxError("api-unreachable", "ECONNRESET", { facts: { host: "api.example.org" } }));
    await settle();
    expect(setup.status).toMatchObject({
      kind: "retrying",
      error: { reason: "api-unreachable", facts: { host: "api.example.org" } },
    });
    setup.timing.advance(1_000);
    const next = await setup.api.next();
    expect(next.request).toMatchObject({ verb: "watch", query: { resourceVersion: "101" } });
    next.open();
    expect(setup.status).toEqual({ kind: "live" });
  });

  test("lists again when the connection could not be made: the server may be another one", async () => {
    const setup = new Setup();
    (await setup.live(["a"])).fail(new SandboxError("api-unreachable", "ECONNRESET"));
    await settle();
    setup.timing.advance(1_000);
    (await setup.api.next()).fail(new SandboxError("api-unreachable", "ECONNREFUSED"));
    await settle();
    setup.timing.advance(2_000);
    const listing = await setup.api.next();
    expect(listing.request.verb).toBe("list");
    listing.send(list([], "3"));
    await setup.api.next();
    expect(setup.told).toEqual(["a", ""]);
  });

  test("notices a half-open connection by its silence", async () => {
    const setup = new Setup();
    const stream = await setup.live(["a"]);
    setup.timing.advance(149_000);
    stream.send({ type: "BOOKMARK", object: { metadata: { resourceVersion: "150" } } });
    await settle();
    setup.timing.advance(149_000);
    await settle();
    expect(stream.signal.aborted).toBe(false);
    setup.timing.advance(1_000);
    await settle();
    expect(stream.signal.aborted).toBe(true);
    expect(setup.status).toMatchObject({ kind: "retrying", inMs: 1_000 });
    setup.timing.advance(1_000);
    expect((await setup.api.next()).request.query).toMatchObject({ resourceVersion: "150" });
  });

  test("backs off up to thirty seconds while the server is away", async () => {
    const setup = new Setup();
    const delays: number[] = [];
    for (let attempt = 0; attempt < 7; attempt += 1) {
      (await setup.api.next()).fail(new SandboxError("api-unreachable", "ECONNREFUSED"));
      await settle();
      const { status } = setup;
      if (status?.kind === "retrying") delays.push(status.inMs);
      setup.timing.advance(30_000);
    }
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  test("waits as long as the server asks with Retry-After", async () => {
    const setup = new Setup();
    (await setup.api.next()).failStatus(429, "17");
    await settle();
    expect(setup.status).toMatchObject({ kind: "retrying", inMs: 17_000 });
  });

  test.each([
    [401, "unauthorized"],
    [403, "forbidden"],
  ])("reports HTTP %i and asks again once a minute", async (code, reason) => {
    const setup = new Setup();
    (await setup.api.next()).failStatus(code);
    await settle();
    expect(setup.status).toMatchObject({ kind: "retrying", inMs: 60_000, error: { reason } });
  });

  test("lists again after a line that is no event", async () => {
    const setup = new Setup();
    (await setup.live(["a"])).send("<html>bad gateway</html>");
    await settle();
    expect(setup.status).toMatchObject({ kind: "retrying", error: { reason: "api-error" } });
    setup.timing.advance(1_000);
    expect((await setup.api.next()).request.verb).toBe("list");
  });

  test("leaves out a malformed pod and says so; the rest stays", async () => {
    const setup = new Setup();
    (await setup.api.next()).send({
      metadata: { resourceVersion: "100" },
      items: [pod("a"), { metadata: { namespace: "shop", name: "bad" }, spec: 7 }, null],
    });
    const stream = await setup.api.next();
    stream.send({ type: "ADDED", object: { metadata: { namespace: "shop", name: "worse" } } });
    stream.send({ type: "ADDED", object: pod("b", "101") });
    await setup.batch();
    expect(setup.told).toEqual(["a", "a b"]);
    expect(setup.logged.join("\n")).toMatch(/shop\/bad[\s\S]*without a name[\s\S]*shop\/worse/);
  });

  test("takes away a pod by its name alone", async () => {
    const setup = new Setup();
    const stream = await setup.live(["a", "b"]);
    stream.send({ type: "DELETED", object: { metadata: { namespace: "shop", name: "a" } } });
    await setup.batch();
    expect(setup.told.at(-1)).toBe("b");
  });

  test("goes on when a listener throws", async () => {
    const setup = new Setup();
    const stream = await setup.live(["a"]);
    setup.told.push = () => {
      throw new Error("broken view");
    };
    stream.send({ type: "ADDED", object: pod("b", "101") });
    await setup.batch();
    stream.send({ type: "BOOKMARK", object: { metadata: { resourceVersion: "102" } } });
    stream.end();
    expect((await setup.api.next()).request.query).toMatchObject({ resourceVersion: "102" });
    expect(setup.logged.join("\n")).toContain("broken view");
  });

  test("whatever is changed, expires and is listed again in pages: it tells what there is", async () => {
    const anyChange = fc.record({ name: fc.constantFrom("a", "b", "c", "d", "e"), there: fc.boolean() });
    const anySteps = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant("event" as const), change: anyChange }),
        fc.record({ kind: fc.constant("batch" as const) }),
        fc.record({ kind: fc.constant("expired" as const), changes: fc.array(anyChange, { maxLength: 6 }) }),
      ),
      { maxLength: 10 },
    );
    await fc.assert(
      fc.asyncProperty(anySteps, async (steps) => {
        const setup = new Setup(2);
        const there = new Set(["a", "b", "c"]);
        const apply = ({ name, there: stays }: { name: string; there: boolean }): void => {
          if (stays) there.add(name);
          else there.delete(name);
        };
        let stream = await setup.livePaged([...there]);
        for (const step of steps) {
          if (step.kind === "batch") {
            await setup.batch();
          } else if (step.kind === "event") {
            const { name, there: stays } = step.change;
            const type = stays ? (there.has(name) ? "MODIFIED" : "ADDED") : "DELETED";
            stream.send({ type, object: pod(name, "101") });
            apply(step.change);
          } else {
            stream.send({ type: "BOOKMARK", object: { metadata: { resourceVersion: "110" } } });
            await settle();
            stream.failStatus(410);
            for (const change of step.changes) apply(change);
            stream = await setup.livePaged([...there]);
          }
        }
        await setup.batch();
        expect(new Set(setup.told.at(-1)?.split(" ").filter(Boolean))).toEqual(there);
        setup.watch.close();
      }),
    );
  });

  test.each([
    ["listing", async (setup: Setup): Promise<unknown> => setup.api.next()],
    ["watching", async (setup: Setup): Promise<unknown> => setup.live(["a"])],
    [
      "waiting to try again",
      async (setup: Setup): Promise<unknown> => {
        (await setup.api.next()).failStatus(500);
        return settle();
      },
    ],
    [
      "gathering changes",
      async (setup: Setup): Promise<unknown> => {
        (await setup.live(["a"])).send({ type: "ADDED", object: pod("b", "101") });
        return settle();
      },
    ],
  ])("closed while %s: ends, and nothing is told any more", async (_, reach) => {
    const setup = new Setup();
    await reach(setup);
    const told = setup.told.length + setup.statuses.length;
    setup.watch.close();
    await setup.ended;
    expect(setup.timing.pending).toEqual([]);
    setup.timing.advance(600_000);
    await settle();
    expect(setup.told.length + setup.statuses.length).toBe(told);
    expect(setup.api.hasRequest).toBe(false);
  });
});
