import { Asking } from "../../extension/nodes/asking.ts";
import { Clock } from "../../extension/nodes/clock.ts";
import type { Exit, Opening, RunningCommand } from "../../extension/nodes/session.ts";

/** What opening a session takes, where nobody is asked anything. */
export function opening(signal: AbortSignal = new AbortController().signal): Opening {
  const clock = new Clock();
  return { clock, asking: new Asking(clock, signal), signal, trace: () => {} };
}

export interface Drained {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: Exit | undefined;
}

/** Feeds a command and reads it to its end. */
export async function drain(command: RunningCommand, stdin: string): Promise<Drained> {
  let stdout = "";
  let stderr = "";
  command.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  command.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  command.stdin.end(stdin);
  return { exit: await command.exit, stdout, stderr };
}
