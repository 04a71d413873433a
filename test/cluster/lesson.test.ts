import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LessonReadingPorts, readLesson } from "../../extension/app/lesson-reading.ts";
import { NodeReadings } from "../../extension/app/node-readings.ts";
import { checkLesson, type LessonResult, type LessonStep, nothingSeen } from "../../extension/core/lesson.ts";
import { lessonCommands } from "../../extension/core/lesson-commands.ts";
import { createNodeWays, type NodeWays } from "../../extension/nodes/ways.ts";
import { command } from "../support/cluster/command.ts";
import { pauseImage, workloadImage } from "../support/cluster/images.ts";
import { claimInstance, type Instance } from "../support/cluster/instance.ts";
import { readProcess } from "../support/oracle-node.ts";
import { type DockerBench, startDocker } from "../support/runtimes/docker.ts";
import { defaultSettings, memoryVault, noDebugPods, otherSettings } from "../support/ssh-nodes.ts";
import { noPrompts } from "./product.ts";

// The lesson as a reader takes it: the very commands that it gives are typed, with a real Docker; before each step its
// check says "not yet", after it "done", with the numbers that Docker and the kernel say.

let instance: Instance;
let docker: DockerBench;
let ways: NodeWays;
let ports: LessonReadingPorts;
let memory = nothingSeen;

beforeAll(async () => {
  instance = await claimInstance();
  docker = await startDocker(instance);
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const ssh = { ...defaultSettings, agent: "none" as const };
  ways = createNodeWays(
    { ...otherSettings, become: { kind: "never" }, ssh },
    {
      prompts: noPrompts,
      vault: memoryVault(),
      log,
      wayOf: () => ({ kind: "local", become: undefined }),
      ...noDebugPods,
    },
  );
  ports = {
    readings: new NodeReadings({
      openCluster: () => Promise.reject(new Error("there is no cluster")),
      transport: (node, context) => ways.transport(node, context),
      settings: () => ({ timeoutMs: 60_000 }),
      now: () => new Date(),
    }),
    inspectPod: () => Promise.reject(new Error("there are no pods")),
  };
}, 120_000);

afterAll(async () => {
  await ways?.close();
  await instance?.release();
}, 120_000);

async function check(step: LessonStep, answer?: readonly string[]): Promise<LessonResult> {
  const place = { kind: "node", context: null, node: "localhost" } as const;
  const reading = await readLesson(ports, place, { signal: new AbortController().signal });
  const result = checkLesson(step, reading, memory, answer);
  ({ memory } = result);
  console.log(`${step}: ${result.sentence}`);
  return result;
}

/** Types a command of the lesson: with the bench's images, as there is no registry, and without sudo, as root. */
async function type(line: string | undefined): Promise<string> {
  if (line === undefined) throw new Error("the lesson has no such command");
  const typed = line
    .replace(/registry\.k8s\.io\/pause:\S+/, pauseImage)
    .replace(/docker\.io\/library\/nginx:\S+/, workloadImage)
    .replace(/^sudo /, "");
  const env = {
    ...process.env,
    DOCKER_HOST: `unix://${docker.socket}`,
    DOCKER_CONFIG: join(docker.dataRoot, "../client"),
  };
  return command("sh", ["-c", typed], { env });
}

async function typeAll(step: LessonStep): Promise<string> {
  const printed: string[] = [];
  for (const line of lessonCommands(step, "docker")) printed.push(await type(line));
  return printed.join("\n");
}

async function pids(): Promise<{ readonly pause: number; readonly nginx: number }> {
  const all = await docker.inspectAll();
  const pidOf = (name: string): number => all.find((one) => one.name === name)?.pid ?? 0;
  return { pause: pidOf("demo-pause"), nginx: pidOf("demo-nginx") };
}

