import { randomUUID } from "node:crypto";
import { readdirSync, readlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { command } from "../cluster/command.ts";
import type { Instance } from "../cluster/instance.ts";
import { preparePin, removePin } from "../cluster/pins.ts";
import { identify, isAlive, readOrUndefined } from "../cluster/process-identity.ts";
import { startSupervised, type Supervised } from "../cluster/supervised.ts";
import { waitUntil } from "../cluster/wait.ts";

/**
 * Linux namespaces that no container runtime made.
 *
 * - `net`, `mnt`: a process in one of its own.
 * - `user+pid`: a process in a user and a PID namespace; its parent is in the user namespace only.
 * - `nested`: the same twice, one in the other, and a mount namespace for each.
 * - `thread`: a process of whose threads only the second is in a net namespace of its own.
 * - `descriptor`: a process with an open file of a net namespace that no process is in.
 * - `pin`: a net namespace on a bind mount, without a process.
 */
export type LooseKind = "net" | "mnt" | "user+pid" | "nested" | "thread" | "descriptor" | "pin";

export interface Loose {
  readonly kind: LooseKind;
  /** Processes, the outermost first, each the next one's parent; the last is in the innermost namespaces. */
  readonly pids: readonly number[];
  /** The thread that left; only for `thread`. */
  readonly tid: number | undefined;
  /** Number of the open file; only for `descriptor`. */
  readonly fd: number | undefined;
  /** Path of the bind mount; only for `pin`. */
  readonly pin: string | undefined;
  /** What the kernel says of the innermost namespaces: the text of their links, such as `net:[4026532181]`. */
  readonly made: readonly string[];
  /** Ends its processes and removes its pin. */
  stop(): Promise<void>;
}

type Types = readonly ("net" | "mnt" | "user" | "pid")[];

/** Starts one; resolves when it is as described. Needs root. */
export async function startLoose(instance: Instance, kind: LooseKind): Promise<Loose> {
  switch (kind) {
    case "net":
      return inNamespaces(instance, kind, ["--net", "sleep", "infinity"], 1, ["net"]);
    case "mnt":
      return inNamespaces(instance, kind, ["--mount", "sleep", "infinity"], 1, ["mnt"]);
    case "user+pid":
      return inNamespaces(instance, kind, [...userAndPid, "sleep", "infinity"], 2, ["user", "pid"]);
    case "nested": {
      const one = [...userAndPid, "--mount-proc"];
      const words = [...one, "unshare", ...one, "sleep", "infinity"];
      return inNamespaces(instance, kind, words, 3, ["user", "pid", "mnt"]);
    }
    case "thread":
      return threadThatLeft(instance);
    case "descriptor":
      return heldByDescriptor(instance);
    case "pin":
      return heldByMount(instance);
  }
}

/** What is inside ends with its parent. */
const userAndPid = ["--user", "--map-root-user", "--pid", "--kill-child"];

async function inNamespaces(
  instance: Instance,
  kind: LooseKind,
  words: readonly string[],
  depth: number,
  types: Types,
): Promise<Loose> {
  const server = start(instance, kind, "unshare", words);
  const look = (): number[] | undefined => {
    const pids = descent(server.pid);
    const last = pids.at(-1);
    // Once it is no longer unshare(1) it has everything of its own.
    const isThere = pids.length === depth && last !== undefined && nameOf(last) === "sleep";
    return isThere ? pids : undefined;
  };
  const pids = await waitFor(server, kind, look);
  const made = types.map((type) => readlinkSync(`/proc/${pids.at(-1) ?? server.pid}/ns/${type}`));
  const identities = pids.flatMap((pid) => identify(pid) ?? []);
  const stop = async (): Promise<void> => {
    await server.kill();
    const over = (): true | undefined => (identities.some(isAlive) ? undefined : true);
    await waitUntil(`a loose ${kind} to end`, over, { timeoutMs: 10_000 });
  };
  return { ...nothing(kind), pids, made, stop };
}

async function threadThatLeft(instance: Instance): Promise<Loose> {
  const program = join(instance.directory, `thread-${randomUUID()}`);
  const source = fileURLToPath(new URL("thread.c", import.meta.url));
  await command("gcc", ["-Os", "-pthread", "-Wall", "-Wextra", "-Werror", "-o", program, source]);
  const server = start(instance, "thread", program, []);
  const tasks = `/proc/${server.pid}/task`;
  const net = (tid: number): string => readlinkSync(`${tasks}/${tid}/ns/net`);
  const look = (): number | undefined =>
    readdirSync(tasks)
      .map(Number)
      .find((tid) => net(tid) !== net(server.pid));
  const tid = await waitFor(server, "thread", look);
  return { ...nothing("thread"), pids: [server.pid], tid, made: [net(tid)], stop: server.kill };
}

async function heldByDescriptor(instance: Instance): Promise<Loose> {
  const fd = 9;
  const inside = await inNamespaces(instance, "net", ["--net", "sleep", "infinity"], 1, ["net"]);
  const [pid = 0] = inside.pids;
  const server = start(instance, "descriptor", "sh", [
    "-c",
    `exec ${fd}<"$1"; exec sleep infinity`,
    "sh",
    `/proc/${pid}/ns/net`,
  ]);
  const look = (): true | undefined => (nameOf(server.pid) === "sleep" ? true : undefined);
  await waitFor(server, "descriptor", look);
  await inside.stop();
  return { ...nothing("descriptor"), pids: [server.pid], fd, made: inside.made, stop: server.kill };
}

async function heldByMount(instance: Instance): Promise<Loose> {
  const folder = join(instance.directory, "loose");
  await mkdir(folder, { recursive: true });
  const pin = join(folder, randomUUID());
  await preparePin(instance.directory, pin);
  const link = await command("unshare", [`--net=${pin}`, "readlink", "/proc/self/ns/net"]);
  return { ...nothing("pin"), pids: [], pin, made: [link.trim()], stop: () => removePin(pin) };
}

function nothing(kind: LooseKind): Pick<Loose, "kind" | "tid" | "fd" | "pin"> {
  return { kind, tid: undefined, fd: undefined, pin: undefined };
}

function start(instance: Instance, kind: string, program: string, words: readonly string[]): Supervised {
  return startSupervised(instance, `loose-${kind}-${randomUUID()}`, program, words);
}

function waitFor<T>(server: Supervised, kind: string, look: () => T | undefined): Promise<T> {
  const lookWhileItRuns = (): T | undefined => {
    if (!server.running()) throw new Error(`It ended\n${server.logTail()}`);
    return look();
  };
  return waitUntil(`a loose ${kind}`, lookWhileItRuns, { timeoutMs: 10_000, explain: server.logTail });
}

/** A process, its only child, the child's only child, … */
function descent(pid: number): number[] {
  const [child = ""] = (readOrUndefined(`/proc/${pid}/task/${pid}/children`) ?? "").split(" ");
  return [pid, ...(child === "" ? [] : descent(Number(child)))];
}

function nameOf(pid: number): string {
  return (readOrUndefined(`/proc/${pid}/comm`) ?? "").trim();
}
