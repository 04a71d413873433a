import { spawn, type ChildProcess } from "node:child_process";

/** How long a process that was asked to end may take before it is killed. */
const graceMs = 1_000;

/**
 * Ends another process of ours when we end it or end ourselves, killed or not: a shell waits for the end of its stdin.
 * An ssh in the background would not do so by itself while a command of ours runs through it: in proxy mode OpenSSH
 * leaves channels open when their client goes (channels.c, "Multiplexing with proxy mode", 4).
 */
export class Guard {
  /** Resolves when it guards nothing any more and no process of it is left. */
  readonly gone: Promise<void>;
  readonly #shell: ChildProcess;

  /** `pid` must be known to be alive. */
  constructor(pid: number) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gone = promise;
    const script = `read -r _; kill "$1"; sleep ${graceMs / 1000}; kill -9 "$1"`;
    this.#shell = spawn("/bin/sh", ["-c", script, "sh", String(pid)], {
      stdio: ["pipe", "ignore", "ignore"],
      env: {},
      // What ends our group must not end it too.
      detached: true,
    });
    this.#shell.stdin?.on("error", () => {});
    this.#shell.on("close", () => resolve());
    this.#shell.on("error", () => resolve());
  }

  /** Ends the process: asked at first, then killed. */
  end(): void {
    this.#shell.stdin?.end();
  }

  /** The process has ended: its number may soon be another's. */
  release(): void {
    const { pid } = this.#shell;
    try {
      // With what it waits for, by the number of its group.
      if (pid !== undefined) process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended as well.
    }
  }
}