test("start", async () => {
  expect((await check("start")).sentence).toBe("Not yet: no container demo-pause runs there.");
  await typeAll("start");
  const { pause } = await pids();
  const { done, sentence } = await check("start");
  expect(done).toBe(true);
  expect(sentence).toContain(`demo-pause is PID ${pause} and holds`);
  expect(sentence).toContain(`net:[${readProcess(pause)?.inodes.net}]`);
}, 120_000);

test("join", async () => {
  expect((await check("join")).done).toBe(false);
  await docker.run({ name: "demo-nginx" });
  expect((await check("join")).sentence).toContain("demo-nginx runs, but in a sandbox of its own");
  await docker.remove("demo-nginx");

  await typeAll("join");
  const { pause, nginx } = await pids();
  const { done, sentence } = await check("join");
  expect(done).toBe(true);
  expect(sentence).toBe(
    `Done: demo-pause is PID ${pause}, demo-nginx is PID ${nginx}: both net:[${readProcess(pause)?.inodes.net}].`,
  );
}, 120_000);

test("find", async () => {
  expect((await check("find", ["1"])).done).toBe(false);
  const found = (await typeAll("find")).match(/\d+/g) ?? [];
  expect(found).toHaveLength(2);
  expect((await check("find", found)).done).toBe(true);
}, 120_000);

test("compare", async () => {
  expect((await check("compare", ["4026531840"])).done).toBe(false);
  const read = (await typeAll("compare")).match(/(?<=net:\[)\d+/g) ?? [];
  expect(read).toHaveLength(2);
  expect((await check("compare", read)).done).toBe(true);
}, 120_000);

test("share", async () => {
  expect((await check("share")).done).toBe(false);
  await typeAll("share");
  const { pause, nginx } = await pids();
  const { done, sentence } = await check("share");
  expect(done).toBe(true);
  expect(sentence).toContain(`are both in pid:[${readProcess(pause)?.inodes.pid}]`);
  const inside = readProcess(nginx)?.nsPids.at(-1);
  expect(sentence).toContain(`Inside, demo-pause is PID 1 and demo-nginx is PID ${inside}.`);
}, 120_000);

test("reap", async () => {
  const [leave, end] = lessonCommands("reap", "docker");
  expect((await check("reap")).sentence).toContain("no process has demo-pause");
  await type(leave);
  const half = await expectSoon(
    async () => check("reap"),
    ({ sentence }) => sentence.startsWith("Half done"),
  );
  const orphan = Number(/PID (\d+)/.exec(half.sentence)?.[1]);
  const { pause } = await pids();
  expect(readProcess(orphan)?.ppid).toBe(pause);
  expect((await check("reap")).done).toBe(false);
  await type(end);
  const { done, sentence } = await expectSoon(
    async () => check("reap"),
    (result) => result.done,
  );
  expect(done).toBe(true);
  expect(sentence).toContain(`sleep (PID ${orphan}) has ended and left no zombie: demo-pause (PID ${pause})`);
  expect(readProcess(orphan)).toBeUndefined();
}, 180_000);

test("survive", async () => {
  const before = await pids();
  expect((await check("survive")).sentence).toBe(`Not yet: demo-nginx still runs, as PID ${before.nginx}.`);
  await typeAll("survive");
  const { done, sentence } = await check("survive");
  expect(done).toBe(true);
  expect(sentence).toBe(
    `Done: demo-nginx (PID ${before.nginx}) has ended, and demo-pause is still PID ${before.pause} and still holds net:[${readProcess(before.pause)?.inodes.net}].`,
  );
  await docker.remove("demo-pause");
  expect((await check("survive")).sentence).toContain("does not run there any more");
}, 120_000);

/** What is typed takes a moment to have happened. */
async function expectSoon<T>(ask: () => Promise<T>, isThere: (answer: T) => boolean): Promise<T> {
  for (let left = 10; ; left--) {
    const answer = await ask();
    if (isThere(answer) || left === 0) return answer;
    await new Promise((resolve) => void setTimeout(resolve, 200));
  }
}
