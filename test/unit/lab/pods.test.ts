import { describe, expect, test } from "vitest";
import { hasSandbox, placement } from "../../lab/pods/blueprint.ts";
import { catalogue } from "../../lab/pods/catalogue.ts";
import { newIdentity, podObject } from "../../lab/pods/objects.ts";

function blueprint(name: string): (typeof catalogue)[number] {
  const found = catalogue.find((pod) => pod.name === name);
  if (found === undefined) throw new Error(`the catalogue has no ${name}`);
  return found;
}

describe("where a container's namespaces come from", () => {
  test.each([
    ["web", "nginx", { net: "sandbox", ipc: "sandbox", uts: "sandbox", pid: "own" }],
    ["shared-pids", "nginx", { net: "sandbox", ipc: "sandbox", uts: "sandbox", pid: "sandbox" }],
    ["pause-demo", "nginx", { net: "sandbox", ipc: "own", uts: "own", pid: "sandbox" }],
    ["targeted", "debugger", { net: "sandbox", ipc: "sandbox", uts: "sandbox", pid: "target" }],
    ["debugged", "debugger", { net: "sandbox", ipc: "sandbox", uts: "sandbox", pid: "own" }],
    ["host-network", "node-agent", { net: "host", ipc: "sandbox", uts: "host", pid: "own" }],
  ])("%s / %s", (pod, container, expected) => {
    const found = blueprint(pod);
    expect(
      placement(
        found,
        found.containers.find(({ name }) => name === container),
      ),
    ).toEqual(expected);
  });

  test("the pause container makes what the others share", () => {
    expect(placement(blueprint("web"), undefined)).toEqual({
      net: "own",
      ipc: "own",
      uts: "own",
      pid: "own",
    });
    expect(placement(blueprint("host-network"), undefined)).toEqual({
      net: "host",
      ipc: "own",
      uts: "host",
      pid: "own",
    });
  });
});

describe("catalogue", () => {
  test("names are unique within a Kubernetes namespace", () => {
    const keys = catalogue.map(({ namespace, name }) => `${namespace}/${name}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("what runs has a sandbox, what is pending, finished or elsewhere has none", () => {
    const without = catalogue.filter((pod) => !hasSandbox(pod) && pod.namespace !== "archive");
    expect(without.map(({ name }) => name)).toEqual([
      "pending",
      "finished",
      "on-virtual-node",
      "on-windows-node",
      "<img src=x onerror=alert(1)>$(touch x)",
    ]);
  });
});

describe("Pod object", () => {
  test("a running container has its ID, one that was never made has none", () => {
    const web = blueprint("web");
    const identity = newIdentity(web);
    const id = identity.containerIds.get("nginx") ?? "";
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(podObject(web, identity)).toMatchObject({
      metadata: { uid: identity.uid, namespace: "default" },
      spec: {
        initContainers: [{ name: "log-shipper", restartPolicy: "Always" }],
        containers: [{ name: "nginx" }],
      },
      status: { containerStatuses: [{ containerID: `containerd://${id}`, state: { running: {} } }] },
    });

    const pending = blueprint("pending");
    const object = podObject(pending, newIdentity(pending));
    expect(object["spec"]).not.toHaveProperty("nodeName");
    expect(object["status"]).not.toHaveProperty("containerStatuses");
  });

  test("a crashing container waits, and its last run tells how it ended", () => {
    const pod = blueprint("crash-looping");
    expect(podObject(pod, newIdentity(pod))).toMatchObject({
      status: {
        containerStatuses: [
          {
            state: { waiting: { reason: "CrashLoopBackOff" } },
            lastState: {
              terminated: {
                exitCode: 1,
                containerID: expect.stringMatching(/^containerd:\/\/[0-9a-f]{64}$/),
              },
            },
          },
        ],
      },
    });
  });
});
