import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ContainerEngine } from "../../extension/nodes/access.ts";
import { containerDestination } from "../../extension/nodes/container.ts";
import { quoteWord } from "../../extension/nodes/quote.ts";
import type { Session } from "../../extension/nodes/session.ts";
import { thisMachine } from "../../extension/nodes/settings.ts";
import { nodeProbe } from "../../extension/core/probe/node-probe.ts";
import { claimInstance, type Instance } from "../support/cluster/instance.ts";
import { readNode, type OracleProcess } from "../support/oracle-node.ts";
import { startDocker } from "../support/runtimes/docker.ts";
import { startPodman } from "../support/runtimes/podman.ts";
import { drain, opening } from "../support/sessions.ts";
import { makeNode } from "../support/ssh-nodes.ts";

// Nodes that are containers, as those of kind are, by the engines themselves.

/** What both benches can do. */
interface Engine {
  /** The environment that leads a client to the bench. */
  readonly env: Readonly<Record<string, string | undefined>>;
  run(options: { name: string; command?: readonly string[] }): Promise<{ readonly pid: number }>;
  kill(name: string): Promise<void>;
  inspectAll(): Promise<readonly { readonly name: string; readonly pid: number }[]>;
}

const { signal } = new AbortController();
let instance: Instance;
const engines = new Map<ContainerEngine, Engine>();

beforeAll(async () => {
  instance = await claimInstance();
  const [docker, podman] = await Promise.all([startDocker(instance), startPodman(instance)]);
  engines.set("docker", { ...docker, env: { ...process.env, DOCKER_HOST: `unix://${docker.socket}` } });
  engines.set("podman", podman);
});

afterAll(() => instance?.release());

const patiently = { timeout: 10_000 };

