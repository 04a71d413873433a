import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  podIdentity,
  trimName,
  trimNode,
  trimPod,
  trimRuntimeHandler,
} from "../../../extension/cluster/trim.ts";
import { idA, idB, idC, rawPod } from "./raw-pod.ts";

/** The same object with one field, named by its path, set or (undefined) taken away. */
function changed(raw: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  const copy: Record<string | number, unknown> = Array.isArray(raw)
    ? Object.assign([], raw)
    : Object.assign({}, raw);
  const next = changed(copy[head], rest, value);
  if (next === undefined) delete copy[head];
  else copy[head] = next;
  return copy;
}

describe("trimPod", () => {
  test("keeps what the product reads and nothing else", () => {
    expect(trimPod(rawPod())).toEqual({
      uid: "0b6c2a91-4ad1-4e0f-9a5f-1c2d3e4f5a6b",
      namespace: "shop",
      name: "web",
      nodeName: "node-a",
      phase: "Running",
      reason: undefined,
      createdAt: "2026-01-02T03:04:05Z",
      deletedAt: undefined,
      configHash: undefined,
      os: "linux",
      runtimeClassName: "gvisor",
      hostIP: "192.0.2.7",
      runtimeScheme: "containerd",
      sharing: {
        hostNetwork: false,
        hostPID: true,
        hostIPC: false,
        hostUsers: undefined,
        shareProcessNamespace: false,
      },
      containers: [
        {
          name: "setup",
          kind: "init",
          image: "busybox:1",
          id: idA,
          previousIds: [],
          state: {
            kind: "terminated",
            exitCode: 0,
            reason: "Completed",
            finishedAt: "2026-01-02T03:04:06Z",
          },
          ready: true,
          restartCount: 0,
          privileged: false,
          targetContainerName: undefined,
        },
        {
          name: "proxy",
          kind: "sidecar",
          image: "envoy:1",
          id: undefined,
          previousIds: [],
          state: { kind: "unknown" },
          ready: false,
          restartCount: 0,
          privileged: false,
          targetContainerName: undefined,
        },
        {
          name: "app",
          kind: "app",
          image: "nginx:1",
          id: idB,
          previousIds: [idC],
          state: { kind: "waiting", reason: "CrashLoopBackOff", message: "back-off 5m0s" },
          ready: false,
          restartCount: 3,
          privileged: true,
          targetContainerName: undefined,
        },
        {
          name: "debug",
          kind: "ephemeral",
          image: "busybox:1",
          id: undefined,
          previousIds: [],
          state: { kind: "running", startedAt: "2026-01-02T03:05:00Z" },
          ready: false,
          restartCount: 0,
          privileged: false,
          targetContainerName: "app",
        },
      ],
    });
  });

  test.each([
    ["no status yet", ["status"], undefined],
    ["null for empty lists, as Go writes them", ["spec", "initContainers"], null],
    ["no annotations", ["metadata", "annotations"], null],
  ])("takes a pod with %s", (_, path, value) => {
    expect(trimPod(changed(rawPod(), path, value))?.name).toBe("web");
  });

  test("reads a pod that is not scheduled as one without a node", () => {
    const pod = trimPod(changed(rawPod(), ["spec", "nodeName"], ""));
    expect(pod?.nodeName).toBeUndefined();
  });

  test.each([
    ["no UID", ["metadata", "uid"], undefined],
    ["an empty name", ["metadata", "name"], ""],
    ["a name longer than any", ["metadata", "name"], "x".repeat(254)],
    ["a number for a Kubernetes namespace", ["metadata", "namespace"], 1],
    ["no spec", ["spec"], undefined],
    ["a word for hostNetwork", ["spec", "hostNetwork"], "yes"],
    ["containers that are no list", ["spec", "containers"], { name: "app" }],
    ["a status of text", ["status"], "Running"],
  ])("refuses a pod with %s", (_, path, value) => {
    expect(trimPod(changed(rawPod(), path, value))).toBeUndefined();
  });

  test.each([
    [`docker://${idA}`, idA],
    [`cri-o://${idA}`, idA],
    [idA, undefined],
    [`containerd://${idA}\n`, undefined],
    [`containerd://../${idA}`, undefined],
    [`containerd://${idA.toUpperCase()}`, undefined],
    [`containerd://${idA}0`, undefined],
    ["containerd://$(reboot)", undefined],
  ])("takes from the container ID %j only an ID", (containerID, id) => {
    const raw = changed(rawPod(), ["status", "containerStatuses", 0, "containerID"], containerID);
    expect(trimPod(raw)?.containers.find(({ name }) => name === "app")?.id).toBe(id);
  });

  test("tells a static pod's own UID, for mirror pods alone", () => {
    const hash = "0123456789abcdef0123456789abcdef";
    const copied = changed(rawPod(), ["metadata", "annotations"], { "kubernetes.io/config.hash": hash });
    const mirror = changed(copied, ["metadata", "annotations", "kubernetes.io/config.mirror"], hash);
    const hostile = changed(mirror, ["metadata", "annotations", "kubernetes.io/config.hash"], "../../x");
    expect([copied, mirror, hostile].map((raw) => trimPod(raw)?.configHash)).toEqual([
      undefined,
      hash,
      undefined,
    ]);
  });

  test("prefers spec.os to the node selector", () => {
    expect(trimPod(changed(rawPod(), ["spec", "os"], { name: "windows" }))?.os).toBe("windows");
  });

  test("takes only an address for hostIP", () => {
    expect(trimPod(changed(rawPod(), ["status", "hostIP"], "-oProxyCommand=x"))?.hostIP).toBeUndefined();
  });

  test("never throws, whatever the JSON", () => {
    fc.assert(fc.property(fc.jsonValue(), (raw) => void trimPod(raw)));
  });

  test("never throws and never lets an ID of another form through, whatever one field holds", () => {
    const paths = fc.constantFrom(
      ["metadata"],
      ["metadata", "annotations"],
      ["metadata", "creationTimestamp"],
      ["spec", "containers", 0],
      ["spec", "os"],
      ["status", "containerStatuses"],
      ["status", "containerStatuses", 0, "containerID"],
      ["status", "containerStatuses", 0, "state"],
      ["status", "containerStatuses", 0, "lastState", "terminated", "containerID"],
    );
    fc.assert(
      fc.property(paths, fc.oneof(fc.jsonValue(), fc.constant(`containerd://${idA}`)), (path, value) => {
        const pod = trimPod(changed(rawPod(), path, value));
        for (const { id, previousIds } of pod?.containers ?? []) {
          for (const each of [...previousIds, ...(id === undefined ? [] : [id])]) {
            expect(each).toMatch(/^[0-9a-f]{64}$/);
          }
        }
      }),
    );
  });
});

