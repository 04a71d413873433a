import { expect, it } from "vitest";
import { whyNotNode, type Surroundings } from "../../../extension/nodes/local.ts";
import { makeNode } from "../../support/ssh-nodes.ts";

const here: Surroundings = {
  hostname: "worker-1.example.com",
  addresses: ["10.0.0.5", "fd00::5"],
  bootId: "8c2a1b7e-0000-4000-8000-000000000001",
  pidNamespace: "pid:[4026531836]",
  kubelet: false,
};
const inContainer = { ...here, pidNamespace: "pid:[4026532177]" };

it.each([
  ["its boot ID, name and address", "worker-1.example.com", "10.0.0.5", here.bootId, here],
  ["its short name", "worker-1", "192.0.2.1", here.bootId, here],
  ["its name in capitals", "Worker-1", "192.0.2.1", here.bootId, here],
  ["its address", "n-17", "fd00::5", here.bootId, here],
  ["its address, where the API does not tell the boot ID", "n-17", "10.0.0.5", "", here],
  [
    "a container that is the node, with its kubelet",
    "n-17",
    "10.0.0.5",
    "",
    { ...inContainer, kubelet: true },
  ],
])("takes this machine for the node by %s", (_by, name, address, bootId, around) => {
  expect(whyNotNode(makeNode(name, address, { bootId }), around)).toBeUndefined();
});

it.each([
  ["another boot ID", "worker-1", "10.0.0.5", "another", here, "boot ID is another"],
  [
    "the boot ID of the machine that kind's nodes share",
    "kind-worker",
    "172.18.0.2",
    here.bootId,
    here,
    "neither",
  ],
  ["nothing told", "n-17", "192.0.2.1", "", here, "neither its name"],
  ["a name that only begins alike", "worker-10", "192.0.2.1", "", here, "neither its name"],
  ["a container in the node's network", "worker-1", "10.0.0.5", here.bootId, inContainer, "in a container"],
])("does not with %s", (_with, name, address, bootId, around, why) => {
  expect(whyNotNode(makeNode(name, address, { bootId }), around)).toContain(why);
});
