import type { Readable } from "node:stream";
import type { SandboxError } from "../../core/errors.ts";
import { oneLine } from "../../core/one-line.ts";
import { sshError } from "./failures.ts";
import type { SshTarget } from "./target.ts";

/** Characters of what comes before the banner that are looked at, from the end. */
const maxSaid = 1_000;

/**
 * Listens for "SSH-2.0-...", which a server sends first or behind lines of its own (RFC 4253 4.2). One that hangs up
 * before it wants nobody just now: sshd above MaxStartups says "Exceeded MaxStartups" and nothing else (sshd.c,
 * drop_connection), or "Not allowed at this time" to who has failed too often (PerSourcePenalties).
 */
export class BannerListener {
  #said = "";
  #heard = false;
  #stream: Readable | undefined;

  get heard(): boolean {
    return this.#heard;
  }

  /** What came so far, as untrusted text of one line. */
  get said(): string {
    return oneLine(this.#said, 200);
  }

  /** `stream` must be paused by whoever reads it, and is not made to flow by this. */
  listen(stream: Readable): void {
    this.#stream = stream;
    stream.on("data", this.#hear);
  }

  stop(): void {
    this.#stream?.off("data", this.#hear);
  }

  /** What it means that there was none. */
  missing(target: SshTarget, failure: SandboxError): SandboxError {
    const said = this.said === "" ? "" : `; it said: ${this.said}`;
    const detail = `the server hung up before it began${said}`;
    return sshError(failure.reason, target, detail, { cause: failure, facts: { step: "handshake" } });
  }

  readonly #hear = (chunk: Buffer): void => {
    this.#said = (this.#said + chunk.toString("latin1")).slice(-maxSaid);
    this.#heard = /^SSH-/m.test(this.#said);
    if (this.#heard) this.stop();
  };
}