describe.each(["docker", "podman"] as const)("%s", (name) => {
  let engine: Engine;
  let bootId: string;

  beforeAll(async () => {
    const found = engines.get(name);
    if (found === undefined) throw new Error(`no ${name}`);
    engine = found;
    bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  });

  const open = async (container: string, more = {}, env = engine.env): Promise<Session> => {
    const node = makeNode("worker", "172.18.0.2", { bootId, ...more });
    return containerDestination(
      node,
      { kind: "container", engine: name, container },
      { ...thisMachine(), env },
    ).open(opening());
  };

  /** All in the PID namespace of a container, itself included. */
  const processesOf = async (container: string): Promise<readonly OracleProcess[]> => {
    const all = await engine.inspectAll();
    const found = all.find((truth) => truth.name === container);
    const { processes } = readNode();
    const space = processes.get(found?.pid ?? 0)?.inodes.pid;
    return [...processes.values()].filter(({ inodes }) => inodes.pid === space);
  };

  /** Command lines of what runs inside. PID 1 of these containers does not reap, which is an init's work on a node. */
  const inside = async (container: string): Promise<string[]> =>
    (await processesOf(container)).filter(({ state }) => state !== "Z").map(({ command }) => command);

  /** Names of what has ended inside, and nobody asked for. */
  const zombies = async (container: string): Promise<string[]> =>
    (await processesOf(container)).filter(({ state }) => state === "Z").map(({ name: comm }) => comm);

  it("runs programs as root inside, with stdin, and leaves nothing there", async () => {
    await engine.run({ name: "plain" });
    const before = await inside("plain");
    expect(before).not.toEqual([]);
    const session = await open("plain");
    const argv = ["sh", "-s", "--", "a b", "$(id)'"];
    expect(await drain(await session.start(argv, signal), 'echo "$1|$2"; id -u; echo e >&2; exit 3')).toEqual(
      {
        stdout: "a b|$(id)'\n0\n",
        stderr: "e\n",
        exit: { code: 3 },
      },
    );
    const probe = nodeProbe();
    const { stdout, exit } = await drain(await session.start(probe.argv, signal), probe.stdin);
    expect(exit).toEqual({ code: 0 });
    const scan = probe.parse(stdout);
    // The node is the container, not the machine that it is on.
    expect(scan).toMatchObject({ bootId, readerUid: 0, host: { nested: true, source: "pid1" } });
    expect(scan.processes.find(({ pid }) => pid === 1)?.comm).toBe("sleep");
    expect(scan.processes.length).toBeLessThan(10);
    session.close();
    await session.closed;
    await expect.poll(async () => inside("plain"), patiently).toEqual(before);
  });

  it("is led into by a program with a terminal, and nothing is left of that once it is let go", async () => {
    await engine.run({ name: "typed" });
    const session = await open("typed");
    const before = await inside("typed");
    const terminal = await session.terminal(["sh"], { columns: 80, rows: 24 }, signal);
    if (terminal.kind !== "program") throw new Error("no program");
    const words = [terminal.file, ...terminal.args].map(quoteWord).join(" ");
    // script(1) gives it the terminal that VS Code would.
    const child = spawn("script", ["-qfec", words, "/dev/null"], { env: { ...engine.env, ...terminal.env } });
    let seen = "";
    child.stdout.on("data", (chunk: Buffer) => {
      seen += chunk.toString();
    });
    child.stdin.write("test -t 0 && sleep 86445 & (sleep 86446; true) & echo $(id -u) en''d\n");
    await expect.poll(() => seen, patiently).toContain("0 end");
    await expect
      .poll(async () => (await inside("typed")).join("\n"), patiently)
      .toMatch(/sleep 86445[^]*sleep 86446/);
    child.kill("SIGKILL");
    terminal.stop();
    await terminal.gone;
    await expect.poll(async () => inside("typed"), patiently).toEqual(before);
    expect(await zombies("typed")).toEqual([]);
    session.close();
    await session.closed;
  });

  it("ends what was stopped, and all that it started", async () => {
    await engine.run({ name: "stopped" });
    const before = await inside("stopped");
    const session = await open("stopped");
    const script = "sleep 86404 & (trap '' TERM; echo ready; while :; do sleep 86405; done)";
    const command = await session.start(["sh", "-c", script], signal);
    await new Promise((resolve) => command.stdout.once("data", resolve));
    await expect
      .poll(async () => (await inside("stopped")).join("\n"), patiently)
      .toMatch(/sleep 86404[^]*sleep 86405/);
    command.stop();
    expect(await command.exit).toBeUndefined();
    await command.gone;
    expect((await inside("stopped")).join("\n")).not.toMatch(/sleep 8640[45]/);
    expect((await drain(await session.start(["echo", "next"], signal), "")).stdout).toBe("next\n");
    session.close();
    await expect.poll(async () => inside("stopped"), patiently).toEqual(before);
  });

  it("is over when the container ends, and says so of a command that was cut", async () => {
    await engine.run({ name: "ending" });
    const session = await open("ending");
    const command = await session.start(["sh", "-c", "echo half; sleep 86406"], signal);
    await new Promise((resolve) => command.stdout.once("data", resolve));
    const cut = command.exit;
    await engine.kill("ending");
    expect(await session.closed).toMatchObject({ reason: "container-gone", facts: { container: "ending" } });
    expect(session.ending.aborted).toBe(true);
    expect(await cut).toBeUndefined();
    await expect(open("ending")).rejects.toMatchObject({ reason: "container-gone" });
  });

  it("tells a container that is not there, one of another machine, and an engine that cannot be asked", async () => {
    await engine.run({ name: "other" });
    await expect(open("missing")).rejects.toMatchObject({ reason: "container-gone" });
    await expect(open("other", { bootId: "another" })).rejects.toMatchObject({
      reason: "container-gone",
      facts: { detail: "it runs on another machine than the node" },
    });
    if (name === "docker") {
      const env = { ...engine.env, DOCKER_HOST: "unix:///nowhere.sock" };
      await expect(open("other", {}, env)).rejects.toMatchObject({ reason: "container-engine" });
    }
  });
});
