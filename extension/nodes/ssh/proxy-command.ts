import { spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { oneLine } from "../../core/one-line.ts";
import { signalGroup } from "../process-group.ts";
import type { Machine } from "../settings.ts";
import { onAbort } from "../waiting.ts";
import { shellOf } from "./shell.ts";

/** How long a program that was asked to end may take before it is killed. */
const graceMs = 1_000;
/** Of what it says on stderr, the end is kept. */
const maxStderr = 4_096;

/**
 * Runs a ProxyCommand in the user's shell, as ssh does; what it reads and writes is the connection to the server.
 * When it ends by itself, or cannot be started, the stream ends with an error that has its last words on stderr.
 * Destroying the stream, or `signal`, ends it and whatever it started (on Windows, the shell).
 */
export function openProxyCommand(command: string, machine: Machine, signal: AbortSignal): Duplex {
  const shell = shellOf(machine);
  const child = spawn(shell.file, shell.args(shell.replacing(command)), {
    stdio: "pipe",
    env: machine.env,
    detached: machine.platform !== "win32",
    windowsHide: true,
    windowsVerbatimArguments: true,
  });
  const { stdin, stdout, stderr } = child;
  let said = "";
  stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-maxStderr);
  });
  for (const stream of [stdin, stderr]) stream.on("error", () => {});

  const stream = new Duplex({
    read: () => void stdout.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      // Where it takes no more, "close" tells why.
      stdin.write(chunk, () => done());
    },
    final: (done) => {
      stdin.end(() => done());
    },
    destroy: (error, done) => {
      signalGroup(child, "SIGTERM");
      for (const pipe of [stdin, stdout, stderr]) pipe.destroy();
      done(error);
    },
  });
  stdout.on("data", (chunk: Buffer) => {
    if (!stream.push(chunk)) stdout.pause();
  });
  stdout.on("error", () => {});
  const forget = onAbort(signal, () => stream.destroy());
  let grace: NodeJS.Timeout | undefined;
  stdout.on("end", () => {
    // Mostly it is about to end, and why is not known yet.
    grace = setTimeout(() => stream.destroy(new Error("the ProxyCommand closed the connection")), graceMs);
  });
  stream.on("close", () => {
    forget();
    clearTimeout(grace);
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
      grace = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  });
  child.on("exit", () => {
    // What it left running holds our pipes.
    if (stream.destroyed) signalGroup(child, "SIGKILL");
  });
  child.on("error", (error) => stream.destroy(new Error(`the ProxyCommand cannot be run: ${error.message}`)));
  child.on("close", (code, killed) => {
    clearTimeout(grace);
    if (stream.destroyed) return;
    if (stream.writableEnded && code === 0) {
      stream.push(null);
      return;
    }
    const [last = ""] = said.trimEnd().split("\n").slice(-1);
    const why =
      last === "" ? `it ended ${code === null ? `by ${killed ?? "a signal"}` : `with ${code}`}` : last;
    stream.destroy(new Error(`the ProxyCommand gave up: ${oneLine(why, 200)}`));
  });
  return stream;
}
