import { spawn } from "node:child_process";
import { signalGroup } from "../process-group.ts";
import type { Machine } from "../settings.ts";
import { onAbort, reasonOf } from "../waiting.ts";
import { BadLine } from "./config-line.ts";
import { shellOf } from "./shell.ts";

/** A command that only decides whether a section applies; ssh would wait for ever. */
const limitMs = 10_000;

/**
 * Runs a command of `Match exec` in the user's shell, with nothing on its input and its output dropped; whether it
 * ended with 0. It and what it started are ended after 10 s, or with `signal`.
 * @throws SandboxError for the abort; BadLine when it cannot be run, takes too long or is ended by a signal.
 */
export async function runMatchExec(command: string, machine: Machine, signal: AbortSignal): Promise<boolean> {
  const shell = shellOf(machine);
  const child = spawn(shell.file, shell.args(command), {
    stdio: "ignore",
    env: machine.env,
    detached: machine.platform !== "win32",
    windowsHide: true,
    windowsVerbatimArguments: true,
  });
  const end = (): void => signalGroup(child, "SIGKILL");
  const forget = onAbort(signal, end);
  const timer = setTimeout(end, limitMs);
  try {
    return await new Promise<boolean>((resolve, reject) => {
      child.on("error", (error) => reject(new BadLine(`Match exec: ${error.message}`)));
      child.on("exit", (code) => {
        if (code !== null) resolve(code === 0);
        else if (signal.aborted) reject(reasonOf(signal));
        else reject(new BadLine(`Match exec ${JSON.stringify(command)} took too long or was ended`));
      });
    });
  } finally {
    clearTimeout(timer);
    forget();
  }
}
