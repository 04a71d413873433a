import type { NodeTerminal, TerminalSize } from "./session.ts";

/** What a command on a node printed. */
export interface RunResult {
  /** Decoded as UTF-8, lossy: bytes that are no UTF-8 become U+FFFD. */
  readonly stdout: string;
  readonly stderr: string;
  /** null when the command ended by a signal. */
  readonly exitCode: number | null;
}

export interface RunRequest {
  /** Program and arguments; they arrive as they are, whatever they hold. */
  readonly argv: readonly string[];
  readonly stdin: string;
}

export interface RunLimits {
  readonly signal: AbortSignal;
  /** From the request to the end of the output in milliseconds, connecting included; waiting for the user is free. */
  readonly timeoutMs: number;
  /** Of stdout and stderr together; more is the error `probe-too-large`. */
  readonly maxBytes: number;
  /** Hears what was passed on the way onto the node. Nothing is told where an open connection is used. */
  readonly trace?: AccessTrace | undefined;
}

/** A command for somebody to type into. It becomes root as every other does, but asks on its terminal for what that takes. */
export interface TerminalRequest {
  /** Program and arguments; they arrive as they are, whatever they hold. */
  readonly argv: readonly string[];
  readonly size: TerminalSize;
}

/** A part of the way onto a node. */
export type AccessStep = "address" | "connect" | "host-key" | "login" | "command" | "root";

/** Told when a step has been passed. `detail` is one line for people, of untrusted parts, without secrets. */
export type AccessTrace = (step: AccessStep, detail: string) => void;

/**
 * One way onto one node. Knows nothing of what it carries. What is run has become root's where the node's rules say so
 * and the node lets us.
 * Throws SandboxError: the `ssh-*`, `become-*`, `container-*` and `debug-pod-*` reasons, `probe-timeout`,
 * `probe-too-large`, `cancelled`.
 */
export interface NodeTransport {
  run(request: RunRequest, limits: RunLimits): Promise<RunResult>;
}

/** The same way for somebody who types. */
export interface TerminalTransport extends NodeTransport {
  /**
   * Starts a command with a terminal. What it leads through stays open until it is gone.
   * @param limits - until it has been started; it has no end of its own.
   */
  terminal(request: TerminalRequest, limits: Pick<RunLimits, "signal" | "timeoutMs">): Promise<NodeTerminal>;
}
