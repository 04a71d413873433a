import type { Duplex } from "node:stream";
import { oneLine } from "../../core/one-line.ts";
import { Refused } from "../session.ts";
import { Channel, message, ourMaxPacket, ourWindow } from "./channel.ts";
import { Fields, Frames, MalformedMessage, string, uint32 } from "./wire.ts";

/** Longest message taken: a piece of data with its header. */
const maxMessage = 2 * ourMaxPacket;

/** The line ended while something was waited for. */
export class LineEnded extends Error {
  override readonly name = "LineEnded";
}

interface Opening {
  readonly opened: (channel: Channel) => void;
  readonly failed: (error: Error) => void;
}

/** The client's side of the SSH connection protocol (RFC 4254) for session channels, on a line in proxy mode. */
export class Channels {
  /** Resolves when the line has ended, with what was wrong where it was we who ended it. */
  readonly ended: Promise<Error | undefined>;
  readonly #line: Duplex;
  readonly #frames = new Frames(maxMessage);
  readonly #openings = new Map<number, Opening>();
  readonly #channels = new Map<number, Channel>();
  #nextId = 0;
  #open = true;
  #wrong: Error | undefined;

  constructor(line: Duplex) {
    this.#line = line;
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.ended = promise;
    line.on("data", (chunk: Buffer) => this.#hear(chunk));
    line.on("close", () => {
      this.#open = false;
      for (const { failed } of this.#openings.values()) failed(new LineEnded("the line has ended"));
      for (const channel of this.#channels.values()) channel.cut();
      this.#openings.clear();
      this.#channels.clear();
      resolve(this.#wrong);
    });
    line.resume();
  }

  /** @throws Refused; LineEnded. */
  async open(): Promise<Channel> {
    if (!this.#open) throw new LineEnded("the line has ended");
    const id = this.#nextId;
    // A number of 31 bits is the most that OpenSSH takes (channels.c, channel_parse_id).
    this.#nextId = (this.#nextId + 1) % 0x7fff_ffff;
    const { promise, resolve, reject } = Promise.withResolvers<Channel>();
    this.#openings.set(id, { opened: resolve, failed: reject });
    this.#send(message.open, string("session"), uint32(id), uint32(ourWindow), uint32(ourMaxPacket));
    return promise;
  }

  #hear(chunk: Buffer): void {
    if (!this.#open) return;
    try {
      this.#frames.add(chunk);
      for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
        this.#take(new Fields(frame));
      }
    } catch (error) {
      this.#wrong = error instanceof Error ? error : new MalformedMessage(String(error));
      this.#open = false;
      this.#line.destroy();
    }
  }

  #take(fields: Fields): void {
    // The length of the padding, of which there is none.
    fields.byte();
    const type = fields.byte();
    // Global requests are the business of the ssh that has the connection.
    if (type < message.open || type > message.failure) return;
    const id = fields.uint32();
    if (type === message.opened || type === message.openFailed) {
      const opening = this.#openings.get(id);
      if (opening === undefined) throw new MalformedMessage("an answer to nothing that was asked");
      this.#openings.delete(id);
      if (type === message.openFailed) {
        const code = fields.uint32();
        opening.failed(new Refused(`${oneLine(fields.text(), 100)} (${code})`));
        return;
      }
      const server = { id: fields.uint32(), window: fields.uint32(), maxPacket: fields.uint32() };
      if (server.maxPacket === 0) throw new MalformedMessage("a channel that takes nothing");
      const channel = new Channel(server, (...sent) => this.#send(...sent));
      this.#channels.set(id, channel);
      void channel.gone.then(() => this.#channels.delete(id));
      opening.opened(channel);
      return;
    }
    this.#channels.get(id)?.take(type, fields);
  }

  #send(type: number, ...parts: readonly Buffer[]): void {
    if (this.#open) this.#line.write(string(Buffer.from([0, type]), ...parts));
  }
}
