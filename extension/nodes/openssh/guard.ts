import { spawn, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { access, constants, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** How long a process that was asked to end may take before it is killed. */
const graceMs = 1_000;

/**
 * Longest path of a folder for a socket, in bytes: sockaddr_un has 104 on macOS and the BSDs, of which ssh takes 18 for
 * a suffix while it makes the socket (mux.c, muxserver_listen).
 */
const maxFolder = 80;

/**
 * Ends processes of ours and removes their folder when we end it or end ourselves, killed or not: a shell waits for the
 * end of its stdin. An ssh that logs in may wait long for its server; one in the background would not end by itself
 * while a command of ours runs through it: in proxy mode OpenSSH leaves channels open when their client goes
 * (channels.c, "Multiplexing with proxy mode", 4).
 */
export class Guard {
  /** Only this user can enter it; programs can be started from it, and sockets be made in it. */
  readonly folder: string;
  /** Resolves when it guards nothing any more and no process of it is left. */
  readonly gone: Promise<void>;
  readonly #shell: ChildProcess;

  private constructor(folder: string) {
    this.folder = folder;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gone = promise;
    const script = [
      "ids=",
      "while read -r line; do ids=$line; done",
      `if [ -n "$ids" ]; then kill -TERM $ids; sleep ${graceMs / 1000}; kill -KILL $ids; fi`,
      'rm -rf -- "$1"',
    ].join("\n");
    this.#shell = spawn("/bin/sh", ["-c", script, "sh", folder], {
      stdio: ["pipe", "ignore", "ignore"],
      env: {},
      // What ends our group must not end it too.
      detached: true,
    });
    this.#shell.stdin?.on("error", () => {});
    this.#shell.on("close", () => resolve());
    this.#shell.on("error", () => resolve());
  }

  /** With a folder of its own in the first of `parents` that serves; undefined where none does. */
  static async in(parents: readonly string[]): Promise<Guard | undefined> {
    for (const parent of parents) {
      if (parent === "" || Buffer.byteLength(join(parent, "pse-XXXXXX")) > maxFolder) continue;
      const guard = await mkdtemp(join(parent, "pse-")).then(
        (folder) => new Guard(folder),
        () => undefined,
      );
      if (guard === undefined) continue;
      if (await runsPrograms(guard.folder)) return guard;
      guard.release();
      guard.removeFolder();
    }
    return undefined;
  }

  /** From now on this one is to end with us, in place of another: a process, or a group of them by its negative number. */
  watch(id: number | undefined): void {
    this.#shell.stdin?.write(`${id ?? ""}\n`);
  }

  /** Nobody needs a file any more: who has a line to a socket keeps it. */
  removeFolder(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Ends what it watches: asked at first, then killed. */
  end(): void {
    this.#shell.stdin?.end();
  }

  /** What it watched has ended: its number may soon be another's. */
  release(): void {
    const { pid, exitCode, signalCode } = this.#shell;
    if (exitCode !== null || signalCode !== null) return;
    try {
      // With what it waits for, by the number of its group.
      if (pid !== undefined) process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended as well.
    }
  }
}

/** Not where it is mounted with "noexec" (access(2)). */
async function runsPrograms(folder: string): Promise<boolean> {
  const program = join(folder, "askpass");
  try {
    await writeFile(program, "#!/bin/sh\n", { mode: 0o700 });
    await access(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
