import { SandboxError } from "../core/errors.ts";
import type { NodeTerminal, RunningCommand, Session, TerminalProgram, TerminalSize } from "./session.ts";
import { throwIfAborted } from "./waiting.ts";

/** How a command is started with a terminal: what leads to it, and how its end on the node is seen to. */
export interface Launch extends Pick<TerminalProgram, "file" | "args" | "env"> {
  /** Called once when the program has ended, or is to end. Never rejects. */
  readonly end?: () => Promise<void>;
}

/** How commands are started. */
export interface Launches {
  /** Starts what runs `argv`. @throws SandboxError. */
  start(argv: readonly string[]): Promise<RunningCommand>;
  terminal(argv: readonly string[]): Launch;
}

/** A session whose commands are programs of this machine; all end with it. */
export class Programs implements Session {
  readonly name: string;
  readonly ending: AbortSignal;
  readonly closed: Promise<SandboxError>;
  readonly #ways: Launches;
  readonly #leave: () => Promise<void>;
  readonly #end = new AbortController();
  readonly #settle: (why: SandboxError) => void;
  readonly #running = new Set<Pick<RunningCommand, "stop">>();
  /** One for each that runs or is being started; none rejects. */
  readonly #unfinished = new Set<Promise<void>>();

  /** `leave` is called once, at the end; it never rejects. */
  constructor(name: string, ways: Launches, leave: () => Promise<void> = async () => {}) {
    this.name = name;
    this.#ways = ways;
    this.#leave = leave;
    this.ending = this.#end.signal;
    ({ promise: this.closed, resolve: this.#settle } = Promise.withResolvers<SandboxError>());
  }

  async start(argv: readonly string[], signal: AbortSignal): Promise<RunningCommand> {
    throwIfAborted(signal);
    throwIfAborted(this.ending);
    const launching = this.#ways.start(argv);
    const gone = launching.then(
      async (command) => command.gone,
      () => {},
    );
    this.#unfinished.add(gone);
    void gone.then(() => this.#unfinished.delete(gone));
    const command = await launching;
    this.#running.add(command);
    void gone.then(() => this.#running.delete(command));
    // Nobody wants it any more, and nobody else will stop it.
    if (signal.aborted || this.ending.aborted) command.stop();
    throwIfAborted(signal);
    throwIfAborted(this.ending);
    return command;
  }

  async terminal(argv: readonly string[], _size: TerminalSize, signal: AbortSignal): Promise<NodeTerminal> {
    throwIfAborted(signal);
    throwIfAborted(this.ending);
    const { file, args, env, end = async () => {} } = this.#ways.terminal(argv);
    const { promise: gone, resolve: left } = Promise.withResolvers<void>();
    let ended = false;
    const terminal: TerminalProgram = {
      kind: "program",
      file,
      args,
      env,
      gone,
      stop: () => {
        if (ended) return;
        ended = true;
        void end().then(left);
      },
    };
    this.#unfinished.add(gone);
    this.#running.add(terminal);
    void gone.then(() => {
      this.#unfinished.delete(gone);
      this.#running.delete(terminal);
    });
    return terminal;
  }

  /** Ends it with all that runs; `closed` waits for these. */
  end(why: SandboxError): void {
    if (this.ending.aborted) return;
    this.#end.abort(why);
    for (const command of this.#running) command.stop();
    void Promise.all(this.#unfinished)
      .then(async () => this.#leave())
      .then(() => this.#settle(why));
  }

  close(): void {
    this.end(new SandboxError("ssh-connection-lost", `${this.name}: closed`));
  }
}
