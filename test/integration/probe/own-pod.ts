import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { nodeProbe } from "../../../extension/core/probe/node-probe.ts";
import { podProbe } from "../../../extension/core/probe/pod-probe.ts";
import type { NodeProbe } from "../../../extension/core/probe/probe.ts";
import type { NodeScan } from "../../../extension/core/scan.ts";

/** What runs the reader on its stdin, its arguments behind it: Perl, or a shell. */
export const inPerl = ["perl", "-x", "-"];
export const inShell = ["sh", "-s", "--"];

/** What nodes have to run the readers in. */
export const readers: [string, string[]][] = [
  ["Perl", inPerl],
  ["dash", ["dash", "-s", "--"]],
  ["bash", ["bash", "-s", "--"]],
  ["BusyBox", ["busybox", "sh", "-s", "--"]],
];

/** Where a cgroup may be made: a v1 hierarchy without a controller, or v2. */
export const cgroupRoot =
  ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup"].find((root) => existsSync(path.join(root, "cgroup.procs"))) ??
  "/nowhere";

/** What a probe's reader prints where `reader` runs it; by default as a node chooses by itself. */
export function outputOf(probe: NodeProbe<NodeScan>, reader?: readonly string[]): string {
  const argv = reader === undefined ? probe.argv : [...reader, ...probe.argv.slice(4)];
  const [program = "sh", ...parameters] = argv;
  const result = spawnSync(program, parameters, {
    input: probe.stdin,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  expect(result.status, result.stderr).toBe(0);
  return result.stdout;
}

function runProbe(probe: NodeProbe<NodeScan>, reader: readonly string[]): NodeScan {
  return probe.parse(outputOf(probe, reader));
}

export function scanNode(reader: readonly string[]): NodeScan {
  return runProbe(nodeProbe(), reader);
}

/**
 * Processes in cgroups like a pod's, with no runtime, below a root of their own, as a node in a container has it: a
 * kubelet on this machine would end what it does not know. Needs root on Linux.
 */
export class OwnPod {
  readonly uid: string = randomUUID();
  readonly #root = path.join(cgroupRoot, `probe-test-${this.uid}`);
  readonly #pod = path.join(this.#root, "kubepods/besteffort", `pod${this.uid}`);
  readonly #started: ChildProcess[] = [];

  /**
   * Starts a program in a container's cgroup of the pod, or outside of it, maybe through another (unshare); resolves to
   * its PID once it has said something. Its stdin is also its descriptor 3.
   */
  async start(id: string | undefined, ...program: readonly string[]): Promise<number> {
    const directory = path.join(this.#pod, id ?? "");
    if (id !== undefined) mkdirSync(directory, { recursive: true });
    // `echo $$` moves the shell itself, then it becomes the program: the PID stays.
    const enter = id === undefined ? "" : 'echo $$ >"$0/cgroup.procs"; ';
    const child = spawn("sh", ["-c", `${enter}exec "$@" 3<&0`, directory, ...program], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#started.push(child);
    await once(child.stdout, "data");
    return child.pid ?? 0;
  }

  /** The file by which a process enters a container's cgroup, which is made. */
  procsOf(id: string): string {
    mkdirSync(path.join(this.#pod, id), { recursive: true });
    return path.join(this.#pod, id, "cgroup.procs");
  }

  /** Ends the stdin of the program that was started last. */
  endInput(): void {
    this.#started.at(-1)?.stdin?.end();
  }

  scan(reader: readonly string[], containerIds: readonly string[] = [], uid = this.uid): NodeScan {
    return runProbe(podProbe({ uid, containerIds }), reader);
  }

  /** Ends every process that was started, with its children, and removes the cgroups. */
  async stop(): Promise<void> {
    for (const child of this.#started) {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
      for (const pid of pidsBelow(child.pid ?? 0)) process.kill(pid, "SIGKILL");
      await ended;
    }
    if (!existsSync(this.#pod)) return;
    for (const entry of readdirSync(this.#pod, { withFileTypes: true })) {
      if (entry.isDirectory()) rmdirSync(path.join(this.#pod, entry.name));
    }
    for (let directory = this.#pod; directory.startsWith(this.#root); directory = path.dirname(directory)) {
      rmdirSync(directory);
    }
  }
}

function pidsBelow(pid: number): number[] {
  const list = `/proc/${pid}/task/${pid}/children`;
  const children = existsSync(list) ? readFileSync(list, "utf8").trim().split(" ").filter(Boolean) : [];
  return [...children.flatMap((child) => pidsBelow(Number(child))), ...(existsSync(list) ? [pid] : [])];
}
