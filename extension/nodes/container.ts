import { SandboxError, type ErrorReason } from "../core/errors.ts";
import { oneLine } from "../core/one-line.ts";
import type { ClusterNode } from "../core/pod.ts";
import type { Way } from "./access.ts";
import { runChild } from "./child-process.ts";
import { newMark, reaper } from "./marked.ts";
import { type Launches, Programs } from "./programs.ts";
import type { Destination, Exit, RunningCommand } from "./session.ts";
import type { Machine } from "./settings.ts";
import type { SshHost } from "./ssh/ssh-host.ts";
import { onAbort, reasonOf } from "./waiting.ts";

type ContainerWay = Extract<Way, { readonly kind: "container" }>;

/** Commands at once: each is a program of the engine's, and costs its daemon. */
const maxCommands = 4;

/** How long the end of a command inside may take to be asked for. */
const reapMs = 10_000;

/** How long the engine may take to say goodbye. */
const leaveMs = 2_000;

/** What all three engines let containers be called (moby's daemon/names; Podman's and nerdctl's regexps are the same). */
const containerName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,252}$/;

/**
 * Says which kernel it is under, then answers every line with the same: as long as it does, the container runs. Its
 * stdin ends with us, and so does it. Only what is built into the shell is used.
 */
const sentry = `read -r id </proc/sys/kernel/random/boot_id; echo "$id"; while read -r line; do echo "$line"; done`;

/**
 * The node is a container of this machine, as those of kind, k3d and minikube are.
 * `open` throws SandboxError `container-engine`, `container-gone`, `node-no-shell`.
 * @throws SandboxError `setting-invalid` where the rule gives no container's name.
 */
export function containerDestination(
  node: ClusterNode | SshHost,
  way: ContainerWay,
  machine: Machine,
): Destination {
  const { engine } = way;
  const container = way.container.replaceAll("${name}", node.name);
  if (!containerName.test(container)) {
    throw new SandboxError("setting-invalid", `no container's name: ${JSON.stringify(container)}`, {
      facts: { setting: "podSandbox.access", expected: `${oneLine(container, 60)} is no container's name` },
    });
  }
  const name = `${engine} exec ${container}`;
  const fail = (reason: ErrorReason, said: string, cause?: unknown): SandboxError => {
    const detail = oneLine(said, 200);
    return new SandboxError(reason, `${name}: ${detail}`, {
      cause,
      facts: { node: node.name, command: engine, container, detail },
    });
  };
  const exec = async (words: readonly string[], mark?: string): Promise<RunningCommand> => {
    const args = [...execArguments(container, mark), ...words];
    return runChild(engine, args, { env: machine.env }).catch((error: unknown) => {
      const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
      throw fail("container-engine", missing ? "it is not installed" : String(error), error);
    });
  };
  return {
    key: `${name} as ${node.name}`,
    node: node.name,
    maxCommands,
    open: async ({ signal, trace }) => {
      const watch = await Sentry.post(await exec(["sh", "-c", sentry]), signal);
      if (watch.bootId === "") {
        const exit = await watch.exit;
        throw fail(reasonFor(exit, watch.said), watch.said || "it ended at once");
      }
      if ("bootId" in node && node.bootId !== "" && node.bootId !== watch.bootId) {
        await watch.leave();
        throw fail("container-gone", "it runs on another machine than the node");
      }
      trace("connect", name);
      const reap = async (mark: string): Promise<void> => {
        const ender = await exec(["sh", "-c", reaper, "sh", mark]);
        ender.stdout.resume();
        ender.stderr.resume();
        await endOf(ender, reapMs);
      };
      const launches: Launches = {
        start: async (argv) => {
          const mark = newMark();
          return inside(await exec(argv, mark), watch, async () => reap(mark));
        },
        terminal: (argv) => {
          const mark = newMark();
          const args = [...execArguments(container, mark, ["--tty"]), ...argv];
          return { file: engine, args, env: {}, end: async () => reap(mark).catch(() => {}) };
        },
      };
      const programs = new Programs(name, launches, async () => watch.leave());
      void watch.exit.then((exit) => {
        const said = watch.said || "it has ended";
        programs.end(fail(exit === undefined ? "container-gone" : reasonFor(exit, said), said));
      });
      return programs;
    },
  };
}

