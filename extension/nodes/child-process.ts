import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { signalGroup } from "./process-group.ts";
import type { Exit, RunningCommand } from "./session.ts";
import { onAbort } from "./waiting.ts";

/** How long a program that was asked to end may take before it is killed. */
const graceMs = 1_000;

export interface ChildOptions {
  /** In place of this process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/**
 * Starts a program of this machine, without a shell. Listen to its outputs in the turn that this resolves in: what
 * nobody listens to is dropped when it ends.
 * @throws NodeJS.ErrnoException when it cannot be started, with `code` such as ENOENT (no such program, or no such
 * folder `cwd`) or EACCES.
 */
export async function runChild(
  file: string,
  args: readonly string[],
  options: ChildOptions = {},
): Promise<RunningCommand> {
  const child = spawn(file, args, {
    stdio: "pipe",
    // A process group of its own (setsid(2)), so that whatever it starts ends with it. Windows has none.
    detached: process.platform !== "win32",
    windowsHide: true,
    ...(options.env && { env: options.env }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
  const command = new ChildCommand(child);
  await once(child, "spawn");
  if (options.signal !== undefined) {
    const forget = onAbort(options.signal, () => command.stop());
    void command.gone.then(forget);
  }
  return command;
}

class ChildCommand implements RunningCommand {
  readonly stdin;
  readonly stdout;
  readonly stderr;
  readonly exit: Promise<Exit | undefined>;
  readonly gone: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;
  #stopped = false;
  #closed = false;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    ({ stdin: this.stdin, stdout: this.stdout, stderr: this.stderr } = child);
    // A program that ends before it has read all of its stdin is no failure.
    this.stdin.on("error", () => {});
    let whole = true;
    for (const output of [this.stdout, this.stderr]) {
      output.on("error", () => {
        whole = false;
      });
    }
    const { promise: exit, resolve: exited } = Promise.withResolvers<Exit | undefined>();
    const { promise: gone, resolve: left } = Promise.withResolvers<void>();
    this.exit = exit;
    this.gone = gone;
    child.on("exit", () => {
      // Who was to end with it has had its chance.
      if (this.#stopped) signalGroup(child, "SIGKILL");
    });
    // It has ended, and so have both of its outputs.
    child.on("close", (code) => {
      this.#closed = true;
      exited(whole && !this.#stopped ? { code } : undefined);
      left();
    });
    // Not where it could not be started: there is no "close" then.
    child.on("error", () => {});
  }

  stop(): void {
    if (this.#stopped || this.#closed) return;
    this.#stopped = true;
    signalGroup(this.#child, "SIGTERM");
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.destroy();
    const timer = setTimeout(() => signalGroup(this.#child, "SIGKILL"), graceMs);
    void this.gone.then(() => clearTimeout(timer));
  }
}
