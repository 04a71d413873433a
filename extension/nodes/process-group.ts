import type { ChildProcess } from "node:child_process";

/**
 * Sends a signal to a child and to all that it started: it must have been spawned with `detached`, which makes it a
 * process group of its own (setsid(2)). Windows has none: there it is for the child alone. Where nobody is left, or it
 * is another user's by now (sudo), nothing happens.
 */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  const { pid } = child;
  try {
    if (process.platform === "win32" || pid === undefined) child.kill(signal);
    else process.kill(-pid, signal);
  } catch {
    // The other user's ends as its streams are closed.
  }
}