/** What comes before the words of a command. */
function execArguments(
  container: string,
  mark: string | undefined,
  more: readonly string[] = [],
): readonly string[] {
  const environment = mark === undefined ? [] : ["--env", mark];
  return ["exec", "--interactive", ...more, "--user", "0", ...environment, container];
}

/** Ends the stdin of what ends by that, and stops it where it does not. */
async function endOf(command: RunningCommand, ms: number): Promise<void> {
  const timer = setTimeout(() => command.stop(), ms);
  command.stdin.end();
  await command.gone;
  clearTimeout(timer);
}

/** A command as it is inside. */
function inside(command: RunningCommand, watch: Sentry, reap: () => Promise<void>): RunningCommand {
  const { stdin, stdout, stderr } = command;
  let reaping: Promise<void> | undefined;
  let ended = false;
  void command.gone.then(() => {
    ended = true;
  });
  return {
    stdin,
    stdout,
    stderr,
    // The engine's own failures look like a command's: whether the container still runs tells them apart.
    exit: command.exit.then(async (exit) =>
      exit === undefined || exit.code === 0 || (await watch.answers()) ? exit : undefined,
    ),
    gone: command.gone.then(async () => reaping),
    stop: () => {
      if (reaping !== undefined || ended) return;
      reaping = reap().catch(() => {});
      command.stop();
    },
  };
}

/** A process inside for as long as the session stands. */
class Sentry {
  /** Of the kernel that the container is under (random(4)); "" where it did not come to say. */
  readonly bootId: string;
  readonly exit: Promise<Exit | undefined>;
  readonly #command: RunningCommand;
  readonly #lines: Lines;

  private constructor(command: RunningCommand, lines: Lines, bootId: string) {
    this.#command = command;
    this.#lines = lines;
    this.exit = command.exit;
    this.bootId = bootId;
  }

  /** @throws SandboxError when the signal aborts. */
  static async post(command: RunningCommand, signal: AbortSignal): Promise<Sentry> {
    const lines = new Lines(command);
    const forget = onAbort(signal, () => command.stop());
    const bootId = await lines.next();
    forget();
    if (signal.aborted) throw reasonOf(signal);
    return new Sentry(command, lines, bootId ?? "");
  }

  /** What it, or the engine, complained about; "" where it did not. Warnings stand before it. */
  get said(): string {
    return this.#lines.said.trim().split("\n").at(-1) ?? "";
  }

  /** Whether the container runs. */
  async answers(): Promise<boolean> {
    const answer = this.#lines.next();
    this.#command.stdin.write("still there\n");
    return (await answer) !== undefined;
  }

  async leave(): Promise<void> {
    await endOf(this.#command, leaveMs);
  }
}

/** Longest line and longest complaint that is kept, in characters. */
const mostText = 4_000;

/** The lines that a program prints, one for each that is waited for, in turn. */
class Lines {
  /** The end of its stderr. */
  said = "";
  readonly #waiting: ((line: string | undefined) => void)[] = [];
  #rest = "";
  #over = false;

  constructor(command: RunningCommand) {
    command.stderr.on("data", (chunk: Buffer) => {
      this.said = (this.said + chunk.toString("utf8")).slice(-mostText);
    });
    command.stdout.on("data", (chunk: Buffer) => {
      const lines = (this.#rest + chunk.toString("latin1")).split("\n");
      this.#rest = (lines.pop() ?? "").slice(-mostText);
      for (const line of lines) this.#waiting.shift()?.(line);
    });
    void command.exit.then(() => {
      this.#over = true;
      for (const settle of this.#waiting.splice(0)) settle(undefined);
    });
  }

  /** undefined when the program ends before it prints one. */
  async next(): Promise<string | undefined> {
    return this.#over ? undefined : new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** What the failure of `docker|podman|nerdctl exec` means, by its exit code and by what it said. */
function reasonFor(exit: Exit | undefined, said: string): ErrorReason {
  // "The command cannot be invoked" and "cannot be found" (docker-container-exec(1), podman-exec(1)).
  if ((exit?.code === 126 || exit?.code === 127) && /executable file|no such file/i.test(said))
    return "node-no-shell";
  return /no such container|no container with name|not running|is paused|is restarting|state improper|stopped state|has ended/i.test(
    said,
  )
    ? "container-gone"
    : "container-engine";
}
