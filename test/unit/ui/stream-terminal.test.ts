import { PassThrough } from "node:stream";
import { expect, test, vi } from "vitest";
import type { Exit } from "../../../extension/nodes/session.ts";

// What VS Code gives it, as far as it is used: listeners hear only what is fired after they came.
vi.mock("vscode", () => ({
  EventEmitter: class<T> {
    readonly #listeners: ((value: T) => void)[] = [];
    readonly event = (listener: (value: T) => void): void => void this.#listeners.push(listener);
    fire(value: T): void {
      for (const listener of this.#listeners) listener(value);
    }
    dispose(): void {}
  },
  l10n: { t: (text: string) => text },
}));

const { StreamTerminal } = await import("../../../extension/ui/stream-terminal.ts");

function shown() {
  const { promise: exit, resolve: end } = Promise.withResolvers<Exit | undefined>();
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const gone = exit.then(() => {});
  const terminal = new StreamTerminal(
    { kind: "stream", stdin, stdout, stderr, exit, gone, stop: () => {}, resize: () => {} },
    "intro",
  );
  const seen: string[] = [];
  /** As VS Code does: it listens, then opens. */
  const open = (): void => {
    terminal.onDidWrite((text) => seen.push(text));
    terminal.onDidClose(() => seen.push("closed"));
    terminal.open(undefined);
  };
  return { seen, open, end };
}

/** What was awaited above goes on. */
const settle = async (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test("a command that has ended well closes its terminal, be it before that is open", async () => {
  for (const early of [true, false]) {
    const { seen, open, end } = shown();
    if (!early) open();
    end({ code: 0 });
    await settle();
    if (early) open();
    expect(seen).toEqual(["intro\r\n", "closed"]);
  }
});

test("one that has not is told of, and its terminal stays", async () => {
  for (const early of [true, false]) {
    const { seen, open, end } = shown();
    if (!early) open();
    end({ code: 3 });
    await settle();
    if (early) open();
    expect(seen).toEqual(["intro\r\n", expect.stringContaining("Ended with exit status")]);
  }
});
