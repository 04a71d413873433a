import { SandboxError, type ErrorReason } from "../core/errors.ts";
import { Conversation, type Dialogue } from "./dialogue.ts";
import type { Exit, RunningCommand } from "./session.ts";
import type { RunResult } from "./transport.ts";
import { onAbort, reasonOf } from "./waiting.ts";

/** What a command is given once it runs. */
export interface CommandRequest {
  readonly stdin: string;
  /** Where there is one, stdin is written only when the command has said that it is ready for it. */
  readonly dialogue?: Dialogue | undefined;
}

export interface CommandLimits {
  readonly signal: AbortSignal;
  /** Of stdout and stderr together. */
  readonly maxBytes: number;
}

/** Where it runs, as facts for the sentences about errors: the node, and what else there is to say. */
export type CommandPlace = Readonly<Record<string, string>> & { readonly node: string };

/**
 * Feeds and drains a command. An answer counts only where it is known how the command ended: what came before a lost
 * connection may be cut anywhere. Call it as soon as the command is there: what it prints before that is missed.
 * @throws SandboxError: why `signal` aborted, `probe-too-large`, `ssh-connection-lost`; with a dialogue also
 *   `become-password`, `become-failed`, and what its `password` throws. The command has been told to stop by then.
 */
export function runCommand(
  command: RunningCommand,
  request: CommandRequest,
  limits: CommandLimits,
  place: CommandPlace,
): Promise<RunResult> {
  const answer = new Promise<RunResult>((resolve, reject) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let bytes = 0;
    let over = false;
    let forget = (): void => {};

    const finish = (settle: () => void): void => {
      if (over) return;
      over = true;
      forget();
      talk?.stop();
      settle();
    };
    const giveUp = (error: SandboxError): void => {
      finish(() => {
        reject(error);
        command.stop();
      });
    };
    const talk =
      request.dialogue &&
      new Conversation(request.dialogue, {
        stdin: command.stdin,
        script: request.stdin,
        signal: limits.signal,
        fail: giveUp,
        facts: place,
      });
    const count = (chunk: Buffer): boolean => {
      if (over) return false;
      bytes += chunk.length;
      if (bytes <= limits.maxBytes) return true;
      giveUp(failure("probe-too-large", place, `the command printed more than ${limits.maxBytes} bytes`));
      return false;
    };
    const ended = (exit: Exit | undefined): void => {
      finish(() => {
        const lost = "the connection ended without an exit status: the answer may be cut";
        const error =
          exit === undefined ? failure("ssh-connection-lost", place, lost, "command") : talk?.failure();
        if (error !== undefined) {
          reject(error);
          return;
        }
        const said = Buffer.concat(stderr).toString("utf8");
        resolve({
          stdout: Buffer.concat(stdout).toString("utf8"),
          stderr: talk?.redact(said) ?? said,
          exitCode: exit?.code ?? null,
        });
      });
    };

    command.stdout.on("data", (chunk: Buffer) => {
      if (!count(chunk)) return;
      const start = talk?.hearOutput(chunk);
      // Until then it is what the other side prints in place of an answer.
      if (start !== undefined) stdout.length = 0;
      stdout.push(chunk.subarray(start ?? 0));
    });
    command.stderr.on("data", (chunk: Buffer) => {
      if (!count(chunk)) return;
      stderr.push(chunk);
      talk?.hearErrors(chunk);
    });
    // A command that ends before it has read all of its stdin is no failure; how it ended is told by `exit`.
    for (const stream of [command.stdin, command.stdout, command.stderr]) stream.on("error", () => {});
    void command.exit.then(ended);
    forget = onAbort(limits.signal, () => giveUp(reasonOf(limits.signal)));
    if (!over && talk === undefined) command.stdin.end(request.stdin);
  });
  // Whoever asked for the command may have given up before it was started.
  answer.catch(() => {});
  return answer;
}

function failure(reason: ErrorReason, place: CommandPlace, detail: string, step?: string): SandboxError {
  return new SandboxError(reason, `${place.node}: ${detail}`, {
    facts: { ...place, detail, ...(step === undefined ? {} : { step }) },
  });
}
