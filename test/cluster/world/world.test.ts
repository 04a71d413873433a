import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SandboxError } from "../../../extension/core/errors.ts";
import { type ControlPlane, startControlPlane } from "../../support/cluster/control-plane.ts";
import { runtimesCgroup } from "../../support/cluster/cgroups.ts";
import type { PodObject } from "../../support/cluster/pods.ts";
import { startNode, type TestNode } from "../../support/cluster/node.ts";
import { readNode } from "../../support/oracle-node.ts";
import { fakeContainer, fakeNode, fakePod } from "../../support/fake-pod.ts";
import type { CrioPod } from "../../support/runtimes/crio-by-hand.ts";
import { startDocker } from "../../support/runtimes/docker.ts";
import { startPodman } from "../../support/runtimes/podman.ts";
import { Dice } from "../dice.ts";
import { openProduct, type Product } from "../product.ts";
import { expectKernelTruth, inspectObserved } from "../truth.ts";
import { type Counts, countedByLsns } from "./lsns.ts";
import { World, type WorldBench } from "./world.ts";
import { expectNodeTruth, expectOtherTruth, observe, Tally } from "./world-truth.ts";

// A machine on which every runtime that can be had runs at once, changed at random step by step; after each step the
// whole node and one of its sandboxes are read and held against the kernel. The same seed throws the same dice:
//   WORLD_SEED=7 WORLD_STATES=500 vitest run --config test/vitest.config.ts --project cluster world

const seed = Number(process.env["WORLD_SEED"] ?? Math.floor(Date.now() / 1000) % 100_000);
const states = Number(process.env["WORLD_STATES"] ?? 16);
/** As many states as one test goes through. */
const chapter = 8;

let plane: ControlPlane;
let node: TestNode;
let product: Product;
let bench: WorldBench;
let world: World;
const tally = new Tally();
/** Most processes that one of the two ways of counting is itself made of. */
const mostReaders = 12;
const dice = new Dice(seed);

beforeAll(async () => {
  plane = await startControlPlane({ log: console.log });
  node = await startNode(plane);
  product = await openProduct(plane, node);
  const { instance } = plane;
  const [docker, podman] = await Promise.all([startDocker(instance), startPodman(instance)]);
  bench = { instance, node, docker, podman };
  world = new World(bench, dice);
}, 240_000);

afterAll(async () => {
  console.log(`World with seed ${seed}:\n${tally.lines().join("\n")}`);
  product?.close();
  await world?.clear();
  await plane?.stop();
}, 240_000);

describe(`world with seed ${seed}`, () => {
  test.each(Array.from({ length: Math.ceil(states / chapter) }, (_, at) => at))(
    "chapter %i",
    async (at) => {
      const history: string[] = [];
      for (let state = at * chapter; state < Math.min(states, (at + 1) * chapter); state++) {
        history.push(await world.step());
        try {
          await look();
        } catch (error) {
          throw new Error(`state ${state} after ${history.join("; ")}`, { cause: error });
        }
        tally.add("states");
      }
      expect(history.length).toBeGreaterThan(0);
    },
    600_000,
  );
});

test("lsns names the same namespaces, with as many processes in each", async () => {
  // In the node's own, and in those of its sshd, are the programs that read: lsns, or ssh's session and the probe's.
  const truth = readNode();
  const sshd = [...truth.processes.values()].find(({ command }) =>
    command.includes(`${plane.instance.directory}/sshd`),
  );
  if (sshd === undefined) throw new Error("No sshd");
  const readersOwn = [truth.own, sshd.inodes];
  const readers = new Set(
    readersOwn.flatMap((own) => Object.entries(own).map(([type, inode]) => `${type}:${inode}`)),
  );
  const notTheirs = (counts: Counts, others: Counts): string[] =>
    [...counts]
      .filter(([name, count]) => !readers.has(name) && others.get(name) !== count)
      .map(([name, count]) => `${name} with ${count}`);
  // Something always starts and ends on a machine like this one: only a quiet moment can be compared.
  const deadline = Date.now() + 60_000;
  for (;;) {
    const theirs = await countedByLsns();
    const { namespaces } = await product.readNode();
    const living = namespaces.filter(({ processes }) => processes > 0);
    const ours = new Map(living.map(({ type, inode, processes }) => [`${type}:${inode}`, processes]));
    const differences = [notTheirs(ours, theirs), notTheirs(theirs, ours)];
    if (differences.flat().length > 0 && Date.now() < deadline) continue;
    expect(differences, "ours that lsns does not have, and lsns's that we do not have").toEqual([[], []]);
    expect([...ours.keys()].toSorted()).toEqual([...theirs.keys()].toSorted());
    for (const [name, count] of [...theirs].filter(([one]) => readers.has(one))) {
      expect(Math.abs((ours.get(name) ?? 0) - count), name).toBeLessThanOrEqual(mostReaders);
    }
    tally.add("namespaces compared with lsns", ours.size);
    return;
  }
}, 120_000);

