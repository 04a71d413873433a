import type { SandboxError } from "../core/errors.ts";
import { sshError } from "./ssh/failures.ts";
import type { ClientChannel } from "./library.ts";
import type { SshTarget } from "./ssh/target.ts";
import type { RunResult } from "./transport.ts";
import { onAbort, reasonOf } from "./waiting.ts";

export interface CommandLimits {
  readonly signal: AbortSignal;
  /** Of stdout and stderr together. */
  readonly maxBytes: number;
}

/**
 * Feeds and drains a command that was started on a channel. An answer counts only when the server told the exit
 * status and closed the channel: what came before a lost connection may be cut anywhere.
 */
export function runOnChannel(
  channel: ClientChannel,
  stdin: string,
  target: SshTarget,
  limits: CommandLimits,
): Promise<RunResult> {
  const answer = new Promise<RunResult>((resolve, reject) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let bytes = 0;
    let exit: { readonly code: number | null } | undefined;
    let open = 2;
    let over = false;
    let forget = (): void => {};

    const finish = (settle: () => void): void => {
      if (over) return;
      over = true;
      forget();
      settle();
    };
    const giveUp = (error: SandboxError): void => {
      finish(() => {
        reject(error);
        stop(channel);
      });
    };
    const take = (chunks: Buffer[], chunk: Buffer): void => {
      if (over) return;
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > limits.maxBytes) {
        giveUp(sshError("probe-too-large", target, `the command printed more than ${limits.maxBytes} bytes`));
      }
    };
    const ended = (): void => {
      if (--open > 0) return;
      finish(() => {
        if (exit === undefined) {
          const detail = "the server closed the channel without an exit status: the answer may be cut";
          reject(sshError("ssh-connection-lost", target, detail, { facts: { step: "command" } }));
        } else {
          resolve({
            stdout: Buffer.concat(stdout).toString("utf8"),
            stderr: Buffer.concat(stderr).toString("utf8"),
            exitCode: exit.code,
          });
        }
      });
    };

    channel.on("data", (chunk: Buffer) => take(stdout, chunk));
    channel.stderr.on("data", (chunk: Buffer) => take(stderr, chunk));
    channel.on("exit", (code: number | null) => {
      exit = { code };
    });
    channel.on("close", ended);
    channel.stderr.on("end", ended);
    // A command that ends before it has read all of its stdin is no failure.
    channel.on("error", () => {});
    forget = onAbort(limits.signal, () => giveUp(reasonOf(limits.signal)));
    if (!over) channel.end(stdin);
  });
  // Whoever asked for the command may have given up before it was started.
  answer.catch(() => {});
  return answer;
}

/** Asks the server to end the command (RFC 4254 6.9), then closes the channel. The rest of the output is dropped. */
function stop(channel: ClientChannel): void {
  channel.signal("TERM");
  channel.close();
}
