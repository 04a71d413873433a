import { asSandboxError, SandboxError } from "../../core/errors.ts";
import type { DebugPodRef, PodApi } from "../pod-api.ts";
import type { NodeTerminal, RunningCommand, Session, TerminalSize } from "../session.ts";
import { newMark, reaper } from "../marked.ts";
import { lifetimeSeconds } from "./manifest.ts";
import { abortable } from "../waiting.ts";
import { type DebugPodView, seenFrom } from "./view.ts";

/** Before a pod ends by itself no more commands are begun in it for so long, in milliseconds. */
const farewellMs = 300_000;

/** Before a pod ends by itself its terminals are ended, in milliseconds: it would end all that is in them at once. */
const lastWordsMs = 30_000;

/** How long the end of what a terminal has left may take, in milliseconds. */
const reapMs = 10_000;

/** How long the pod stays for that when it is to be deleted, in milliseconds. */
const waitMs = 3_000;

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
  readonly #lastWords: NodeJS.Timeout;
  /** Those that are open, and those that are being ended; each ends itself, once. */
  readonly #terminals = new Set<() => Promise<void>>();
  #isOver = false;

  constructor(options: DebugPodSessionOptions) {
    this.#options = options;
    this.name = `debug pod ${options.pod.namespace}/${options.pod.name}`;
    this.closed = this.#over.promise;
    this.#farewell = setTimeout(() => this.#ending.abort(), lifetimeSeconds * 1000 - farewellMs).unref();
    this.#lastWords = setTimeout(
      () => void this.#endTerminals(),
      lifetimeSeconds * 1000 - lastWordsMs,
    ).unref();
  }

  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  async start(argv: readonly string[], signal: AbortSignal): Promise<RunningCommand> {
    const { api, pod } = this.#options;
    const { command, stop } = await this.#start(() => api.exec(pod, this.#seen(argv), signal), signal);
    const { stdin, stdout, stderr, exit, gone } = command;
    return { stdin, stdout, stderr, exit, gone, stop };
  }

  async terminal(argv: readonly string[], size: TerminalSize, signal: AbortSignal): Promise<NodeTerminal> {
    const { api, pod } = this.#options;
    const mark = newMark();
    const marked = this.#seen(["env", mark, ...argv]);
    const { command, stop } = await this.#start(() => api.execTerminal(pod, marked, signal), signal);
    command.resize(size);
    const { stdin, stdout, stderr, exit } = command;
    let reaping: Promise<void> | undefined;
    // The line last: with it the terminal would end, for all that is in it at once.
    const end = async (): Promise<void> => (reaping ??= this.#reap(mark).then(stop));
    this.#terminals.add(end);
    const gone = command.gone.then(async () => {
      this.#terminals.delete(end);
      await reaping;
    });
    return {
      kind: "stream",
      stdin,
      stdout,
      stderr,
      exit,
      gone,
      resize: (next) => command.resize(next),
      stop: () => {
        if (this.#terminals.has(end)) void end();
      },
    };
  }

  close(): void {
    this.#end(this.#lost("it is deleted"));
  }

  #seen(argv: readonly string[]): readonly string[] {
    return seenFrom(this.#options.view, argv);
  }

  /** `stop` ends the command without that being taken for the pod's end. */
  async #start<T extends RunningCommand>(
    begin: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<{ readonly command: T; readonly stop: () => void }> {
    if (this.#isOver) throw this.#lost("it was deleted");
    try {
      const command = await begin();
      let stopped = false;
      // From 1.30 on the stream stands before the kubelet is asked: that the container is no more ends it then.
      void command.exit.then((exit) => {
        if (exit === undefined && !stopped && !signal.aborted) this.#ending.abort();
      });
      const stop = (): void => {
        stopped = true;
        command.stop();
      };
      return { command, stop };
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

  async #endTerminals(): Promise<void> {
    await Promise.all([...this.#terminals].map(async (end) => end()));
  }

  #end(reason: SandboxError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#farewell);
    clearTimeout(this.#lastWords);
    this.#ending.abort();
    // At once where there is no terminal: a window that closes has little time.
    const removing =
      this.#terminals.size === 0
        ? this.#options.remove()
        : abortable(this.#endTerminals(), AbortSignal.timeout(waitMs))
            .catch(() => {})
            .then(() => this.#options.remove());
    void removing.then((problem) => this.#over.resolve(problem ?? reason));
  }

  #lost(detail: string): SandboxError {
    const { node } = this.#options;
    return new SandboxError("ssh-connection-lost", `${this.name} on ${node}: ${detail}`, {
      facts: { node, detail },
    });
  }
}
