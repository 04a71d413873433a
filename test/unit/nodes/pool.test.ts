import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SandboxError } from "../../../extension/core/errors.ts";
import { Clock } from "../../../extension/nodes/clock.ts";
import { NodePool, type PoolLimits } from "../../../extension/nodes/pool.ts";
import { Busy, Refused } from "../../../extension/nodes/session.ts";
import type { RunResult } from "../../../extension/nodes/transport.ts";
import {
  fakeDestination,
  type FakeCommand,
  type FakeDestination,
  type FakeSession,
} from "../../support/fake-destination.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

function makePool(options: { maxSessions?: number; idleMs?: number; chance?: number } = {}): NodePool {
  const { maxSessions = 20, idleMs = 60_000, chance = 0.5 } = options;
  return new NodePool({ maxSessions, idleMs, log: silent, random: () => chance });
}

function run(
  pool: NodePool,
  destination: FakeDestination,
  word = "x",
  limits: Partial<PoolLimits> = {},
): Promise<RunResult> {
  const signal = new AbortController().signal;
  return pool.run(
    destination,
    { argv: [word], stdin: "" },
    { signal, timeoutMs: 60_000, maxBytes: 1_000, ...limits },
  );
}

const lost = (): SandboxError => new SandboxError("ssh-connection-lost", "cut while logging in");
const busy = (): Busy => new Busy(new SandboxError("ssh-connection-lost", "too many"));
/** One that fails before anybody looks at it. */
function handled<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}

