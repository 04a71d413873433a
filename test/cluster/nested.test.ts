import { afterAll, beforeAll, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "../support/cluster/control-plane.ts";
import { startNode, type TestNode } from "../support/cluster/node.ts";
import { openProduct, type Product } from "./product.ts";
import { expectKernelTruth, inspectObserved } from "./truth.ts";

// A node whose kubelet keeps the pods below a cgroup of its own, as nodes that are containers do (kind, k3d).

let plane: ControlPlane;
let node: TestNode;
let product: Product;

beforeAll(async () => {
  plane = await startControlPlane({ log: console.log });
  node = await startNode(plane, { nested: true });
  product = await openProduct(plane, node);
});

afterAll(async () => {
  product?.close();
  await plane?.stop();
});

test("pods below a nested cgroup root are found in all three QoS classes", async () => {
  expect(node.cgroupRoot).not.toBe("/");
  const app = { name: "app", command: ["sleep", "1000000"] };
  const limits = { cpu: "100m", memory: "32Mi" };
  const containers = {
    "best-effort": app,
    burstable: { ...app, resources: { requests: { cpu: "10m" } } },
    guaranteed: { ...app, resources: { limits } },
  };
  for (const [name, container] of Object.entries(containers)) {
    const pod = await node.pods.run({ name, spec: { containers: [container] } });
    const observation = await inspectObserved(node, product, pod);
    expectKernelTruth(observation);
    expect(observation.report.findings).toEqual([]);
  }
});
