import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Runs `work` while holding an exclusive lock on a file, waiting for others to finish first.
 * flock(1) holds the lock and ends with our pipe, so that a crash leaves no stale lock behind.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const holder = spawn("flock", ["--exclusive", path, "sh", "-c", "echo locked; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  const closed = once(holder, "close");
  const locked = await Promise.race([once(holder.stdout, "data").then(() => true), closed.then(() => false)]);
  if (!locked) throw new Error(`flock ${path} failed`);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await closed;
  }
}
