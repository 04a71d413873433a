import { asSandboxError, SandboxError } from "../../core/errors.ts";
import type { DebugPodRef, PodApi } from "../pod-api.ts";
import type { NodeTerminal, RunningCommand, Session, TerminalSize } from "../session.ts";
import { newMark, reaper } from "../marked.ts";
import { lifetimeSeconds } from "./manifest.ts";
import { abortable } from "../waiting.ts";
import { type DebugPodView, seenFrom } from "./view.ts";

/** Before a pod ends by itself no more commands are begun in it for so long, in milliseconds. */
const farewellMs = 300_000;

/** How long the end of what a terminal has left may take, in milliseconds. */
const reapMs = 10_000;

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
    const { api, pod } = this.#options;
    return this.#start(async () => api.exec(pod, this.#seen(argv), signal), signal);
  }

  async terminal(argv: readonly string[], size: TerminalSize, signal: AbortSignal): Promise<NodeTerminal> {
    const { api, pod } = this.#options;
    const mark = newMark();
    const marked = this.#seen(["env", mark, ...argv]);
    const command = await this.#start(async () => api.execTerminal(pod, marked, signal), signal);
    command.resize(size);
    const { stdin, stdout, stderr, exit } = command;
    let reaping: Promise<void> | undefined;
    let ended = false;
    void command.gone.then(() => {
      ended = true;
    });
    return {
      kind: "stream",
      stdin,
      stdout,
      stderr,
      exit,
      gone: command.gone.then(async () => reaping),
      resize: (next) => command.resize(next),
      stop: () => {
        if (reaping !== undefined || ended) return;
        reaping = this.#reap(mark);
        command.stop();
      },
    };
  }

  close(): void {
    this.#end(this.#lost("it is deleted"));
  }

  #seen(argv: readonly string[]): readonly string[] {
    return seenFrom(this.#options.view, argv);
  }

  async #start<T extends RunningCommand>(begin: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#isOver) throw this.#lost("it was deleted");
    try {
      const command = await begin();
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

  /** A shell with a terminal outlives its stream (see `reaper`). Never rejects. */
  async #reap(mark: string): Promise<void> {
    const { api, pod } = this.#options;
    const late = AbortSignal.timeout(reapMs);
    try {
      const ender = await api.exec(pod, this.#seen(["sh", "-c", reaper, "sh", mark]), late);
      ender.stdin.end();
      ender.stdout.resume();
      ender.stderr.resume();
      await abortable(ender.exit, late).finally(() => ender.stop());
    } catch {
      // It ends with the pod.
    }
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
