import { asSandboxError, SandboxError } from "../../core/errors.ts";
import type { DebugPodRef, PodApi } from "../pod-api.ts";
import type { RunningCommand, Session } from "../session.ts";
import { lifetimeSeconds } from "./manifest.ts";
import { type DebugPodView, seenFrom } from "./view.ts";

/** Before a pod ends by itself no more commands are begun in it for so long, in milliseconds. */
const farewellMs = 300_000;

export interface DebugPodSessionOptions {
  readonly api: PodApi;
  readonly pod: DebugPodRef;
  readonly view: DebugPodView;
  readonly node: string;
  /** Deletes the pod. Never rejects; resolves with what is wrong where it is still there. */
  remove(): Promise<SandboxError | undefined>;
}

/** A debug pod that runs. */
export class DebugPodSession implements Session {
  readonly name: string;
  readonly closed: Promise<SandboxError>;
  readonly #options: DebugPodSessionOptions;
  readonly #ending = new AbortController();
  readonly #over = Promise.withResolvers<SandboxError>();
  readonly #farewell: NodeJS.Timeout;
  #isOver = false;

  constructor(options: DebugPodSessionOptions) {
    this.#options = options;
    this.name = `debug pod ${options.pod.namespace}/${options.pod.name}`;
    this.closed = this.#over.promise;
    this.#farewell = setTimeout(() => this.#ending.abort(), lifetimeSeconds * 1000 - farewellMs).unref();
  }

  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  async start(argv: readonly string[], signal: AbortSignal): Promise<RunningCommand> {
    const { api, pod, view } = this.#options;
    if (this.#isOver) throw this.#lost("it was deleted");
    try {
      const command = await api.exec(pod, seenFrom(view, argv), signal);
      // From 1.30 on the stream stands before the kubelet is asked: that the container is no more ends it then.
      void command.exit.then((exit) => {
        if (exit === undefined && !signal.aborted) this.#ending.abort();
      });
      return command;
    } catch (error) {
      const { reason, message } = asSandboxError(error);
      if (reason !== "debug-pod-failed") throw error;
      // Somebody deleted it, or its node did: nothing was started.
      const lost = this.#lost(message);
      this.#end(lost);
      throw lost;
    }
  }

  close(): void {
    this.#end(this.#lost("it is deleted"));
  }

  #end(reason: SandboxError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#farewell);
    this.#ending.abort();
    void this.#options.remove().then((problem) => this.#over.resolve(problem ?? reason));
  }

  #lost(detail: string): SandboxError {
    const { node } = this.#options;
    return new SandboxError("ssh-connection-lost", `${this.name} on ${node}: ${detail}`, {
      facts: { node, detail },
    });
  }
}
