import { SandboxError } from "../../../extension/core/errors.ts";
import { ApiStatusError } from "../../../extension/cluster/api-errors.ts";
import type { ApiRequest, KubeApi } from "../../../extension/cluster/kube-api.ts";

export const server = { context: "test", host: "api.example.org", port: "6443" };

/** One request that waits for its answer. */
export class PendingRequest {
  readonly request: ApiRequest;
  readonly signal: AbortSignal;
  private readonly chunks: (string | Error | { readonly end: true })[] = [];
  private wake: () => void = () => undefined;
  private readonly onOpen: () => void;

  constructor(request: ApiRequest, signal: AbortSignal, onOpen: () => void) {
    this.request = request;
    this.signal = signal;
    this.onOpen = onOpen;
    signal.addEventListener("abort", () => this.fail(new SandboxError("cancelled", "cancelled")));
  }

  /** The server begins to answer a watch. */
  open(): void {
    this.onOpen();
  }

  send(event: unknown): void {
    this.push(typeof event === "string" ? event : JSON.stringify(event));
  }

  end(): void {
    this.push({ end: true });
  }

  fail(error: Error): void {
    this.push(error);
  }

  failStatus(status: number, retryAfter?: string): void {
    this.fail(new ApiStatusError(status, "", { server, question: this.request, retryAfter }));
  }

  async *lines(): AsyncGenerator<string, void, undefined> {
    for (;;) {
      const chunk = this.chunks.shift();
      if (chunk instanceof Error) throw chunk;
      if (typeof chunk === "object") return;
      if (chunk !== undefined) yield chunk;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  private push(chunk: string | Error | { readonly end: true }): void {
    this.chunks.push(chunk);
    this.wake();
  }
}

/** An API whose every answer the test gives by hand. */
export class ScriptedApi implements KubeApi {
  private readonly waiting: PendingRequest[] = [];
  private wake: () => void = () => undefined;

  async json(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    const pending = this.add(request, signal, () => undefined);
    for await (const line of pending.lines()) return JSON.parse(line);
    return undefined;
  }

  lines(request: ApiRequest, signal: AbortSignal, onOpen: () => void): AsyncIterable<string> {
    return this.add(request, signal, onOpen).lines();
  }

  /** The next request that nobody has taken yet. */
  async next(): Promise<PendingRequest> {
    for (;;) {
      const request = this.waiting.shift();
      if (request !== undefined) return request;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** True when the watch asked for something that the test has not taken. */
  get hasRequest(): boolean {
    return this.waiting.length > 0;
  }

  private add(request: ApiRequest, signal: AbortSignal, onOpen: () => void): PendingRequest {
    const pending = new PendingRequest(request, signal, onOpen);
    this.waiting.push(pending);
    this.wake();
    return pending;
  }
}
