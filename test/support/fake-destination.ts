import { PassThrough } from "node:stream";
import { SandboxError } from "../../extension/core/errors.ts";
import {
  Refused,
  type Destination,
  type Exit,
  type Opening,
  type RunningCommand,
  type NodeTerminal,
  type Session,
  type TerminalSize,
} from "../../extension/nodes/session.ts";

/** A command that runs until it is told how to end. */
export class FakeCommand implements RunningCommand {
  readonly argv: readonly string[];
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly exit: Promise<Exit | undefined>;
  readonly gone: Promise<void>;
  stopped = false;
  readonly #exited: (exit: Exit | undefined) => void;
  readonly #left: () => void;

  constructor(argv: readonly string[]) {
    this.argv = argv;
    ({ promise: this.exit, resolve: this.#exited } = Promise.withResolvers<Exit | undefined>());
    ({ promise: this.gone, resolve: this.#left } = Promise.withResolvers<void>());
  }

  /** Prints its arguments, then ends with 0. */
  answer(): void {
    this.stdout.on("end", () => this.#exited({ code: 0 }));
    this.stdout.end(this.argv.join(" "));
    this.leave();
  }

  /** It ended with what carried it. */
  cut(): void {
    this.#exited(undefined);
    this.leave();
  }

  /** The other side is done with it. */
  leave(): void {
    this.#left();
  }

  stop(): void {
    this.stopped = true;
  }
}

export interface FakeBehaviour {
  /** Commands at once that the other side takes; by default all. */
  readonly takes?: number;
  /** A terminal is there once this resolves; by default at once. */
  readonly starts?: Promise<void>;
  /** By default every command is answered at once. */
  readonly onStart?: (command: FakeCommand, session: FakeSession) => void;
  /** By default it is over at once. */
  readonly onClose?: (session: FakeSession) => void;
}

export class FakeSession implements Session {
  readonly name: string;
  readonly ending: AbortSignal;
  readonly closed: Promise<SandboxError>;
  readonly commands: FakeCommand[] = [];
  running = 0;
  readonly #behaviour: FakeBehaviour;
  readonly #end = new AbortController();
  readonly #settle: (why: SandboxError) => void;
  #over = false;

  constructor(name: string, behaviour: FakeBehaviour) {
    this.name = name;
    this.#behaviour = behaviour;
    this.ending = this.#end.signal;
    ({ promise: this.closed, resolve: this.#settle } = Promise.withResolvers<SandboxError>());
  }

  async start(argv: readonly string[]): Promise<RunningCommand> {
    if (this.#over) throw new SandboxError("ssh-connection-lost", "over");
    if (this.running >= (this.#behaviour.takes ?? Number.POSITIVE_INFINITY)) throw new Refused("too many");
    const command = new FakeCommand(argv);
    this.commands.push(command);
    this.running++;
    void command.gone.then(() => this.running--);
    (this.#behaviour.onStart ?? ((one) => setImmediate(() => one.answer())))(command, this);
    return command;
  }

  async terminal(argv: readonly string[], _size: TerminalSize): Promise<NodeTerminal> {
    await this.start(argv);
    await this.#behaviour.starts;
    const command = this.commands.at(-1);
    if (command === undefined) throw new Error("not started");
    const { stdin, stdout, stderr, exit, gone } = command;
    return {
      kind: "stream",
      stdin,
      stdout,
      stderr,
      exit,
      gone,
      resize: () => {},
      stop: () => {
        command.stop();
        command.cut();
      },
    };
  }

  close(): void {
    (this.#behaviour.onClose ?? ((session) => session.end()))(this);
  }

  /** It takes no new commands; those that run go on. */
  sayGoodbye(): void {
    this.#end.abort();
  }

  /** It is over, as when the line is cut. */
  end(why = new SandboxError("ssh-connection-lost", "cut")): void {
    if (this.#over) return;
    this.#over = true;
    this.#end.abort();
    for (const command of this.commands) command.cut();
    this.#settle(why);
  }
}

export interface FakeDestination extends Destination {
  /** In the order in which they were opened. */
  readonly sessions: FakeSession[];
  /** When it was tried to open one: performance.now(). */
  readonly openedAt: number[];
}

/** `opens` is what opening takes, and may fail; it is given how many were tried before. */
export function fakeDestination(
  node: string,
  behaviour: FakeBehaviour & {
    readonly maxCommands?: number;
    readonly opens?: (tries: number, opening: Opening) => Promise<void>;
  } = {},
): FakeDestination {
  const sessions: FakeSession[] = [];
  const openedAt: number[] = [];
  return {
    key: node,
    node,
    maxCommands: behaviour.maxCommands ?? 8,
    facts: { host: `${node}.example.com` },
    sessions,
    openedAt,
    open: async (opening) => {
      openedAt.push(performance.now());
      await behaviour.opens?.(openedAt.length - 1, opening);
      opening.trace("login", node);
      const session = new FakeSession(node, behaviour);
      sessions.push(session);
      return session;
    },
  };
}

/** Of a transport that nobody is to ask for a terminal. */
export async function noTerminal(): Promise<NodeTerminal> {
  throw new Error("unexpected: a terminal");
}
