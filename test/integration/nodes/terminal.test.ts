import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { enterCommand, type Enterable, type Entrance } from "../../../extension/core/enter.ts";
import { namespaceTypes } from "../../../extension/core/namespaces.ts";
import type { TerminalProgram, TerminalStream } from "../../../extension/nodes/session.ts";
import { nginx } from "../../fixtures/reports/samples.ts";
import { because, whyNotRoot } from "../../support/skipped.ts";
import {
  makeBench,
  makeHome,
  makeNode,
  type Bench,
  type BenchOptions,
  type Home,
} from "../../support/ssh-nodes.ts";
import { makeKey, startSshd, whyNoSshd, type KeyPair, type Sshd } from "../../support/sshd.ts";

// Terminals in Linux namespaces of a process that is really there, through a real sshd and by a program of this machine.

const why = whyNoSshd ?? whyNotRoot;
const { signal } = new AbortController();
const limits = { signal, timeoutMs: 20_000 };
const size = { columns: 91, rows: 17 };
const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
const patiently = { timeout: 10_000 };

const link = (pid: number | "self", type: string): string => readlinkSync(`/proc/${pid}/ns/${type}`);

/** Processes that are in a Linux namespace with a process, itself included. */
function companions(pid: number, type: string): readonly number[] {
  const wanted = link(pid, type);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => {
      try {
        return link(other, type) === wanted;
      } catch {
        return false;
      }
    });
}