async function look(): Promise<void> {
  const engines = await world.engines();
  const uids = await apiUids();
  const view = await observe(() => product.readNode());
  expectNodeTruth(view, world, engines, new Set([...uids, ...(await apiUids())]), tally);

  const other = dice.pick(view.said.others);
  if (other !== undefined) {
    const report = await observe(() => product.inspectOther(other.key).catch(unlessGone));
    if (report.said === undefined) {
      const [, pid = "", startTime] = other.key.split(":");
      expect(report.after.processes.get(Number(pid))?.startTime, `${other.key} is gone`).not.toBe(startTime);
      tally.add("gone meanwhile");
    } else
      expectOtherTruth(
        { ...report, said: report.said },
        other,
        engines,
        runtimesCgroup(plane.instance.network),
        tally,
      );
  }
  const pod = dice.pick(world.pods);
  if (pod !== undefined) {
    const observation = await inspectObserved(node, product, pod);
    expectKernelTruth(observation);
    const held = observation.lasting.some(({ kind }) => kind === "sandbox");
    const wrong = observation.report.findings.filter(
      ({ code }) => !mayBe.has(code) && (held || !mayBeWithoutSandbox.has(code)),
    );
    expect(wrong, "findings about the pod").toEqual([]);
    tally.add("pods compared");
  }
  const crio = dice.pick(world.crio);
  if (crio !== undefined) await expectCrioTruth(crio);
}

/** What another suite, or the machine itself, ran for a moment. */
function unlessGone(thrown: unknown): undefined {
  if (!(thrown instanceof SandboxError && thrown.reason === "sandbox-gone")) throw thrown;
}

/** UIDs of the API's pods, as the node's cgroups have them. */
async function apiUids(): Promise<string[]> {
  const { items } = (await plane.client.read("/api/v1/pods")) as { items: readonly PodObject[] };
  return items.map(({ metadata }) => metadata.annotations?.["kubernetes.io/config.hash"] ?? metadata.uid);
}

/** What a pod may show whose containers are killed, and in which processes unshare and end unreaped. */
const mayBe = new Set(["process-elsewhere", "zombies", "read-raced", "leftover-sandbox", "no-main-process"]);

/** And while it has no sandbox, or had another one a moment ago. */
const mayBeWithoutSandbox = new Set(["no-sandbox-found", "held-by-nothing"]);

/** A pod without a pause process: all of its Linux namespaces by its pins. */
async function expectCrioTruth(pod: CrioPod): Promise<void> {
  const before = readNode();
  const report = await product.inspectAs(
    fakePod({
      uid: pod.uid,
      namespace: pod.namespace,
      name: pod.name,
      nodeName: node.nodeName,
      sharing: { hostNetwork: pod.pins.net === undefined },
      containers: pod.containers.map(({ id, name, pid }) =>
        fakeContainer({
          id,
          name,
          state: before.processes.has(pid)
            ? { kind: "running", startedAt: undefined }
            : { kind: "terminated", exitCode: 137, reason: "Error", finishedAt: undefined },
        }),
      ),
    }),
    fakeNode({ name: node.nodeName, runtimeVersion: "cri-o://1.30.0" }),
  );
  expect(report.containers.some(({ kind }) => kind === "infra")).toBe(false);
  const living = pod.containers.filter(({ pid }) => before.processes.has(pid));
  for (const { name, pid, id } of living) {
    const said = report.containers.find((container) => container.name === name);
    expect(said?.pid).toBe(pid);
    expect(said?.id).toBe(id);
    const inodes = before.processes.get(pid)?.inodes;
    for (const type of ["net", "ipc", "uts", "pid", "mnt", "user", "cgroup", "time"] as const) {
      expect(said?.namespaces[type], `${name}: ${type}`).toEqual({ status: "read", inode: inodes?.[type] });
    }
    tally.add("links of pauseless pods compared", 8);
  }
  if (living.length > 0) {
    expect(report.sandbox.id, JSON.stringify(report.sandbox)).toBe(pod.sandboxId);
    expect(report.sandbox.holder.kind).toBe("pinned");
    expect(report.sandbox.holder.paths.toSorted()).toEqual(Object.values(pod.pins).toSorted());
  }
  expect(report.findings.filter(({ severity }) => severity !== "info")).toEqual([]);
}
