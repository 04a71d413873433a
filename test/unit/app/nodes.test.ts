import { describe, expect, test, vi } from "vitest";
import { type Nodes, ReopeningNodes } from "../../../extension/app/nodes.ts";
import { FakeSession, noTerminal } from "../../support/fake-destination.ts";
import { fakeNode } from "../../support/fake-pod.ts";

const answered = { stdout: "", stderr: "", exitCode: 0 };

describe("ReopeningNodes", () => {
  const node = fakeNode();
  const limits = { signal: new AbortController().signal, timeoutMs: 1, maxBytes: 1 };

  test("opens on first use and anew after close, and closes what was open", async () => {
    const closed: number[] = [];
    let number = 0;
    const opened = vi.fn<() => Promise<Nodes>>(async () => {
      const mine = (number += 1);
      return {
        transport: (_node, context) => ({
          run: async () => ({ ...answered, stdout: `${mine} of ${context ?? "no cluster"}` }),
          terminal: noTerminal,
        }),
        close: async () => void closed.push(mine),
      };
    });
    const nodes = new ReopeningNodes(opened);
    const transport = nodes.transport(node, "one");
    expect(opened).not.toHaveBeenCalled();
    const run = async (): Promise<string> => (await transport.run({ argv: [], stdin: "" }, limits)).stdout;
    expect([await run(), await run()]).toEqual(["1 of one", "1 of one"]);
    await nodes.close();
    expect(closed).toEqual([1]);
    expect(await run()).toBe("2 of one");
    expect(closed).toEqual([1]);
  });

  test("is closed when what it opened is, and what was opened before it was opened anew", async () => {
    const closings: (() => void)[] = [];
    const nodes = new ReopeningNodes(async () => ({
      transport: () => ({ run: async () => answered, terminal: noTerminal }),
      close: async () => new Promise<void>((resolve) => closings.push(resolve)),
    }));
    const run = async (): Promise<unknown> =>
      nodes.transport(node, null).run({ argv: [], stdin: "" }, limits);
    await run();
    nodes.reopen();
    await run();
    let isClosed = false;
    const closing = nodes.close().then(() => {
      isClosed = true;
    });
    await vi.waitFor(() => expect(closings).toHaveLength(2));
    closings[1]?.();
    await new Promise(setImmediate);
    expect(isClosed).toBe(false);
    closings[0]?.();
    await closing;
  });

  test("opened anew, what is going on ends as it began before its connections are closed", async () => {
    const events: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const nodes = new ReopeningNodes(async () => ({
      transport: () => ({
        run: async () => {
          await promise;
          events.push("answered");
          return answered;
        },
        terminal: noTerminal,
      }),
      close: async () => void events.push("closed"),
    }));
    const running = nodes.transport(node, null).run({ argv: [], stdin: "" }, limits);
    await Promise.resolve();
    nodes.reopen();
    resolve();
    await running;
    await vi.waitFor(() => expect(events).toEqual(["answered", "closed"]));
  });

  test("opened anew, a terminal keeps its connections until it is gone", async () => {
    const closed = vi.fn<() => void>();
    const session = new FakeSession("node-a", { onStart: () => {} });
    const nodes = new ReopeningNodes(async () => ({
      transport: () => ({
        run: async () => answered,
        terminal: async ({ argv, size }) => session.terminal(argv, size),
      }),
      close: async () => closed(),
    }));
    const transport = nodes.transport(node, null);
    const terminal = await transport.terminal({ argv: ["sh"], size: { columns: 80, rows: 24 } }, limits);
    await transport.run({ argv: [], stdin: "" }, limits);
    nodes.reopen();
    await new Promise(setImmediate);
    expect(closed).not.toHaveBeenCalled();
    terminal.stop();
    await vi.waitFor(() => expect(closed).toHaveBeenCalledOnce());
  });

  test("a failure to open is not kept, and nothing is there to close", async () => {
    const open = vi.fn<() => Promise<Nodes>>().mockRejectedValue(new Error("no"));
    const nodes = new ReopeningNodes(open);
    const run = async (): Promise<unknown> =>
      nodes.transport(node, null).run({ argv: [], stdin: "" }, limits);
    await expect(run()).rejects.toThrow("no");
    await expect(run()).rejects.toThrow("no");
    expect(open).toHaveBeenCalledTimes(2);
    await nodes.close();
  });
});
