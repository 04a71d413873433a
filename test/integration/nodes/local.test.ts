import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { expect, it } from "vitest";
import { runChild } from "../../../extension/nodes/child-process.ts";
import { localDestination } from "../../../extension/nodes/local.ts";
import type { RunningCommand } from "../../../extension/nodes/session.ts";
import { thisMachine } from "../../../extension/nodes/settings.ts";
import { makeBench, makeHome, makeNode } from "../../support/ssh-nodes.ts";
import { readNode } from "../../support/oracle-node.ts";
import { drain, opening } from "../../support/sessions.ts";

const machine = thisMachine();
const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** Whether `sleep` runs with this argument, anywhere here. */
const sleeps = (seconds: string): boolean =>
  [...readNode().processes.values()].some(({ command }) => command === `sleep ${seconds}`);

it("runs programs as they are, with stdin, and tells how they ended", async () => {
  const session = await localDestination(makeNode(hostname(), "192.0.2.1", { bootId }), machine).open(
    opening(),
  );
  const argv = ["sh", "-s", "--", "a b", "$(id)'"];
  const { signal } = new AbortController();
  expect(await drain(await session.start(argv, signal), 'echo "$1|$2"; echo e >&2; exit 3')).toEqual({
    stdout: "a b|$(id)'\n",
    stderr: "e\n",
    exit: { code: 3 },
  });
  expect(
    await drain(await session.start(["sh", "-c", "kill -9 $$"], signal), "unread".repeat(100_000)),
  ).toMatchObject({ exit: { code: null } });
  await expect(session.start(["no-such-program"], signal)).rejects.toMatchObject({ reason: "node-no-shell" });
  session.close();
  await expect(session.start(["true"], signal)).rejects.toMatchObject({ reason: "ssh-connection-lost" });
});

it.each([
  [
    "has another boot ID",
    makeNode(hostname(), "192.0.2.1", { bootId: "another" }),
    machine,
    "boot ID is another",
  ],
  ["has another name", makeNode("elsewhere", "192.0.2.1", { bootId }), machine, "neither its name"],
  [
    "is no Linux",
    makeNode(hostname(), "192.0.2.1", { bootId }),
    { ...machine, platform: "darwin" as const },
    "Linux",
  ],
])("is not the node where it %s", async (_why, node, here, detail) => {
  await expect(localDestination(node, here).open(opening())).rejects.toMatchObject({
    reason: "local-not-node",
    facts: { node: node.name, detail: expect.stringContaining(detail) },
  });
});

it("takes the user's word for a host without a cluster", async () => {
  const host = { name: "here", host: "here", port: undefined, user: undefined };
  const session = await localDestination(host, machine).open(opening());
  session.close();
  expect(await session.closed).toMatchObject({ reason: "ssh-connection-lost" });
});

it("is one way among others, become root or not", async () => {
  await using home = await makeHome({ PATH: process.env["PATH"] ?? "" });
  const way = { kind: "local", become: { kind: "auto" } } as const;
  await using bench = makeBench(home, {}, {}, { way });
  const host = { name: "here", host: "here", port: undefined, user: undefined };
  const steps: string[] = [];
  const limits = { signal: new AbortController().signal, timeoutMs: 10_000, maxBytes: 1_000 };
  const trace = (step: string): void => void steps.push(step);
  const argv = ["sh", "-s", "--", "a b"];
  const result = await bench.nodes
    .transport(host, null)
    .run({ argv, stdin: 'echo "$1"; exit 4' }, { ...limits, trace });
  expect(result).toEqual({ stdout: "a b\n", stderr: "", exitCode: 4 });
  expect(steps).toEqual(["connect", "command"]);
  expect(bench.nodes.sessions()).toBe(1);
  await expect(bench.run(22, ["true"])).rejects.toMatchObject({ reason: "local-not-node" });
  const endless = ["sh", "-c", "while :; do echo y; sleep 86409; done"];
  const run = bench.nodes
    .transport(host, null)
    .run({ argv: endless, stdin: "" }, { ...limits, timeoutMs: 500 });
  await expect(run).rejects.toMatchObject({ reason: "probe-timeout" });
  await bench.nodes.close();
  expect(sleeps("86409")).toBe(false);
});

it("ends with what it started, whatever that does to signals", async () => {
  const session = await localDestination(makeNode(hostname(), "", { bootId }), machine).open(opening());
  const script =
    "trap '' TERM; sleep 86401 & trap - TERM; sleep 86401 & trap '' TERM; echo ready; while :; do sleep 86401; done";
  const command = await session.start(["sh", "-c", script], new AbortController().signal);
  await printed(command, "ready");
  expect(sleeps("86401")).toBe(true);
  session.close();
  await session.closed;
  expect(await command.exit).toBeUndefined();
  expect(sleeps("86401")).toBe(false);
});

it("ends what is being started when it is closed", async () => {
  const session = await localDestination(makeNode(hostname(), "", { bootId }), machine).open(opening());
  const starting = session.start(["sleep", "86410"], new AbortController().signal);
  session.close();
  await expect(starting).rejects.toMatchObject({ reason: "ssh-connection-lost" });
  await session.closed;
  expect(sleeps("86410")).toBe(false);
});

it("leaves no descriptor and no listener behind when programs cannot be started", async () => {
  const before = openDescriptors();
  for (let count = 0; count < 20; count++) {
    await expect(runChild("/nowhere/program", [])).rejects.toMatchObject({ code: "ENOENT" });
    await expect(runChild("/etc/passwd", [])).rejects.toMatchObject({ code: "EACCES" });
    const { signal } = new AbortController();
    await drain(await runChild("true", [], { signal }), "nobody reads this");
  }
  await expect.poll(openDescriptors, { timeout: 5_000 }).toBeLessThanOrEqual(before);
});

it("stops with its signal, even one that has aborted", async () => {
  const command = await runChild("sleep", ["86402"], { signal: AbortSignal.abort() });
  await command.gone;
  expect(await command.exit).toBeUndefined();
});

function openDescriptors(): number {
  let count = 0;
  for (let descriptor = 0; descriptor < 1000; descriptor++)
    if (existsSync(`/proc/self/fd/${descriptor}`)) count++;
  return count;
}

async function printed(command: RunningCommand, text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    command.stdout.on("data", (chunk: Buffer) => {
      if (chunk.toString().includes(text)) resolve();
    });
  });
}
