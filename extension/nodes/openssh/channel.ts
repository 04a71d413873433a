import { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { terminalName, type Exit, type TerminalSize, type TerminalStream } from "../session.ts";
import { string, uint32, type Fields } from "./wire.ts";

/** Message numbers of RFC 4254 9. */
export const message = {
  open: 90,
  opened: 91,
  openFailed: 92,
  windowAdjust: 93,
  data: 94,
  extendedData: 95,
  eof: 96,
  close: 97,
  request: 98,
  success: 99,
  failure: 100,
} as const;

/** Bytes that the server may send on a channel before it is told that there is room for more. */
export const ourWindow = 2 * 1024 * 1024;
/** Longest piece of data in one message, as OpenSSH's own (channels.h, CHAN_SES_PACKET_DEFAULT). */
export const ourMaxPacket = 32 * 1024;

/** RFC 4254 8, RFC 8160: IUTF8 is on, so that erasing takes whole characters; the rest is as the node has it. */
const terminalModes = Buffer.from([42, 0, 0, 0, 1, 0]);

/** Sends one message; `parts` come after its type. */
export type Send = (type: number, ...parts: readonly Buffer[]) => void;

const wantReply = Buffer.from([1]);
const noReply = Buffer.from([0]);

/** The server's side of a channel, as it told when it opened it. */
export interface ServerEnd {
  readonly id: number;
  /** Bytes that it takes at first. */
  readonly window: number;
  readonly maxPacket: number;
}

/** A session channel of RFC 4254 6 that runs one command. */
export class Channel implements TerminalStream {
  readonly kind = "stream";
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exit: Promise<Exit | undefined>;
  readonly gone: Promise<void>;
  readonly #send: Send;
  readonly #server: ServerEnd;
  readonly #left: () => void;
  /** For each request that waits for its answer, in turn (RFC 4254 5.4). */
  readonly #asked: ((granted: boolean) => void)[] = [];
  #status: Exit | undefined;
  /** Bytes that the server takes now. */
  #window: number;
  #waiting: { readonly chunk: Buffer; readonly done: () => void } | undefined;
  /** Bytes read that the server has not been told of. */
  #owed = 0;
  #closeSent = false;
  #over = false;

  constructor(server: ServerEnd, send: Send) {
    this.#server = server;
    this.#send = send;
    this.#window = server.window;
    ({ promise: this.gone, resolve: this.#left } = Promise.withResolvers<void>());
    this.stdin = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.#waiting = { chunk, done: () => done() };
        this.#pump();
      },
      final: (done) => {
        this.#tell(message.eof);
        done();
      },
    });
    this.stdout = this.#output();
    this.stderr = this.#output();
    this.exit = Promise.all([finished(this.stdout), finished(this.stderr)]).then(
      () => this.#status,
      () => undefined,
    );
  }

  /** Resolves with whether the server runs the command line. Listen to the outputs in the turn that this resolves in. */
  async exec(commandLine: string): Promise<boolean> {
    return this.#ask("exec", string(commandLine));
  }

  /** Resolves with whether the server gives the command, which is yet to be run, a terminal. RFC 4254 6.2. */
  async giveTerminal(size: TerminalSize): Promise<boolean> {
    return this.#ask("pty-req", string(terminalName), ...sizeFields(size), string(terminalModes));
  }

  /** RFC 4254 6.7. */
  resize(size: TerminalSize): void {
    this.#tell(message.request, string("window-change"), noReply, ...sizeFields(size));
  }

  /** RFC 4254 6.9; sshd passes it on to the command's process group since OpenSSH 7.9. */
  stop(): void {
    if (this.#over || this.#closeSent) return;
    this.#tell(message.request, string("signal"), noReply, string("TERM"));
    this.#close();
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.destroy();
  }

  /** A message of the server for this channel, without its number. @throws MalformedMessage. */
  take(type: number, fields: Fields): void {
    switch (type) {
      case message.windowAdjust:
        this.#window += fields.uint32();
        this.#pump();
        break;
      case message.data:
        this.#hear(this.stdout, fields.string());
        break;
      case message.extendedData:
        // 1 = stderr; there is no other (RFC 4254 5.2).
        if (fields.uint32() === 1) this.#hear(this.stderr, fields.string());
        break;
      case message.request:
        this.#request(fields);
        break;
      case message.success:
        this.#asked.shift()?.(true);
        break;
      case message.failure:
        this.#asked.shift()?.(false);
        this.stop();
        break;
      case message.close:
        this.#end();
        break;
      default:
      // EOF: the outputs end with the channel, by when it is known how the command ended.
    }
  }

  /** The line is gone. What came may be cut anywhere, even where it is known how the command ended. */
  cut(): void {
    this.#status = undefined;
    this.#end();
  }

  #end(): void {
    if (this.#over) return;
    this.#close();
    this.#over = true;
    for (const answer of this.#asked.splice(0)) answer(false);
    for (const output of [this.stdout, this.stderr]) if (!output.destroyed) output.push(null);
    this.stdin.destroy();
    this.#left();
  }

  async #ask(request: string, ...parts: readonly Buffer[]): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    if (this.#over) resolve(false);
    else this.#asked.push(resolve);
    this.#tell(message.request, string(request), wantReply, ...parts);
    return promise;
  }

  #output(): Readable {
    const output = new Readable({ read: () => this.#grant(), highWaterMark: ourMaxPacket });
    output.on("error", () => {});
    return output;
  }

  #hear(output: Readable, data: Buffer): void {
    this.#owed += data.length;
    // What nobody wants any more is dropped, and must not fill the window.
    if (output.destroyed || output.push(data)) this.#grant();
  }

  /** Tells the server of room, in large steps. */
  #grant(): void {
    if (this.#owed < ourWindow / 4) return;
    this.#tell(message.windowAdjust, uint32(this.#owed));
    this.#owed = 0;
  }

  #request(fields: Fields): void {
    const name = fields.text();
    const reply = fields.byte() !== 0;
    if (name === "exit-status") this.#status = { code: fields.uint32() };
    else if (name === "exit-signal") this.#status = { code: null };
    // Such as keepalive@openssh.com, by which sshd asks whether we are still there (ClientAliveInterval).
    else if (reply) this.#tell(message.failure);
  }

  /** Sends of what waits as much as the server takes. */
  #pump(): void {
    while (this.#waiting !== undefined && (this.#window > 0 || this.#waiting.chunk.length === 0)) {
      const { chunk, done } = this.#waiting;
      const size = Math.min(chunk.length, this.#window, this.#server.maxPacket);
      if (size > 0) this.#tell(message.data, string(chunk.subarray(0, size)));
      this.#window -= size;
      this.#waiting = size === chunk.length ? undefined : { chunk: chunk.subarray(size), done };
      if (this.#waiting === undefined) done();
    }
  }

  #close(): void {
    this.#tell(message.close);
    this.#closeSent = true;
  }

  /** Nothing may follow our close. */
  #tell(type: number, ...parts: readonly Buffer[]): void {
    if (!this.#over && !this.#closeSent) this.#send(type, uint32(this.#server.id), ...parts);
  }
}

/** In characters; the size in pixels is not known, for which 0 stands. */
function sizeFields({ columns, rows }: TerminalSize): readonly Buffer[] {
  return [uint32(columns), uint32(rows), uint32(0), uint32(0)];
}