describe("podIdentity", () => {
  test("finds the pod in an object that is no more than its metadata", () => {
    expect(podIdentity({ metadata: { namespace: "shop", name: "web" }, spec: 1 })).toEqual({
      namespace: "shop",
      name: "web",
    });
  });

  test("never throws, whatever the JSON", () => {
    fc.assert(fc.property(fc.jsonValue(), (raw) => void podIdentity(raw)));
  });
});

const rawNode = {
  metadata: { name: "node-a", labels: { "kubernetes.io/os": "linux", other: 1 } },
  spec: { taints: [{ key: "dedicated", effect: "NoSchedule" }], providerID: "kind://docker/kind/node-a" },
  status: {
    addresses: [
      { type: "InternalIP", address: "192.0.2.7" },
      { type: "Hostname", address: "node-a" },
    ],
    conditions: [
      { type: "MemoryPressure", status: "False" },
      { type: "Ready", status: "True" },
    ],
    nodeInfo: {
      containerRuntimeVersion: "containerd://1.6.20",
      kubeletVersion: "v1.34.0",
      kernelVersion: "6.1.0",
      operatingSystem: "linux",
      osImage: "Debian GNU/Linux 12",
      bootID: "5b2e4ee5-0b62-4f0d-9c3c-6c8a4d3f6c0e",
    },
  },
};

describe("trimNode", () => {
  test("keeps what the product reads", () => {
    expect(trimNode(rawNode)).toEqual({
      name: "node-a",
      addresses: rawNode.status.addresses,
      runtimeVersion: "containerd://1.6.20",
      kubeletVersion: "v1.34.0",
      kernelVersion: "6.1.0",
      os: "linux",
      osImage: "Debian GNU/Linux 12",
      bootId: "5b2e4ee5-0b62-4f0d-9c3c-6c8a4d3f6c0e",
      providerId: "kind://docker/kind/node-a",
      virtual: false,
      ready: true,
    });
  });

  test("takes a node that has not reported yet", () => {
    expect(trimNode({ metadata: { name: "new" } })).toMatchObject({
      addresses: [],
      runtimeVersion: "",
      ready: false,
    });
  });

  test.each([
    ["Virtual Kubelet's label", ["metadata", "labels"], { type: "virtual-kubelet" }],
    ["Virtual Kubelet's taint", ["spec", "taints"], [{ key: "virtual-kubelet.io/provider", value: "azure" }]],
    ["Fargate's label", ["metadata", "labels"], { "eks.amazonaws.com/compute-type": "fargate" }],
    ["a Fargate node's name", ["metadata", "name"], "fargate-ip-192-0-2-7.example.org"],
  ])("knows a virtual node by %s", (_, path, value) => {
    expect(trimNode(changed(rawNode, path, value))?.virtual).toBe(true);
  });

  test("never throws, whatever the JSON", () => {
    fc.assert(fc.property(fc.jsonValue(), (raw) => void trimNode(raw)));
    fc.assert(
      fc.property(fc.constantFrom("metadata", "spec", "status"), fc.jsonValue(), (field, value) => {
        trimNode({ ...rawNode, [field]: value });
      }),
    );
  });
});

describe("trimRuntimeHandler and trimName", () => {
  test("take the one field", () => {
    expect(trimRuntimeHandler({ handler: "runsc" })).toBe("runsc");
    expect(trimName({ metadata: { name: "shop" } })).toBe("shop");
  });

  test("never throw, whatever the JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (raw) => {
        trimRuntimeHandler(raw);
        trimName(raw);
      }),
    );
  });
});
