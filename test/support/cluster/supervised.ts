import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Instance } from "./instance.ts";
import { identify, signalProcess } from "./process-identity.ts";

/** A server of a bench. */
export interface Supervised {
  readonly pid: number;
  readonly running: () => boolean;
  /** The last lines of what it printed. */
  readonly logTail: () => string;
  /** SIGTERM, and SIGKILL when that is not enough; resolves when it has ended. */
  readonly stop: () => Promise<void>;
  /** SIGKILL; resolves when it has ended. */
  readonly kill: () => Promise<void>;
}

/** Milliseconds from SIGTERM to SIGKILL. */
const patience = 5_000;

/**
 * Starts a program whose output goes to `logs/NAME.log` and whose PID is on record, so that a sweep finds it.
 * It has a session of its own: Ctrl-C in a terminal is for us to pass on, in the right order.
 */
export function startSupervised(
  instance: Instance,
  name: string,
  program: string,
  parameters: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Supervised {
  const logFile = join(instance.directory, "logs", `${name}.log`);
  const log = openSync(logFile, "a");
  const child = spawn(program, parameters, { stdio: ["ignore", log, log], detached: true, env });
  closeSync(log);
  const logTail = (): string => `${name}:\n${readFileSync(logFile, "utf8").slice(-3_000)}`;
  const { pid } = child;
  const identity = pid === undefined ? undefined : identify(pid);
  if (pid === undefined || identity === undefined) {
    child.once("error", () => undefined);
    throw new Error(`${program} did not start\n${logTail()}`);
  }
  const record = join(instance.directory, "processes", `${name}.json`);
  writeFileSync(record, JSON.stringify(identity));
  let over = false;
  const exited = once(child, "exit").then(() => {
    over = true;
    rmSync(record, { force: true });
  });
  const end = async (first: NodeJS.Signals): Promise<void> => {
    if (over) return;
    signalProcess(identity, first);
    const timer = new AbortController();
    await Promise.race([exited, sleep(patience, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
    if (!over) signalProcess(identity, "SIGKILL");
    await exited;
  };
  return { pid, running: () => !over, logTail, stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
}
