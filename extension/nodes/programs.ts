import { SandboxError } from "../core/errors.ts";
import type { RunningCommand, Session } from "./session.ts";
import { throwIfAborted } from "./waiting.ts";

/** A session whose commands are programs of this machine; all end with it. */
export class Programs implements Session {
  readonly name: string;
  readonly ending: AbortSignal;
  readonly closed: Promise<SandboxError>;
  readonly #leave: () => Promise<void>;
  readonly #launch: (argv: readonly string[]) => Promise<RunningCommand>;
  readonly #end = new AbortController();
  readonly #settle: (why: SandboxError) => void;
  readonly #running = new Set<RunningCommand>();
  /** One for each that runs or is being started; none rejects. */
  readonly #unfinished = new Set<Promise<void>>();

  /** `launch` starts what runs `argv`; it throws SandboxError. `leave` is called once, at the end; it never rejects. */
  constructor(
    name: string,
    launch: (argv: readonly string[]) => Promise<RunningCommand>,
    leave: () => Promise<void> = async () => {},
  ) {
    this.name = name;
    this.#launch = launch;
    this.#leave = leave;
    this.ending = this.#end.signal;
    ({ promise: this.closed, resolve: this.#settle } = Promise.withResolvers<SandboxError>());
  }

  async start(argv: readonly string[], signal: AbortSignal): Promise<RunningCommand> {
    throwIfAborted(signal);
    throwIfAborted(this.ending);
    const launching = this.#launch(argv);
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
