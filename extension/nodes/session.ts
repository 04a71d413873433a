import type { Duplex, Readable, Writable } from "node:stream";
import type { SandboxError } from "../core/errors.ts";
import type { Asking } from "./asking.ts";
import type { Clock } from "./clock.ts";
import type { AccessTrace } from "./transport.ts";

export interface Exit {
  /** null when the command ended by a signal. */
  readonly code: number | null;
}

/** A command that was started on a node. Its streams are in flowing mode only once somebody listens. */
export interface RunningCommand {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /**
   * How it ended, when both outputs have been handed over; undefined where what carried it ended first, so that the
   * answer may be cut anywhere. Never rejects.
   */
  readonly exit: Promise<Exit | undefined>;
  /** Settles when the other side is done with it; after `stop` that may take a while. Never rejects. */
  readonly gone: Promise<void>;
  /** Asks the other side to end it and lets go of it. The rest of the output is dropped. */
  stop(): void;
}

/** Kind of the terminal that VS Code is, as its own shells are told ($TERM). */
export const terminalName = "xterm-256color";

/** Of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A command that has a terminal on the node. What it prints on it comes as its stdout. */
export interface TerminalStream extends RunningCommand {
  readonly kind: "stream";
  resize(size: TerminalSize): void;
}

/**
 * A program of this machine that leads to the command, and is to be given a terminal: this process can make none. Whoever
 * starts it calls `stop` once it has ended.
 */
export interface TerminalProgram {
  readonly kind: "program";
  readonly file: string;
  readonly args: readonly string[];
  /** Beside the usual environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Settles when nothing of it is left on the node, or its session is over. Never rejects. */
  readonly gone: Promise<void>;
  /** Ends what may be left of it on the node. */
  stop(): void;
}

/** A command for somebody to type into. */
export type NodeTerminal = TerminalStream | TerminalProgram;

/** The other side takes no more commands at once: one may begin when another has ended. Nothing was started. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/** The other side takes nobody just now, as sshd above its MaxStartups; it may a moment later. */
export class Busy extends Error {
  override readonly name = "Busy";
  /** What it means when it stays so. */
  readonly reason: SandboxError;

  constructor(reason: SandboxError) {
    super(reason.message, { cause: reason });
    this.reason = reason;
  }
}

/** A way onto one node that stands open: an SSH connection, a container, a debug pod. Carries several commands at once. */
export interface Session {
  /** For the log, such as "root@10.0.0.5:22" or "docker exec kind-worker". */
  readonly name: string;
  /**
   * Starts a command; the program and its arguments arrive as they are. Settles in the turn in which the other side
   * answers: what the command prints is not lost when listened to at once. When `signal` aborts meanwhile nobody waits
   * for it any more: it may settle then or when the other side answers, and a command that comes of it is stopped.
   * @throws Refused; SandboxError, `ssh-connection-lost` where the session is over, so that nothing was started and
   * another session may be tried.
   */
  start(argv: readonly string[], signal: AbortSignal): Promise<RunningCommand>;
  /**
   * The same for a command with a terminal, which `signal` no longer ends once it is there.
   * @throws as `start`; `node-no-shell` where the other side gives no terminal.
   */
  terminal(argv: readonly string[], size: TerminalSize, signal: AbortSignal): Promise<NodeTerminal>;
  /** A stream from the node to another host, where this way has it. @throws SandboxError. */
  readonly forward?: (host: string, port: number, signal: AbortSignal) => Promise<Duplex>;
  /** Aborts when it will take no new commands, at the latest when it is over; those that run may go on. */
  readonly ending: AbortSignal;
  /** Resolves once, with why, when it is over by itself or by `close`. */
  readonly closed: Promise<SandboxError>;
  /** Ends it at once. What it made is undone (`closed` waits for that). */
  close(): void;
}

/** Where a session leads and how it is opened. Equal keys share one. */
export interface Destination {
  readonly key: string;
  /** The node's name, for messages. */
  readonly node: string;
  /** Commands that may run in one session at once; fewer where the other side says so. */
  readonly maxCommands: number;
  /** For messages, such as host, port and user of an SSH server. */
  readonly facts?: Readonly<Record<string, string>> | undefined;
  /**
   * What was made on the way is undone when it fails, before it rejects.
   * @throws Busy; SandboxError, `ssh-connection-lost` where the line went while logging in, which is tried once more.
   */
  open(opening: Opening): Promise<Session>;
}

/** What opening a session takes from whoever wants it. */
export interface Opening {
  /** Stands still while the user is asked. */
  readonly clock: Clock;
  /** Asks the user; aborts with `signal`. */
  readonly asking: Asking;
  /** Aborts when nobody wants the session any more. */
  readonly signal: AbortSignal;
  readonly trace: AccessTrace;
}