/** Lets all that can go on without time passing go on. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a terminal", () => {
  it("that was given up while it was being started is stopped", async () => {
    const pool = makePool();
    const starting: FakeCommand[] = [];
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const node = fakeDestination("a", { onStart: (command) => void starting.push(command), starts: begun });
    const stop = new AbortController();
    const limits = { signal: stop.signal, timeoutMs: 60_000, maxBytes: 1_000 };
    const request = { argv: ["sh"], size: { columns: 80, rows: 24 } };
    const opening = handled(pool.terminal(node, request, limits));
    await settle();
    stop.abort(new SandboxError("cancelled", "enough"));
    await expect(opening).rejects.toMatchObject({ reason: "cancelled" });
    begin();
    await settle();
    expect(starting.map(({ stopped }) => stopped)).toEqual([true]);
  });
});

describe("one session for each destination", () => {
  it("is opened once, shared, and closed when idle", async () => {
    const pool = makePool({ idleMs: 1_000 });
    const node = fakeDestination("a");
    const runs = Promise.all(["1", "2", "3"].map((word) => run(pool, node, word)));
    await settle();
    expect((await runs).map((result) => result.stdout)).toEqual(["1", "2", "3"]);
    expect(node.sessions).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(999);
    expect(pool.size).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(pool.size).toBe(0);
  });

  it("tells everybody who waits for it what was passed, and nobody else", async () => {
    const pool = makePool();
    let open = (): void => {};
    const node = fakeDestination("a", {
      opens: async (_tries, { trace }) => {
        trace("connect", "there");
        await new Promise<void>((resolve) => {
          open = resolve;
        });
      },
    });
    const heard: string[][] = [[], [], []];
    const listen = (index: number): Partial<PoolLimits> => ({ trace: (step) => heard[index]?.push(step) });
    const first = run(pool, node, "x", listen(0));
    await settle();
    const second = run(pool, node, "x", listen(1));
    open();
    await settle();
    await Promise.all([first, second]);
    const third = run(pool, node, "x", listen(2));
    await settle();
    await third;
    expect(heard).toEqual([["connect", "login", "command"], ["connect", "login", "command"], []]);
  });

  it("is given up when nobody waits for it any more, and leaves its place", async () => {
    const pool = makePool({ maxSessions: 1 });
    const signals: AbortSignal[] = [];
    const stuck = fakeDestination("a", {
      opens: (_tries, { signal }) => {
        signals.push(signal);
        return new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("aborted")));
        });
      },
    });
    const [one, two] = [new AbortController(), new AbortController()];
    const runs = [one, two].map(({ signal }) => run(pool, stuck, "x", { signal }));
    const ends = Promise.allSettled(runs);
    await settle();
    one.abort();
    await settle();
    expect(signals.map((signal) => signal.aborted)).toEqual([false]);
    two.abort();
    await settle();
    expect((await ends).map((end) => end.status)).toEqual(["rejected", "rejected"]);
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
    const next = run(pool, fakeDestination("b"), "next");
    await settle();
    expect((await next).stdout).toBe("next");
  });

  it("ends a command in time, wherever it is, with the facts of the place", async () => {
    const pool = makePool();
    const never = fakeDestination("a", { opens: () => new Promise(() => {}) });
    const silentNode = fakeDestination("b", { onStart: () => {} });
    for (const node of [never, silentNode]) {
      const end = handled(run(pool, node, "x", { timeoutMs: 1_500 }));
      await vi.advanceTimersByTimeAsync(1_500);
      await expect(end).rejects.toMatchObject({
        reason: "probe-timeout",
        facts: { node: node.node, seconds: "1.5", host: `${node.node}.example.com` },
      });
    }
    expect(silentNode.sessions[0]?.commands[0]?.stopped).toBe(true);
  });
});

describe("many nodes at once", () => {
  it("takes them in the order in which they came, no more than it may", async () => {
    const pool = makePool({ maxSessions: 2 });
    let open = 0;
    let most = 0;
    const order: string[] = [];
    const nodes = Array.from({ length: 12 }, (_, index) =>
      fakeDestination(`n${index}`, {
        opens: async () => {
          order.push(`n${index}`);
          most = Math.max(most, ++open);
        },
        onClose: (session) => {
          open--;
          session.end();
        },
      }),
    );
    const runs = Promise.all(nodes.map((node) => run(pool, node, node.node)));
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await runs).map((result) => result.stdout)).toEqual(nodes.map((node) => node.node));
    expect(order).toEqual(nodes.map((node) => node.node));
    expect(most).toBe(2);
  });

  it("closes what is idle for those who wait, but for what takes no place", async () => {
    const pool = makePool({ maxSessions: 1 });
    const [bastion, first, second] = ["bastion", "first", "second"].map((name) => fakeDestination(name));
    if (bastion === undefined || first === undefined || second === undefined)
      throw new Error("three were made");
    const signal = new AbortController().signal;
    (await pool.session(bastion, { clock: new Clock(), signal, trace: () => {} })).release();
    for (const node of [first, second, first]) {
      const answer = run(pool, node);
      await vi.advanceTimersByTimeAsync(10);
      expect((await answer).stdout).toBe("x");
    }
    expect([bastion, first, second].map((node) => node.sessions.map((one) => one.ending.aborted))).toEqual([
      [false],
      [true, false],
      [true],
    ]);
  });

  it("closes one idle session for each who waits", async () => {
    const pool = makePool({ maxSessions: 2 });
    const closing = { onClose: (session: FakeSession) => void setTimeout(() => session.end(), 100) };
    for (const names of [
      ["a", "b"],
      ["c", "d"],
    ]) {
      const answers = Promise.all(names.map((name) => run(pool, fakeDestination(name, closing), name)));
      // Not one after the other.
      await vi.advanceTimersByTimeAsync(150);
      expect((await answers).map((result) => result.stdout)).toEqual(names);
    }
  });

  it("lets nobody keep a place by ever new commands while others wait", async () => {
    const pool = makePool({ maxSessions: 1 });
    const commands: FakeCommand[] = [];
    const greedy = fakeDestination("greedy", { onStart: (command) => void commands.push(command) });
    const patient = fakeDestination("patient");
    const answered: string[] = [];
    const note = (name: string) => (): void => void answered.push(name);
    const first = run(pool, greedy).then(note("greedy 1"));
    await settle();
    const waiting = run(pool, patient).then(note("patient"));
    await vi.advanceTimersByTimeAsync(4_000);
    const second = run(pool, greedy).then(note("greedy 2"));
    await vi.advanceTimersByTimeAsync(2_000);
    const third = run(pool, greedy).then(note("greedy 3"));
    await settle();
    expect(commands).toHaveLength(2);
    commands[1]?.answer();
    await settle();
    commands[0]?.answer();
    await settle();
    await Promise.all([first, second, waiting]);
    commands[2]?.answer();
    await settle();
    await third;
    expect(answered).toEqual(["greedy 2", "greedy 1", "patient", "greedy 3"]);
    expect(greedy.sessions).toHaveLength(2);
  });

  it("lets no queue of one node keep the place of another one's command", async () => {
    const pool = makePool({ maxSessions: 1 });
    const greedy = fakeDestination("greedy", {
      onStart: (command) => void setTimeout(() => command.answer(), 400),
    });
    const patient = fakeDestination("patient");
    const queue = Promise.all(Array.from({ length: 500 }, (_, index) => run(pool, greedy, String(index))));
    await settle();
    const began = performance.now();
    let waitedMs = 0;
    const single = run(pool, patient, "single").then((result) => {
      waitedMs = performance.now() - began;
      return result;
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await single).stdout).toBe("single");
    expect(waitedMs).toBeLessThan(6_000);
    expect((await queue).map((result) => result.stdout)).toEqual(
      Array.from({ length: 500 }, (_, index) => String(index)),
    );
    expect(greedy.sessions).toHaveLength(2);
  });

  it("keeps a command that only waits, however often its session makes way for others", async () => {
    const pool = makePool({ maxSessions: 1 });
    const greedy = fakeDestination("greedy", {
      maxCommands: 1,
      onStart: (command) => void setTimeout(() => command.answer(), 3_000),
    });
    const others = fakeDestination("others", {
      onStart: (command) => void setTimeout(() => command.answer(), 6_000),
    });
    const queue = Promise.all(
      Array.from({ length: 9 }, (_, index) => run(pool, greedy, String(index), { timeoutMs: 200_000 })),
    );
    await settle();
    for (let turn = 0; turn < 4; turn++) {
      const other = run(pool, others, "other");
      await vi.advanceTimersByTimeAsync(20_000);
      expect((await other).stdout).toBe("other");
    }
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await queue).toHaveLength(9);
  });

  it("logs in to eight at once; one that waits for the user makes way", async () => {
    const pool = makePool();
    const opened: string[] = [];
    let answer = (): void => {};
    const nodes = Array.from({ length: 10 }, (_, index) =>
      fakeDestination(`n${index}`, {
        opens: async (_tries, { asking, signal }) => {
          opened.push(`n${index}`);
          if (index !== 0) {
            await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(lost())));
          }
          await asking.put(
            () =>
              new Promise<void>((resolve) => {
                answer = resolve;
              }),
          );
        },
      }),
    );
    const cancel = new AbortController();
    const runs = nodes.map((node) => run(pool, node, "x", { signal: cancel.signal }));
    const ends = Promise.allSettled(runs);
    await settle();
    expect(opened).toHaveLength(9);
    answer();
    await settle();
    expect((await runs[0])?.stdout).toBe("x");
    expect(opened).toHaveLength(9);
    cancel.abort();
    await settle();
    await ends;
  });
});

describe("another try", () => {
  it("is made four times in all where the other side is busy, each time later", async () => {
    const pool = makePool({ chance: 0.5 });
    const node = fakeDestination("a", { opens: () => Promise.reject(busy()) });
    const end = handled(run(pool, node));
    await vi.advanceTimersByTimeAsync(60_000);
    await expect(end).rejects.toMatchObject({
      reason: "ssh-connection-lost",
      message: "too many",
    });
    const waits = node.openedAt.slice(1).map((at, index) => at - (node.openedAt[index] ?? 0));
    expect(waits).toEqual([300, 600, 1_200]);
  });

  it.each([
    [0, 200],
    [0.999, 399],
  ])("waits longer or shorter by chance (%d)", async (chance, ms) => {
    const pool = makePool({ chance });
    const node = fakeDestination("a", {
      opens: (tries) => (tries === 0 ? Promise.reject(busy()) : Promise.resolve()),
    });
    const answer = run(pool, node);
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await answer).stdout).toBe("x");
    expect((node.openedAt[1] ?? 0) - (node.openedAt[0] ?? 0)).toBe(ms);
  });

  it("ends with the time limit of who waits", async () => {
    const pool = makePool();
    const node = fakeDestination("a", { opens: () => Promise.reject(busy()) });
    const end = handled(run(pool, node, "x", { timeoutMs: 400 }));
    await vi.advanceTimersByTimeAsync(60_000);
    await expect(end).rejects.toMatchObject({
      reason: "probe-timeout",
    });
    expect(node.openedAt).toHaveLength(2);
  });

  it("serves all who wait when the line goes while logging in", async () => {
    const pool = makePool();
    const node = fakeDestination("a", {
      opens: (tries) => (tries === 0 ? Promise.reject(lost()) : Promise.resolve()),
    });
    const answers = Promise.all(["1", "2", "3"].map((word) => run(pool, node, word)));
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await answers).map((result) => result.stdout)).toEqual(["1", "2", "3"]);
    expect(node.openedAt).toHaveLength(2);
  });

  it("is made once where the line goes again and again, and not at all for what does not pass", async () => {
    const pool = makePool();
    const unstable = fakeDestination("a", { opens: () => Promise.reject(lost()) });
    const refusing = fakeDestination("b", {
      opens: () => Promise.reject(new SandboxError("ssh-auth-failed", "no")),
    });
    const ends = Promise.allSettled([run(pool, unstable), run(pool, refusing)]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await ends).toMatchObject([
      { reason: { reason: "ssh-connection-lost" } },
      { reason: { reason: "ssh-auth-failed" } },
    ]);
    expect([unstable, refusing].map((node) => node.openedAt.length)).toEqual([2, 1]);
  });

  it("waits a while by chance when connections have just been lost, as when a laptop wakes", async () => {
    const pool = makePool({ chance: 0.5 });
    const nodes = ["a", "b"].map((name) => fakeDestination(name));
    const first = Promise.all(nodes.map((node) => run(pool, node)));
    await settle();
    await first;
    for (const node of nodes) node.sessions[0]?.end();
    await settle();
    const woken = performance.now();
    const again = Promise.all(nodes.map((node) => run(pool, node)));
    await vi.advanceTimersByTimeAsync(500);
    expect((await again).map((result) => result.stdout)).toEqual(["x", "x"]);
    expect(nodes.map((node) => (node.openedAt[1] ?? 0) - woken)).toEqual([250, 250]);
    await vi.advanceTimersByTimeAsync(2_000);
    const later = fakeDestination("c");
    const calm = performance.now();
    const last = run(pool, later);
    await settle();
    await last;
    expect(later.openedAt).toEqual([calm]);
  });
});

describe("a laptop that wakes", () => {
  it.each(["cut", "ended with a goodbye"])(
    "logs in once to each node whose line was %s, spread",
    async (how) => {
      let chance = 0;
      const pool = new NodePool({
        maxSessions: 40,
        idleMs: 60_000,
        log: silent,
        random: () => (chance = (chance + 0.37) % 1),
      });
      const nodes = Array.from({ length: 16 }, (_, index) =>
        fakeDestination(`n${index}`, {
          maxCommands: 1,
          onStart: (command, session) => {
            if (command.argv[0] !== "sleeping" || session.commands.length > 1) {
              setImmediate(() => command.answer());
            }
          },
        }),
      );
      const sleeping = Promise.allSettled(nodes.map((node) => run(pool, node, "sleeping")));
      await settle();
      const inspections = Promise.all(
        Array.from({ length: 100 }, (_, index) => {
          const node = nodes[index % nodes.length];
          if (node === undefined) throw new Error("16 were made");
          return run(pool, node, String(index));
        }),
      );
      await settle();
      const woken = performance.now();
      for (const node of nodes) {
        if (how !== "cut") node.sessions[0]?.sayGoodbye();
        else node.sessions[0]?.end();
      }
      await settle();
      for (const node of nodes) node.sessions[0]?.end();
      await vi.advanceTimersByTimeAsync(2_000);
      expect((await inspections).map((result) => result.stdout)).toEqual(
        Array.from({ length: 100 }, (_, index) => String(index)),
      );
      expect((await sleeping).map((end) => end.status)).toEqual(nodes.map(() => "rejected"));
      expect(nodes.map((node) => node.openedAt.length)).toEqual(nodes.map(() => 2));
      const delays = nodes.map((node) => (node.openedAt[1] ?? 0) - woken);
      expect(Math.max(...delays)).toBeLessThan(500);
      expect(new Set(delays.map((ms) => Math.floor(ms / 50))).size).toBeGreaterThan(5);
    },
  );
});

describe("a session that takes fewer commands", () => {
  it("is asked again for a while when it takes none just now, and not left", async () => {
    const pool = makePool();
    const behaviour = { takes: 0 };
    const node = fakeDestination("a", behaviour);
    const answer = run(pool, node);
    await vi.advanceTimersByTimeAsync(300);
    behaviour.takes = 1;
    await vi.advanceTimersByTimeAsync(300);
    expect((await answer).stdout).toBe("x");
    expect(node.sessions).toHaveLength(1);
  });

  it("has the place again of one that is cancelled while it is asked again", async () => {
    const pool = makePool();
    const behaviour = { takes: 0, maxCommands: 1 };
    const node = fakeDestination("a", behaviour);
    const cancel = new AbortController();
    const end = handled(run(pool, node, "x", { signal: cancel.signal }));
    await vi.advanceTimersByTimeAsync(100);
    cancel.abort();
    await expect(end).rejects.toMatchObject({ reason: "cancelled" });
    behaviour.takes = 1;
    const next = run(pool, node, "next");
    await vi.advanceTimersByTimeAsync(10);
    expect((await next).stdout).toBe("next");
    expect(node.sessions).toHaveLength(1);
  });

  it("never comes down to no place at all", async () => {
    const pool = makePool();
    // Counts what has ended a while longer, as sshd does under load.
    let counted = 0;
    const node = fakeDestination("a", {
      onStart: (command, session) => {
        if (counted > 0) {
          session.running--;
          throw new Refused("not yet");
        }
        counted++;
        setTimeout(() => {
          command.answer();
          setTimeout(() => counted--, 15);
        }, 10);
      },
    });
    const words = Array.from({ length: 20 }, (_, index) => String(index));
    const answers = Promise.all(words.map((word) => run(pool, node, word)));
    await vi.advanceTimersByTimeAsync(10_000);
    expect((await answers).map((result) => result.stdout)).toEqual(words);
    expect(node.sessions).toHaveLength(1);
  });

  it("is given as many as it takes, the others wait their turn", async () => {
    const pool = makePool();
    const node = fakeDestination("a", { takes: 2 });
    const words = Array.from({ length: 9 }, (_, index) => String(index));
    const answers = Promise.all(words.map((word) => run(pool, node, word)));
    await vi.advanceTimersByTimeAsync(100);
    expect((await answers).map((result) => result.stdout)).toEqual(words);
    expect(node.sessions).toHaveLength(1);
  });

  it("is left for a new one when it takes none, three times at most", async () => {
    const pool = makePool();
    const node = fakeDestination("a", { takes: 0 });
    const end = handled(run(pool, node));
    await vi.advanceTimersByTimeAsync(60_000);
    await expect(end).rejects.toMatchObject({
      reason: "ssh-unsupported",
      facts: { node: "a", feature: "session channel" },
    });
    expect(node.sessions).toHaveLength(3);
    expect(pool.size).toBe(0);
  });

  it("gets no new ones when a cancelled one goes on", async () => {
    const pool = makePool();
    const node = fakeDestination("a", {
      onStart: (command) => command.argv[0] === "x" && setImmediate(() => command.answer()),
    });
    const cancel = new AbortController();
    const end = handled(run(pool, node, "stuck", { signal: cancel.signal }));
    await settle();
    cancel.abort();
    await expect(end).rejects.toMatchObject({
      reason: "cancelled",
    });
    await vi.advanceTimersByTimeAsync(4_999);
    expect(pool.size).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(pool.size).toBe(0);
    const next = run(pool, node);
    await settle();
    expect((await next).stdout).toBe("x");
    expect(node.sessions).toHaveLength(2);
  });
});

describe("a session that is lost", () => {
  it("before the command began: it begins in another one", async () => {
    const pool = makePool();
    const node = fakeDestination("a");
    const first = run(pool, node);
    await settle();
    await first;
    // Lost, and the pool has not heard of it yet.
    node.sessions[0]?.end();
    const second = run(pool, node, "again");
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await second).stdout).toBe("again");
    expect(node.sessions).toHaveLength(2);
  });

  it("while the command was being started: it begins in another one", async () => {
    const pool = makePool();
    let starts = 0;
    const node = fakeDestination("a", {
      onStart: (command, session) => {
        if (starts++ > 0) {
          setImmediate(() => command.answer());
          return;
        }
        session.end();
        throw new SandboxError("ssh-connection-lost", "gone");
      },
    });
    const answer = run(pool, node);
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await answer).stdout).toBe("x");
    expect(node.sessions).toHaveLength(2);
  });

  it("in the middle of an answer: that is no answer, and is not asked for again", async () => {
    const pool = makePool();
    const node = fakeDestination("a", { onStart: (command) => void command.stdout.write("half") });
    const end = handled(run(pool, node));
    await settle();
    node.sessions[0]?.end();
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(end).rejects.toMatchObject({
      reason: "ssh-connection-lost",
    });
    expect(node.openedAt).toHaveLength(1);
  });
});

describe("closing", () => {
  it("waits until what was made is undone, and ends what runs as cancelled", async () => {
    const pool = makePool();
    const node = fakeDestination("a", {
      onStart: () => {},
      onClose: (session) => setTimeout(() => session.end(), 3_000),
    });
    const opening = fakeDestination("b", {
      opens: (_tries, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => setTimeout(() => reject(lost()), 4_000));
        }),
    });
    const ends = Promise.allSettled([run(pool, node), run(pool, opening)]);
    await settle();
    let closed = false;
    const closing = pool.close().then(() => {
      closed = true;
    });
    await settle();
    expect(await ends).toMatchObject([
      { reason: { reason: "cancelled" } },
      { reason: { reason: "cancelled" } },
    ]);
    await vi.advanceTimersByTimeAsync(3_999);
    expect(closed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await closing;
    expect(pool.size).toBe(0);
    await expect(run(pool, node)).rejects.toMatchObject({ reason: "cancelled" });
  });

  it("closes a session that was opened too late", async () => {
    const pool = makePool();
    let open = (): void => {};
    const node = fakeDestination("a", {
      opens: () =>
        new Promise((resolve) => {
          open = resolve;
        }),
    });
    const end = handled(run(pool, node));
    await settle();
    const closing = pool.close();
    await expect(end).rejects.toMatchObject({ reason: "cancelled" });
    open();
    await settle();
    await closing;
    expect(node.sessions[0]?.ending.aborted).toBe(true);
    expect(pool.size).toBe(0);
  });

  it("does not wait for ever", async () => {
    const pool = makePool();
    const node = fakeDestination("a", { onClose: () => {} });
    const answer = run(pool, node);
    await settle();
    await answer;
    const closing = pool.close();
    await vi.advanceTimersByTimeAsync(10_000);
    await closing;
    expect(pool.size).toBe(1);
  });

  it("keeps a carrier open for as long as it carries", async () => {
    const pool = makePool({ idleMs: 1_000, maxSessions: 1 });
    const bastion = fakeDestination("bastion");
    const lease = await pool.session(bastion, {
      clock: new Clock(),
      signal: new AbortController().signal,
      trace: () => {},
    });
    const carried = run(pool, fakeDestination("node"), "carried");
    await vi.advanceTimersByTimeAsync(500);
    expect((await carried).stdout).toBe("carried");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(pool.size).toBe(1);
    lease.release();
    lease.release();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(pool.size).toBe(0);
  });
});
