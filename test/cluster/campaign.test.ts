import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NamespaceType } from "../../extension/core/namespaces.ts";
import type { Expected } from "../../extension/core/report.ts";
import { type ControlPlane, startControlPlane } from "../support/cluster/control-plane.ts";
import { startNode, type TestNode } from "../support/cluster/node.ts";
import type { ContainerManifest, PodHandle, PodManifest } from "../support/cluster/pods.ts";
import { openProduct, type Product } from "./product.ts";
import { Dice } from "./dice.ts";
import { expectKernelTruth, expectNoFalseFinding, inspectObserved, truthOf, usualSharing } from "./truth.ts";

// Pods nobody thought of, hurt at random while the product reads them. The same seed throws the same dice, though the
// races fall differently:
//   CAMPAIGN_SEED=7 CAMPAIGN_PODS=50 vitest run --config test/vitest.config.ts --project cluster campaign

const seed = Number(process.env["CAMPAIGN_SEED"] ?? Math.floor(Date.now() / 1000) % 100_000);
const pods = Number(process.env["CAMPAIGN_PODS"] ?? 6);
const readingsOfEachPod = 5;

let plane: ControlPlane;
let node: TestNode;
let product: Product;

beforeAll(async () => {
  plane = await startControlPlane({ log: console.log });
  node = await startNode(plane);
  product = await openProduct(plane, node);
});

afterAll(async () => {
  product?.close();
  await plane?.stop();
});

/** A pod, and what its containers are expected to share where that is not the usual. */
interface RandomPod {
  readonly manifest: PodManifest;
  readonly expected: Partial<Readonly<Record<NamespaceType, Expected>>>;
}

function randomPod(dice: Dice, name: string): RandomPod {
  const hostNetwork = dice.chance(0.25);
  const hostIPC = dice.chance(0.25);
  const hostPID = dice.chance(0.25);
  // The API rejects both.
  const shareProcessNamespace = !hostPID && dice.chance(0.4);
  const initContainers = dice.times(dice.upTo(2), (at) => ({ name: `init-${at}`, command: ["true"] }));
  const containers = dice.times(1 + dice.upTo(3), (at) => randomContainer(dice, `c${at}`));
  return {
    manifest: {
      name,
      namespace: dice.pick(["default", "allowed", "campaign"]),
      spec: { hostNetwork, hostIPC, hostPID, shareProcessNamespace, initContainers, containers },
    },
    expected: {
      ...(hostNetwork ? { net: "NODE", uts: "NODE" } : {}),
      ...(hostIPC ? { ipc: "NODE" } : {}),
      ...(hostPID ? { pid: "NODE" } : {}),
      ...(shareProcessNamespace ? { pid: "POD" } : {}),
    },
  };
}

function randomContainer(dice: Dice, name: string): ContainerManifest {
  const command = dice.pick([
    ["sleep", "1000000"],
    ["sh", "-c", "while :; do sleep 0.05; done"],
    ["sh", "-c", "sleep 100000 & sleep 200000 & wait"],
    // Lives long enough to be seen, and ends again and again.
    ["sh", "-c", "sleep 0.5; exit 7"],
  ]);
  const resources = dice.pick([{}, { requests: { cpu: "5m" } }, { limits: { cpu: "200m", memory: "32Mi" } }]);
  return { name, command, resources, securityContext: { privileged: dice.chance(0.2) } };
}

/** Does something to the pod that real pods suffer. */
async function hurt(dice: Dice, pod: PodHandle): Promise<void> {
  const running = [...truthOf(node, pod).values()];
  const victim = dice.pick(running);
  switch (dice.pick(["nothing", "kill", "kill", "kill-pause", "exec", "debug"])) {
    case "kill":
      if (victim?.kind === "container") kill(victim.pid);
      return;
    case "kill-pause": {
      const pause = running.find(({ kind }) => kind === "sandbox");
      if (pause !== undefined) kill(pause.pid);
      return;
    }
    case "exec":
      // What it was to run in may have ended: no matter.
      if (victim?.kind === "container") {
        await node.pods.exec(pod, victim.name, ["sleep", "0.2"]).catch(() => undefined);
      }
      return;
    case "debug":
      await node.pods
        .addEphemeral(pod, { name: `debug-${dice.upTo(1_000_000)}`, command: ["sleep", "1000000"] })
        .catch(() => undefined);
      return;
    default:
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

describe(`campaign with seed ${seed}`, () => {
  test.each(Array.from({ length: pods }, (_, at) => at))("pod %i", async (at) => {
    const dice = new Dice(seed * 1000 + at);
    const { manifest, expected } = randomPod(dice, `campaign-${at}`);
    const pod = await node.pods.apply(manifest);
    try {
      // A container that ends at once may never be seen running together with the others.
      await node.pods.waitFor(pod, "it has started", ({ status }) => status.phase === "Running");
      for (let reading = 0; reading < readingsOfEachPod; reading++) {
        const [observation] = await Promise.all([inspectObserved(node, product, pod), hurt(dice, pod)]);
        try {
          expectKernelTruth(observation);
          expectNoFalseFinding(observation);
          for (const { kind, name, expected: said } of observation.report.containers) {
            if (kind !== "ephemeral") expect(said, name).toEqual({ ...usualSharing, ...expected });
          }
        } catch (error) {
          throw new Error(
            `reading ${reading} of ${JSON.stringify(manifest)}\n${JSON.stringify(observation.report)}`,
            {
              cause: error,
            },
          );
        }
      }
      expect((await node.pods.read(pod)).metadata.uid, "still the same pod").toBe(pod.uid);
    } finally {
      await node.pods.remove(pod);
    }
  });
});
