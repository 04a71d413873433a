import { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { type ExecStatus, parseExecStatus } from "./exec-status.ts";
import type { WebSocket } from "./library.ts";

/** In the order in which they are asked for; every server since 1.5 knows v4, from 1.30 on some know v5 too. */
export const execProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"] as const;

/** First byte of each message (k8s.io/apimachinery pkg/util/remotecommand). */
const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** A status is a few hundred bytes; what a runtime says of a failure may be longer. */
const maxStatusLength = 64 * 1024;

/**
 * A command in a container, over an exec's WebSocket.
 *
 * Its end of stdin arrives with v5 only: with v4 nothing tells it, so that the command has to end by itself. That it is
 * to stop cannot be told at all: it ends when it next writes, or with its container.
 */
export class ExecCommand {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /**
   * Its exit status, when both outputs have been read to their end; undefined where the stream ended without one. Why a
   * command could not be started comes out as its stderr. Never rejects.
   */
  readonly exit: Promise<{ readonly code: number } | undefined>;
  /** Settles when the stream is closed. Never rejects. */
  readonly gone: Promise<void>;
  readonly #socket: WebSocket;
  #status = "";

  /** `socket` is open and paused. */
  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.stdin = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        // A command that ends before it has read all of its stdin is no failure.
        this.#send(channels.stdin, chunk, () => done());
      },
      final: (done) => {
        if (socket.protocol === execProtocols[0]) {
          this.#send(channels.close, Buffer.of(channels.stdin), () => done());
        } else done();
      },
    });
    // Called once for each time that there is room again.
    const read = (): void => socket.resume();
    this.stdout = new Readable({ read });
    this.stderr = new Readable({ read });
    const outputs = [this.stdout, this.stderr].map((output) => {
      output.on("error", () => {});
      return finished(output).then(
        () => true,
        () => false,
      );
    });
    const { promise: gone, resolve: left } = Promise.withResolvers<void>();
    this.gone = gone;
    this.exit = (async () => {
      await gone;
      const isRead = await Promise.all(outputs);
      const status = this.#ended();
      return isRead.every(Boolean) && status?.kind === "ended" ? { code: status.code } : undefined;
    })();
    socket.on("message", (data, isBinary) => {
      if (isBinary && Buffer.isBuffer(data) && data.length > 0) this.#take(data);
    });
    // Followed by "close".
    socket.on("error", () => {});
    socket.once("close", () => {
      const status = this.#ended();
      if (status?.kind === "failed") this.stderr.push(`${status.message}\n`);
      this.stdout.push(null);
      this.stderr.push(null);
      left();
    });
    socket.resume();
  }

  /** Of its terminal, where it was asked for with one (TerminalSize of k8s.io/client-go tools/remotecommand). */
  resize({ columns, rows }: { readonly columns: number; readonly rows: number }): void {
    const size = JSON.stringify({ Width: columns, Height: rows });
    if (this.#socket.readyState === this.#socket.OPEN) {
      this.#send(channels.resize, Buffer.from(size), () => {});
    }
  }

  stop(): void {
    this.#socket.terminate();
    this.stdin.destroy();
    this.stdout.destroy();
    this.stderr.destroy();
  }

  #take(message: Buffer): void {
    const data = message.subarray(1);
    switch (message[0]) {
      case channels.stdout:
        this.#push(this.stdout, data);
        return;
      case channels.stderr:
        this.#push(this.stderr, data);
        return;
      case channels.error:
        this.#status = (this.#status + data.toString("utf8")).slice(0, maxStatusLength);
        return;
      // That a channel is closed, which the end of the stream tells as well.
      default:
    }
  }

  /** Nothing more is taken from the line while nobody takes it from us. */
  #push(output: Readable, data: Buffer): void {
    // An empty message opens a channel.
    if (data.length > 0 && !output.destroyed && !output.push(data)) this.#socket.pause();
  }

  #ended(): ExecStatus | undefined {
    return this.#status === "" ? undefined : parseExecStatus(this.#status);
  }

  #send(channel: number, data: Buffer, done: () => void): void {
    this.#socket.send(Buffer.concat([Buffer.of(channel), data]), { binary: true }, done);
  }
}
