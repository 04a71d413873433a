/** What a command on a node printed. */
export interface RunResult {
  /** Decoded as UTF-8, lossy: bytes that are no UTF-8 become U+FFFD. */
  readonly stdout: string;
  readonly stderr: string;
  /** null when the command ended by a signal. */
  readonly exitCode: number | null;
}

export interface RunRequest {
  /** Program and arguments; each is quoted for the remote shell, whatever it holds. */
  readonly argv: readonly string[];
  readonly stdin: string;
}

export interface RunLimits {
  readonly signal: AbortSignal;
  /** From the request to the end of the output, connecting included. */
  readonly timeoutMs: number;
  /** Of stdout and stderr together; more is the error `probe-too-large`. */
  readonly maxBytes: number;
}

/**
 * One way onto one node. Knows nothing of what it carries.
 * Throws SandboxError: the `ssh-*` reasons, `probe-timeout`, `probe-too-large`, `cancelled`.
 */
export interface NodeTransport {
  run(request: RunRequest, limits: RunLimits): Promise<RunResult>;
}