/** Whatever has this process for its parent, be it only its exit status that nobody asked for: "412 Z sleep". */
function childrenOf(pid: number): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const [, comm, state, parent] =
          /^\d+ \((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${name}/stat`, "utf8")) ?? [];
        return parent === String(pid) ? [`${name} ${state} ${comm}`] : [];
      } catch {
        return [];
      }
    });
}

/** Reads a terminal and types into it. */
class Typist {
  seen = "";
  readonly #terminal: Pick<TerminalStream, "stdin" | "stdout">;

  constructor(terminal: Pick<TerminalStream, "stdin" | "stdout">) {
    this.#terminal = terminal;
    terminal.stdout.on("data", (chunk: Buffer) => {
      this.seen += chunk.toString();
    });
    terminal.stdin.on("error", () => {});
  }

  /** What a line prints, between two marks that its echo does not have. */
  async answer(line: string): Promise<string> {
    this.seen = "";
    this.#terminal.stdin.write(`echo be''gin; ${line}; echo en''d\n`);
    await expect.poll(() => this.seen, patiently).toMatch(/begin\r?\n[^]*end\r?\n/);
    return /begin\r?\n([^]*)end\r?\n/.exec(this.seen)?.[1]?.replaceAll("\r", "") ?? "";
  }
}

describe.skipIf(why !== undefined)(`a terminal in a sandbox${because(why)}`, () => {
  let home: Home;
  let user: KeyPair;
  let sshd: Sshd;
  let holder: ChildProcess;
  /** Of the process in the sandbox, on this machine. */
  let pid: number;

  beforeAll(async () => {
    home = await makeHome({ PATH: process.env["PATH"] ?? "" });
    user = await makeKey(home.path("user"));
    sshd = await startSshd({ authorizedKeys: [user.publicKey] });
    await home.write(".ssh/known_hosts", `${sshd.knownHostsLine}\n`);
    // However this one ends, the sleep ends with it.
    const isolated = ["-n", "-i", "-u", "-p", "-m", "-C", "-f", "--kill-child", "--mount-proc"];
    holder = spawn("unshare", [...isolated, "sleep", "86411"]);
    pid = await vi.waitFor(() => {
      const [child] = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8").split(" ");
      expect(readFileSync(`/proc/${child}/comm`, "utf8")).toBe("sleep\n");
      return Number(child);
    }, patiently);
  });

  afterAll(async () => {
    holder?.kill("SIGKILL");
    await sshd?.stop();
    await home?.[Symbol.asyncDispose]();
  });

  async function begin(client: "builtin" | "openssh", options: BenchOptions = {}): Promise<Bench> {
    const configFile = await home.write(
      "config",
      `Host *\n UserKnownHostsFile ${home.knownHosts}\n GlobalKnownHostsFile none\n`,
    );
    const settings = { client, configFile, identityFile: user.path, idleMs: 50 };
    return makeBench(home, settings, {}, options);
  }

  function enterable(): Enterable {
    const own = Object.fromEntries(
      namespaceTypes
        .filter((type) => link(pid, type) !== link("self", type))
        .map((type) => [type, /\d+/.exec(link(pid, type))?.[0] ?? ""]),
    );
    return { container: nginx, pid, own, entrances: ["net", "ipc", "uts", "pid", "all"] };
  }

  const argv = (...chosen: Entrance[]): readonly string[] => enterCommand(enterable(), chosen, { bootId });

  describe.each(["builtin", "openssh"] as const)("%s", (client) => {
    async function open(bench: Bench, words: readonly string[]): Promise<TerminalStream> {
      const node = makeNode("node-a", `127.0.0.1:${sshd.port}`);
      const terminal = await bench.nodes.transport(node, "lab").terminal({ argv: words, size }, limits);
      if (terminal.kind !== "stream") throw new Error("no stream");
      terminal.stderr.resume();
      return terminal;
    }

    it("is a terminal of its size, in the Linux namespace that was chosen and in no other", async () => {
      await using bench = await begin(client);
      const terminal = await open(bench, argv("net"));
      const typist = new Typist(terminal);
      expect(await typist.answer("test -t 0 && stty size && echo $TERM")).toBe("17 91\nxterm-256color\n");
      expect(await typist.answer("readlink /proc/self/ns/net /proc/self/ns/ipc /proc/self/ns/mnt")).toBe(
        `${link(pid, "net")}\n${link("self", "ipc")}\n${link("self", "mnt")}\n`,
      );
      terminal.resize({ columns: 133, rows: 44 });
      await expect.poll(async () => typist.answer("stty size"), patiently).toBe("44 133\n");
      // Idle for long: it counts as running.
      await sleep(300);
      expect(bench.nodes.sessions()).toBe(1);
      expect(await typist.answer("echo there")).toBe("there\n");
      terminal.stdin.write("exit 7\n");
      expect(await terminal.exit).toEqual({ code: 7 });
      await expect.poll(() => bench.nodes.sessions(), patiently).toBe(0);
    });

    it("several at once; ps shows the processes of the sandbox alone", async () => {
      await using bench = await begin(client);
      const terminal = await open(bench, argv("net", "uts", "pid"));
      const typist = new Typist(terminal);
      expect(await typist.answer("readlink /proc/self/ns/net /proc/self/ns/uts /proc/self/ns/pid")).toBe(
        ["net", "uts", "pid"].map((type) => `${link(pid, type)}\n`).join(""),
      );
      const processes = await typist.answer("ps -e -o comm=");
      expect(processes.split("\n")[0]).toBe("sleep");
      expect(processes).not.toMatch(/sshd|systemd|node/);
      terminal.stop();
      await terminal.gone;
    });

    it.each([["pid"], ["all"]] as const)(
      "%j: ^C is for what runs in it, and it ends as its shell does",
      async (chosen) => {
        await using bench = await begin(client);
        const before = companions(pid, "pid");
        const terminal = await open(bench, argv(chosen));
        const typist = new Typist(terminal);
        expect(await typist.answer("trap -p; kill -l TERM")).toBe("15\n");
        const idle = companions(pid, "pid").length;
        terminal.stdin.write("sleep 86415\n");
        await expect.poll(() => companions(pid, "pid").length, patiently).toBeGreaterThan(idle);
        terminal.stdin.write("\u0003");
        terminal.stdin.write("echo st''atus $?\n");
        await expect.poll(() => typist.seen, patiently).toContain("status 130");
        terminal.stdin.write("sleep 86415 & exit 7\n");
        expect(await terminal.exit).toEqual({ code: 7 });
        expect(companions(pid, "pid")).toEqual(before);
        expect(childrenOf(pid)).toEqual([]);
      },
    );

    it("all: with the files of the container", async () => {
      await using bench = await begin(client);
      const terminal = await open(bench, argv("all"));
      const typist = new Typist(terminal);
      expect(await typist.answer("readlink /proc/self/ns/mnt /proc/self/ns/pid; cat /proc/1/comm")).toBe(
        `${link(pid, "mnt")}\n${link(pid, "pid")}\nsleep\n`,
      );
      terminal.stop();
      await terminal.gone;
    });

    it.each([[["net"]], [["pid"]], [["net", "pid"]], [["all"]]] as const)(
      "%j: closed, nothing is left of it on the node, not even what it started",
      async (chosen) => {
        await using bench = await begin(client);
        const [type] = chosen[0] === "all" ? (["pid"] as const) : chosen;
        const before = companions(pid, type);
        const terminal = await open(bench, argv(...chosen));
        const typist = new Typist(terminal);
        await typist.answer("(sleep 86413; true) & sleep 86412 & true");
        terminal.stdin.write("sleep 86414\n");
        // The shell, three sleeps, and the subshell that waits for one of them.
        await expect
          .poll(() => companions(pid, type).length, patiently)
          .toBeGreaterThanOrEqual(before.length + 5);
        terminal.stop();
        await terminal.gone;
        await expect.poll(() => companions(pid, type), patiently).toEqual(before);
        // The first process of a container is seldom one that asks how its children ended.
        expect(childrenOf(pid)).toEqual([]);
        await expect.poll(() => bench.nodes.sessions(), patiently).toBe(0);
      },
    );

    it("closed while bash looks after its prompt, which tells no job then, nothing is left either", async () => {
      await using bench = await begin(client);
      const before = companions(pid, "net");
      const terminal = await open(bench, argv("net"));
      const typist = new Typist(terminal);
      await typist.answer("sleep 86416 & true");
      terminal.stdin.write("PROMPT_COMMAND='sleep 86417'\n");
      await expect
        .poll(() => companions(pid, "net").length, patiently)
        .toBeGreaterThanOrEqual(before.length + 3);
      terminal.stop();
      await terminal.gone;
      await expect.poll(() => companions(pid, "net"), patiently).toEqual(before);
    });

    it("its shell's end is the end of what it started, but for what was told to stay", async () => {
      await using bench = await begin(client);
      const before = companions(pid, "net");
      const terminal = await open(bench, argv("net"));
      const typist = new Typist(terminal);
      await typist.answer("sleep 86418 & nohup sleep 3 >/dev/null 2>&1 & true");
      terminal.stdin.write("exit 7\n");
      expect(await terminal.exit).toEqual({ code: 7 });
      await expect.poll(() => companions(pid, "net").length, patiently).toBe(before.length + 1);
      await expect.poll(() => companions(pid, "net"), patiently).toEqual(before);
    });

    it("a process that is another one by now is not entered, which a sentence says", async () => {
      await using bench = await begin(client);
      const { own } = enterable();
      const stale: readonly (readonly string[])[] = [
        enterCommand({ ...enterable(), own: { ...own, net: "4026539999" } }, ["net"], { bootId }),
        enterCommand({ ...enterable(), pid: 4_100_000 }, ["net"], { bootId }),
        enterCommand(enterable(), ["net"], { bootId: "00000000-0000-4000-8000-000000000000" }),
      ];
      for (const words of stale) {
        const terminal = await open(bench, words);
        const typist = new Typist(terminal);
        await expect
          .poll(() => typist.seen, patiently)
          .toMatch(/Nothing was entered: process \d+ is no longer in/);
        expect(typist.seen).toMatch(/Press Enter to close\.$/);
        terminal.stdin.write("\r");
        expect(await terminal.exit).toEqual({ code: 1 });
      }
    });

    it("a server that gives no terminal says so", async () => {
      const refusing = await startSshd({ authorizedKeys: [user.publicKey], config: ["PermitTTY no"] });
      try {
        await home.write(".ssh/known_hosts", `${sshd.knownHostsLine}\n${refusing.knownHostsLine}\n`);
        await using bench = await begin(client);
        const node = makeNode("node-b", `127.0.0.1:${refusing.port}`);
        const opening = bench.nodes.transport(node, "lab").terminal({ argv: argv("net"), size }, limits);
        await expect(opening).rejects.toMatchObject({
          reason: "node-no-shell",
          facts: { detail: "the server gives no terminal" },
        });
        // The connection is still good for what takes none.
        expect(await bench.run(refusing.port, ["echo", "on"])).toMatchObject({ stdout: "on\n" });
      } finally {
        await refusing.stop();
      }
    });
  });

  describe("on a node with few programs", () => {
    let folder: string;

    beforeAll(async () => {
      folder = home.path("few");
      await mkdir(folder);
    });

    /** What it says where /usr/bin has nothing but these, and those that are scripts of the test. */
    async function says(chosen: Entrance, scripts: Readonly<Record<string, string | null>>): Promise<string> {
      for (const program of ["sh", "id", "nsenter", "readlink", "setsid", "unshare"]) {
        const script = scripts[program];
        if (script === undefined) await copyFile(`/usr/bin/${program}`, join(folder, program));
        else if (script === null) await rm(join(folder, program), { force: true });
        else await writeFile(join(folder, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      }
      const hide = `cp /usr/bin/nsenter /mnt/real; mount --bind "$1" /usr/bin; PATH=/usr/bin; shift; exec "$@"`;
      const words = ["-m", "sh", "-c", `mount -t tmpfs none /mnt; ${hide}`, "sh", folder, ...argv(chosen)];
      const { stdout, stderr } = spawnSync("unshare", words, { input: "exit 5\n", encoding: "utf8" });
      expect(stderr).toBe("");
      return stdout;
    }

    it.each([
      ["nsenter", "net"],
      ["readlink", "net"],
      ["setsid", "all"],
      ["unshare", "pid"],
    ] as const)("says that it has no %s", async (missing, chosen) => {
      expect(await says(chosen, { [missing]: null })).toBe(
        `Nothing was entered: the node has no ${missing}, which this takes (util-linux has it).\nPress Enter to close.`,
      );
    });

    it("says that its unshare is another one", async () => {
      expect(await says("pid", { unshare: "echo usage" })).toContain("has no unshare --mount-proc, which");
    });

    it("says that it does not tell, which is not that the process is another", async () => {
      expect(await says("net", { readlink: "exit 1" })).toMatch(
        /^Nothing was entered: the node does not tell the Linux namespaces of process \d+\.\n/,
      );
    });

    it("says what its nsenter cannot enter, and enters the others", async () => {
      const script = `[ "$1" != --help ] || { echo usage; exit; }; exec /mnt/real "$@"`;
      // There is no terminal here that a session could have.
      expect(await says("all", { nsenter: script, setsid: `shift; exec "$@"` })).toBe(
        "The node's nsenter cannot enter these Linux namespaces, they are the node's: cgroup\n",
      );
    });
  });

  it("on this machine, is a program that VS Code gives a terminal; it is counted until it is let go", async () => {
    await using bench = await begin("builtin", { way: { kind: "local", become: undefined } });
    const host = { name: "here", host: "here", user: undefined, port: undefined };
    const terminal = await bench.nodes.transport(host, null).terminal({ argv: argv("net"), size }, limits);
    expect(terminal.kind).toBe("program");
    const { file, args } = terminal as TerminalProgram;
    // script(1) gives it a terminal here.
    const line = [file, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    const child = spawn("script", ["-qfec", line, "/dev/null"]);
    const typist = new Typist(child);
    expect(await typist.answer("test -t 0 && readlink /proc/self/ns/net")).toBe(`${link(pid, "net")}\n`);
    await sleep(200);
    expect(bench.nodes.sessions()).toBe(1);
    child.kill();
    terminal.stop();
    await terminal.gone;
    await expect.poll(() => bench.nodes.sessions(), patiently).toBe(0);
  });
});
