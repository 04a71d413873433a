import { asSandboxError, SandboxError } from "../core/errors.ts";
import { oneLine } from "../core/one-line.ts";
import type { NodeProbe } from "../core/probe/probe.ts";
import { looksLikeAnswer } from "../core/probe/sections.ts";
import type { AccessTrace, NodeTransport, RunResult } from "../nodes/transport.ts";

/** Enough for 4,000 processes with long command lines. */
const maxBytes = 64 * 1024 * 1024;

export interface AskLimits {
  readonly signal: AbortSignal;
  /** For reaching the node and its answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Hears what was passed on the way onto the node. */
  readonly trace?: AccessTrace | undefined;
}

/**
 * Runs one probe on a node. Throws SandboxError: what the transport throws, `node-no-shell`, `node-other-command`, and
 * the parser's `probe-output` with what the node wrote to stderr.
 */
export async function askNode<T>(
  transport: NodeTransport,
  probe: NodeProbe<T>,
  nodeName: string,
  { signal, timeoutMs, trace }: AskLimits,
): Promise<T> {
  const result = await transport.run(
    { argv: probe.argv, stdin: probe.stdin },
    { signal, timeoutMs, maxBytes, trace },
  );
  try {
    return probe.parse(result.stdout);
  } catch (thrown) {
    const error = asSandboxError(thrown);
    const detail = lastLine(result.stderr) || (isPartial(result) ? "" : lastLine(result.stdout));
    throw new SandboxError(
      isPartial(result) ? error.reason : result.exitCode === 0 ? "node-other-command" : "node-no-shell",
      `${error.message}; exit code ${result.exitCode ?? "none"}${detail === "" ? "" : `; it said: ${detail}`}`,
      { cause: error, facts: { node: nodeName, detail } },
    );
  }
}

/**
 * Our scripts end with 0 only at their end, and open a section first of all. Without one, and without 0, no shell ran
 * them: there is none (127 and 126 in POSIX), or the account may have none (nologin(8)). A signal may end anything.
 */
function isPartial({ stdout, exitCode }: RunResult): boolean {
  return exitCode === null || looksLikeAnswer(stdout);
}

/** What a program had to say when it ended: before it stand banners and warnings. */
function lastLine(text: string): string {
  const end = text.slice(-2000).trimEnd();
  return oneLine(end.slice(end.lastIndexOf("\n") + 1), 300);
}
