import { oneLine } from "../../core/one-line.ts";
import type { AccessTrace } from "../transport.ts";

/** Of what ssh said, the last characters are kept. */
const maxKept = 64 * 1024;

/**
 * Follows what ssh says at LogLevel DEBUG1 and tells of the steps passed. A jump host is reached by an ssh of its own,
 * which writes to the same stderr, first (ssh.c, ProxyJump): the steps told are those of the last.
 */
export class Progress {
  readonly #trace: AccessTrace;
  readonly #keyTypes = new Map<string, string>();
  #text = "";
  #rest = "";
  #jumps = 0;
  #told = new Set<string>();

  constructor(trace: AccessTrace) {
    this.#trace = trace;
  }

  /** All that was said, or the end of it. */
  get text(): string {
    return this.#text;
  }

  /** The type, such as "ssh-ed25519", of the host key with this fingerprint, which a server showed. */
  keyType(fingerprint: string): string | undefined {
    return this.#keyTypes.get(fingerprint);
  }

  hear(text: string): void {
    this.#text = (this.#text + text).slice(-maxKept);
    const lines = (this.#rest + text).split("\n");
    this.#rest = (lines.pop() ?? "").slice(-maxKept);
    for (const line of lines) this.#line(line.trimEnd());
  }

  #line(line: string): void {
    const [, jumped] = /^debug1: Executing proxy command: exec (.*)/.exec(line) ?? [];
    if (jumped !== undefined && / -v.* -W /.test(jumped)) this.#jumps++;
    const [, server] = /^debug1: Authenticating to (.*)/.exec(line) ?? [];
    if (server !== undefined) this.#pass("connect", server);
    const [, type = "", fingerprint] = /^debug1: Server host key: (\S+) (\S+)/.exec(line) ?? [];
    if (fingerprint !== undefined) {
      // A certificate is shown with the fingerprint of its key.
      this.#keyTypes.set(fingerprint, type.replace(/-cert-v\d+@openssh\.com$/, ""));
    }
    const [, known] = /^debug1: (Host .* is known and matches .*|Host .* matched by .*)/.exec(line) ?? [];
    if (known !== undefined) this.#pass("host-key", known);
    const [, method] = /^Authenticated to .* using "([^"]*)"/.exec(line) ?? [];
    if (method !== undefined) {
      this.#pass("login", method);
      this.#jumps--;
    }
  }

  #pass(step: "connect" | "host-key" | "login", detail: string): void {
    if (this.#jumps > 0 || this.#told.has(step)) return;
    this.#told.add(step);
    this.#trace(step, oneLine(detail, 200));
  }
}
