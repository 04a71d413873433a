import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { SandboxError } from "../../core/errors.ts";
import { Countdown } from "../clock.ts";
import { signalGroup } from "../process-group.ts";
import type { Opening } from "../session.ts";
import type { Machine, SshSettings } from "../settings.ts";
import { timedOut } from "../ssh/failures.ts";
import { onAbort, reasonOf } from "../waiting.ts";
import { Answers, type AnswerDeps } from "./answers.ts";
import { Askpass } from "./askpass.ts";
import { Guard } from "./guard.ts";
import { diagnose } from "./diagnosis.ts";
import { notStarted, sshEnvironment, type OpenSshTarget } from "./program.ts";
import { Progress } from "./progress.ts";

export interface LoginDeps extends AnswerDeps {
  readonly settings: SshSettings;
  readonly machine: Machine;
  /** The ssh to run: a path, or a name looked up in PATH. */
  readonly program: string;
  /** Where folders of our own are made, where it serves for that. */
  readonly temporary: string;
}

/** Resolving, connecting, the handshake and authentication may each take the time limit of a step. */
const steps = 4;

/** How long an ssh that was asked to end may take before it is killed. */
const graceMs = 1_000;

/** A guard with a folder for what `runLogin` needs. @throws SandboxError `ssh-program`. */
export async function makeGuard({ temporary, machine, program }: LoginDeps): Promise<Guard> {
  const others = [machine.env["XDG_RUNTIME_DIR"] ?? "", "/tmp", "/var/tmp", machine.home];
  const parents = machine.platform === "win32" ? [temporary] : [temporary, ...others];
  const guard = await Guard.in(parents);
  if (guard !== undefined) return guard;
  const detail = `no folder can hold what ssh asks for passwords with, tried: ${parents.join(" ")}`;
  throw new SandboxError("ssh-program", detail, { facts: { file: program, detail } });
}

export interface LoggedIn {
  readonly progress: Progress;
  readonly code: number | null;
}

/**
 * Runs an ssh until it ends or has gone to the background (ssh -f), answering its questions meanwhile.
 * @throws SandboxError: `ssh-program`, `ssh-timeout`, `cancelled`, what a question failed with, why the opening was
 *   given up. The ssh has ended by then.
 */
export async function runLogin(
  target: OpenSshTarget,
  args: readonly string[],
  guard: Guard,
  deps: LoginDeps,
  opening: Opening,
): Promise<LoggedIn> {
  const { machine, settings, program } = deps;
  const progress = new Progress(opening.trace);
  const failed = new AbortController();
  const ms = steps * target.connectTimeoutMs;
  const countdown = new Countdown(ms, () => failed.abort(timedOut(target, "connect", ms)));
  const leaveClock = opening.clock.join(countdown);
  const answers = new Answers(
    target,
    deps,
    opening.asking,
    (fingerprint) => progress.keyType(fingerprint),
    (error: SandboxError) => failed.abort(error),
  );
  const stop = AbortSignal.any([opening.signal, failed.signal]);
  try {
    await using askpass = await Askpass.listen(
      guard.folder,
      machine.platform,
      machine.env["DISPLAY"],
      (prompt, hint, gone) => answers.answer(prompt, hint, AbortSignal.any([gone, stop])),
    );
    const child = spawn(program, ["-v", ...args], {
      // What goes to the background keeps stderr, so that it can say why it ends.
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...sshEnvironment(settings, machine), ...askpass.environment },
      // Without a terminal, where ssh would ask, and with a group, so that all it starts ends with it.
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => progress.hear(text));
    await once(child, "spawn").catch((error: unknown) => {
      throw notStarted(program, error);
    });
    guard.watch(child.pid && -child.pid);
    const code = await ended(child, stop);
    guard.watch(undefined);
    if (stop.aborted) throw reasonOf(stop);
    const isRefused = code !== 0 && diagnose(progress.text).reason === "ssh-auth-failed";
    if (code === 0 || isRefused) await answers.judged(code === 0);
    return { progress, code };
  } finally {
    leaveClock();
    countdown.stop();
  }
}

/** Its exit code, null for a signal; ended by us when `stop` aborts. */
async function ended(child: ChildProcess, stop: AbortSignal): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.once("exit", resolve);
  let timer: NodeJS.Timeout | undefined;
  const forget = onAbort(stop, () => {
    signalGroup(child, "SIGTERM");
    timer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  });
  const code = await promise;
  clearTimeout(timer);
  forget();
  // Its last words may still be in the pipe; an ssh in the background keeps that open.
  if (code !== 0 && child.stderr?.readableEnded === false) await lastWords(child);
  return code;
}

/** Waits for the end of stderr, which a program that ssh started, such as a ProxyCommand, may hold open a while. */
async function lastWords(child: ChildProcess): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  child.stderr?.once("close", resolve);
  const timer = setTimeout(() => {
    signalGroup(child, "SIGKILL");
    child.stderr?.destroy();
    resolve();
  }, graceMs);
  await promise;
  clearTimeout(timer);
}
