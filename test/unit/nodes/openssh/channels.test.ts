import { Duplex } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Channels, LineEnded } from "../../../../extension/nodes/openssh/channels.ts";
import {
  Fields,
  Frames,
  MalformedMessage,
  string,
  uint32,
} from "../../../../extension/nodes/openssh/wire.ts";
import { Refused } from "../../../../extension/nodes/session.ts";

// The server's side, message by message: what a real one does not do to order (RFC 4254).

class Server extends Duplex {
  /** Type and content of what came, oldest first. */
  readonly heard: { type: number; fields: Fields }[] = [];
  readonly #frames = new Frames(1_000_000);

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#frames.add(chunk);
    for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
      const fields = new Fields(frame);
      fields.byte();
      this.heard.push({ type: fields.byte(), fields });
    }
    done();
  }

  say(type: number, ...parts: readonly Buffer[]): void {
    this.push(string(Buffer.from([0, type]), ...parts));
  }

  types(): number[] {
    return this.heard.map(({ type }) => type);
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A command that the server runs as channel 5 and takes `window` bytes of. */
async function running(
  window = 1_000,
): Promise<{ server: Server; channels: Channels; command: Awaited<ReturnType<Channels["open"]>> }> {
  const server = new Server();
  const channels = new Channels(server);
  const opening = channels.open();
  server.say(91, uint32(0), uint32(5), uint32(window), uint32(100));
  const command = await opening;
  const started = command.exec("true");
  server.say(99, uint32(0));
  expect(await started).toBe(true);
  server.heard.length = 0;
  return { server, channels, command };
}

const sizeOf = (fields: Fields): number[] => [
  fields.uint32(),
  fields.uint32(),
  fields.uint32(),
  fields.uint32(),
];

const exitStatus = (code: number): Buffer[] => [
  uint32(0),
  string("exit-status"),
  Buffer.from([0]),
  uint32(code),
];

describe("channels", () => {
  it("ask for a terminal before the command, and tell of its size (RFC 4254 6.2, 6.7)", async () => {
    const server = new Server();
    const channels = new Channels(server);
    const opening = channels.open();
    server.say(91, uint32(0), uint32(5), uint32(1_000), uint32(100));
    const command = await opening;
    server.heard.length = 0;
    const asked = command.giveTerminal({ columns: 91, rows: 17 });
    const started = command.exec("top");
    command.resize({ columns: 133, rows: 44 });
    server.say(99, uint32(0));
    expect(await asked).toBe(true);
    server.say(99, uint32(0));
    expect(await started).toBe(true);
    const requests = server.heard.map(({ type, fields }) => {
      const head = [type, fields.uint32(), fields.text(), fields.byte()];
      switch (head[2]) {
        case "pty-req":
          return [...head, fields.text(), ...sizeOf(fields), [...fields.string()]];
        case "exec":
          return [...head, fields.text()];
        default:
          return [...head, ...sizeOf(fields)];
      }
    });
    expect(requests).toEqual([
      [98, 5, "pty-req", 1, "xterm-256color", 91, 17, 0, 0, [42, 0, 0, 0, 1, 0]],
      [98, 5, "exec", 1, "top"],
      [98, 5, "window-change", 0, 133, 44, 0, 0],
    ]);
  });

  it("are closed where the server gives no terminal, and nothing is run then", async () => {
    const server = new Server();
    const channels = new Channels(server);
    const opening = channels.open();
    server.say(91, uint32(0), uint32(5), uint32(1_000), uint32(100));
    const command = await opening;
    const asked = command.giveTerminal({ columns: 80, rows: 24 });
    server.say(100, uint32(0));
    expect(await asked).toBe(false);
    expect(server.types().at(-1)).toBe(97);
    server.say(97, uint32(0));
    await command.gone;
    expect(await command.exec("top")).toBe(false);
  });

  it("end with their exit once both outputs have been read, and are closed on our side too", async () => {
    const { server, command } = await running();
    server.say(94, uint32(0), string("out"));
    server.say(95, uint32(0), uint32(1), string("err"));
    server.say(98, ...exitStatus(3));
    server.say(97, uint32(0));
    await command.gone;
    const [out, err] = await Promise.all([command.stdout.toArray(), command.stderr.toArray()]);
    expect([Buffer.concat(out).toString(), Buffer.concat(err).toString()]).toEqual(["out", "err"]);
    expect(await command.exit).toEqual({ code: 3 });
    expect(server.types()).toEqual([97]);
  });

  it("have no exit where the line ended first, even if the status was told", async () => {
    const { server, command, channels } = await running();
    server.say(98, ...exitStatus(0));
    await turn();
    server.destroy();
    command.stdout.resume();
    command.stderr.resume();
    expect(await command.exit).toBeUndefined();
    expect(await channels.ended).toBeUndefined();
    await expect(channels.open()).rejects.toBeInstanceOf(LineEnded);
  });

  it("send no more than the server has room for, in pieces that it takes", async () => {
    const { server, command } = await running(250);
    command.stdin.end(Buffer.alloc(400, "x"));
    await turn();
    const pieces = (): number[] =>
      server.heard
        .filter(({ type }) => type === 94)
        .map(({ fields }) => (fields.uint32(), fields.string().length));
    expect(pieces()).toEqual([100, 100, 50]);
    server.heard.length = 0;
    server.say(93, uint32(0), uint32(1_000));
    await turn();
    expect(server.types()).toEqual([94, 94, 96]);
    expect(pieces()).toEqual([100, 50]);
  });

  it("grant room only for what is read", async () => {
    const { server, command } = await running();
    const piece = string(Buffer.alloc(32_768));
    for (let n = 0; n < 20; n++) server.say(94, uint32(0), piece);
    await turn();
    expect(server.types()).toEqual([]);
    command.stdout.resume();
    await turn();
    expect(server.types()).toEqual([93]);
  });

  it("answer the server's keepalives, and say nothing after their close", async () => {
    const { server, command } = await running();
    server.say(98, uint32(0), string("keepalive@openssh.com"), Buffer.from([1]));
    await turn();
    command.stop();
    server.say(98, uint32(0), string("keepalive@openssh.com"), Buffer.from([1]));
    await turn();
    expect(server.types()).toEqual([100, 98, 97]);
  });

  it("are refused by the server without harm to others", async () => {
    const { server, channels } = await running();
    const second = channels.open();
    server.say(92, uint32(1), uint32(2), string("open failed"), string(""));
    await expect(second).rejects.toBeInstanceOf(Refused);
    const third = channels.open();
    server.say(91, uint32(2), uint32(6), uint32(1), uint32(1));
    await expect(third).resolves.toBeDefined();
  });

  it("end with an error of their own at most, whatever the server says", async () => {
    const body = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
    const said = fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), body));
    await fc.assert(
      fc.asyncProperty(said, async (messages) => {
        const { server, channels } = await running();
        for (const [type, content] of messages) server.say(type, uint32(0), content);
        await turn();
        server.destroy();
        expect([undefined, MalformedMessage]).toContain((await channels.ended)?.constructor);
      }),
      { numRuns: 50 },
    );
  });
});
