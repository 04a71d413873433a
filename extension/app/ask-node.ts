import { asSandboxError, SandboxError } from "../core/errors.ts";
import type { NodeProbe } from "../core/probe/probe.ts";
import type { NodeTransport } from "../nodes/transport.ts";

/** Enough for 4,000 processes with long command lines. */
const maxBytes = 64 * 1024 * 1024;

export interface AskLimits {
  readonly signal: AbortSignal;
  /** For reaching the node and its answer, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Runs one probe on a node. Throws SandboxError: what the transport throws, `node-no-shell`, and the parser's
 * `probe-output` with what the node wrote to stderr.
 */
export async function askNode<T>(
  transport: NodeTransport,
  probe: NodeProbe<T>,
  nodeName: string,
  { signal, timeoutMs }: AskLimits,
): Promise<T> {
  const result = await transport.run(
    { argv: probe.argv, stdin: probe.stdin },
    { signal, timeoutMs, maxBytes },
  );
  // POSIX: 127 = command not found, 126 = found but not executable.
  if (result.exitCode === 127 || result.exitCode === 126) {
    throw new SandboxError("node-no-shell", `the node ran no sh (exit code ${result.exitCode})`, {
      facts: { node: nodeName, detail: result.stderr.trim() },
    });
  }
  try {
    return probe.parse(result.stdout);
  } catch (thrown) {
    const error = asSandboxError(thrown);
    const said = result.stderr.trim().slice(0, 500);
    throw new SandboxError(
      error.reason,
      `${error.message}; exit code ${result.exitCode ?? "none"}${said === "" ? "" : `; stderr: ${said}`}`,
      { cause: error, facts: { node: nodeName } },
    );
  }
}
