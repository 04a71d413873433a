import { describe, expect, test } from "vitest";
import type { Leak } from "../../../../extension/core/node-view.ts";
import type { ApiPods } from "../../../../extension/core/others/leaks.ts";
import { buildNodeView } from "../../../../extension/core/others/node-view.ts";
import type { Pod } from "../../../../extension/core/pod.ts";
import type { NodeScan } from "../../../../extension/core/scan.ts";
import { fakeContainer, fakePod } from "../../../support/fake-pod.ts";
import { allDenied, fakeProcess, type FakeProcessScan } from "../../../support/fake-scan.ts";
import { hostInodes } from "../../../support/scan-output.ts";
import { bundle, ids, nodeScan, own } from "./fake-node.ts";

const pod = fakePod({ containers: [fakeContainer({ name: "web", id: ids.web })] });
const process: FakeProcessScan = {
  pid: 100,
  cgroup: `/kubepods/besteffort/pod${pod.uid}/${ids.web}`,
  inodes: own(100),
};

function leaks(scan: NodeScan, apiPods: ApiPods): readonly Leak[] {
  return buildNodeView({
    node: { name: "node-a", runtimeVersion: "" },
    scan,
    takenAt: new Date("2026-01-02T00:00:00Z"),
    apiPods,
  }).leaks;
}

const always = (...pods: readonly Pod[]): ApiPods => ({ before: pods, after: pods });
const codes = (found: readonly Leak[]): string[] => found.map(({ code }) => code);

describe("a sandbox that no pod claims", () => {
  test("is told with its age", () => {
    expect(leaks(nodeScan([process]), always())).toMatchObject([
      { code: "unclaimed-sandbox", title: pod.uid, since: "2026-01-01T00:00:01.000Z" },
    ]);
  });

  test("is none where the API had the pod before or after", () => {
    const scan = nodeScan([process]);
    expect(leaks(scan, { before: [pod], after: [] })).toEqual([]);
    expect(leaks(scan, { before: [], after: [pod] })).toEqual([]);
  });

  test("is none of a static pod, which the node knows by its hash", () => {
    const configHash = "ab".repeat(16);
    const scan = nodeScan([{ ...process, cgroup: `/kubepods/pod${configHash}/${ids.web}` }]);
    expect(leaks(scan, always({ ...pod, configHash }))).toEqual([]);
  });

  test("cannot be told without the API", () => {
    expect(leaks(nodeScan([process]), { unknown: "Forbidden." })).toEqual([]);
  });
});

describe("a pod without a sandbox", () => {
  test("is told where the API says that it runs, before and after", () => {
    expect(leaks(nodeScan([]), always(pod))).toMatchObject([
      { code: "pod-without-sandbox", title: "default/web", since: null },
    ]);
  });

  test.each<[string, NodeScan, ApiPods]>([
    ["is there", nodeScan([process]), always(pod)],
    [
      "is found by its container's ID alone",
      nodeScan([{ ...process, cgroup: `/x/${ids.web}` }]),
      always(pod),
    ],
    ["has just started", nodeScan([]), { before: [{ ...pod, phase: "Pending" }], after: [pod] }],
    ["has just ended", nodeScan([]), { before: [pod], after: [] }],
    ["is being deleted", nodeScan([]), always({ ...pod, deletedAt: "2026-01-01T00:00:00Z" })],
    [
      "only waits to be restarted",
      nodeScan([]),
      always({
        ...pod,
        containers: [fakeContainer({ name: "web", state: { kind: "waiting", reason: "x", message: "" } })],
      }),
    ],
    ["has a runtime of its own", nodeScan([]), always({ ...pod, runtimeClassName: "kata" })],
    ["runs Windows", nodeScan([]), always({ ...pod, os: "windows" })],
    ["may be hidden", nodeScan([], { hidden: true }), always(pod)],
    ["may be beyond what was read", nodeScan([], { truncated: true }), always(pod)],
  ])("is none that %s", (_name, scan, apiPods) => {
    expect(leaks(scan, apiPods)).toEqual([]);
  });
});

describe("a network namespace that only a bind mount keeps", () => {
  const path = "/run/netns/cni-1";
  const pins = [{ type: "net", path, inode: "77" }] as const;

  test("is told once, whatever its names", () => {
    const both = [...pins, { type: "net", path: "/run/netns/again", inode: "77" }] as const;
    expect(leaks(nodeScan([], { pins: both }), always())).toMatchObject([
      { code: "unused-pin", title: path },
    ]);
  });

  test.each<[string, NodeScan]>([
    ["is the node's", nodeScan([], { pins: [{ type: "net", path, inode: hostInodes.net }] })],
    ["has a process", nodeScan([{ pid: 100, inodes: { net: "77" } }], { pins })],
    ["has a thread", nodeScan([{ pid: 100, threads: [{ tid: 101, namespaces: { net: "77" } }] }], { pins })],
    ["is held open", nodeScan([], { pins, descriptors: [{ type: "net", inode: "77", pid: 1, fd: 3 }] })],
    ["may be somebody's who hides", nodeScan([{ pid: 100, inodes: allDenied }], { pins })],
    ["is of another type", nodeScan([], { pins: [{ type: "ipc", path, inode: "77" }] })],
    [
      "a living container was started with",
      nodeScan([{ pid: 100, cgroup: `/docker/${ids.web}`, inodes: own(100) }], {
        pins,
        bundles: [bundle(ids.web, "web", { net: "/var/run/netns/cni-1" })],
      }),
    ],
  ])("is none that %s", (_name, scan) => {
    expect(leaks(scan, always())).toEqual([]);
  });

  test("is told on a node that hides its PID 1 even from root", () => {
    const scan = nodeScan([], { pins });
    const [, ...others] = scan.processes;
    const init = fakeProcess({ pid: 1, ppid: 0, inodes: allDenied });
    expect(codes(leaks({ ...scan, processes: [init, ...others] }, always()))).toEqual(["unused-pin"]);
  });

  test("is told with the time of the pin, where stat saw it", () => {
    const [leak] = leaks(nodeScan([], { pins: [{ type: "net", path, inode: "77", since: 0 }] }), always());
    expect(leak?.since).toBe("1970-01-01T00:00:00.000Z");
    expect(leaks(nodeScan([], { pins }), always())[0]?.since).toBeNull();
  });

  test("is one when the container that was started with it is gone", () => {
    const scan = nodeScan([], { pins, bundles: [bundle(ids.web, "web", { net: path })] });
    expect(codes(leaks(scan, always()))).toEqual(["unused-pin"]);
  });
});

test("names from the node are one printable line", () => {
  const scan = nodeScan([], {
    pins: [{ type: "net", path: "/run/netns/a\n](command:x)\u202E", inode: "7" }],
  });
  for (const { title, message, toBeSure } of leaks(scan, always())) {
    expect(`${title}${message}${toBeSure}`).not.toMatch(/\n|\]\(|\u202E/);
    expect(toBeSure).not.toContain("command:x");
  }
});
