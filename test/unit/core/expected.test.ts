import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  expectedSharing,
  explainSharing,
  rejectedCombinations,
  type SharingNode,
  type SharingSubject,
} from "../../../extension/core/expected.ts";
import { type NamespaceType, namespaceTypes } from "../../../extension/core/namespaces.ts";
import type { SharingSpec } from "../../../extension/core/pod.ts";
import type { Expected } from "../../../extension/core/report.ts";

const plain: SharingSpec = {
  hostNetwork: false,
  hostPID: false,
  hostIPC: false,
  hostUsers: undefined,
  shareProcessNamespace: false,
};
const app: SharingSubject = { kind: "app", privileged: false, targetContainerName: undefined };
const pause: SharingSubject = { ...app, kind: "infra" };
const debug: SharingSubject = { ...app, kind: "ephemeral", targetContainerName: "web" };
const privileged: SharingSubject = { ...app, privileged: true };

function nodeWith(
  name: SharingNode["runtime"]["name"],
  cgroupVersion: SharingNode["cgroupVersion"] = "v2",
): SharingNode {
  return { runtime: { name, version: "1" }, cgroupVersion };
}
const containerd = nodeWith("containerd");

interface Row {
  readonly title: string;
  readonly spec?: Partial<SharingSpec>;
  readonly subject?: SharingSubject;
  readonly node?: SharingNode;
  readonly expected: Partial<Record<NamespaceType, Expected>>;
}

const table: readonly Row[] = [
  {
    title: "a plain container under containerd, all eight",
    expected: {
      net: "POD",
      ipc: "POD",
      uts: "POD",
      pid: "CONTAINER",
      mnt: "CONTAINER",
      user: "NODE",
      cgroup: "CONTAINER",
      time: "NODE",
    },
  },
  {
    title: "pause under containerd, all eight",
    subject: pause,
    expected: {
      net: "POD",
      ipc: "POD",
      uts: "POD",
      pid: "CONTAINER",
      mnt: "CONTAINER",
      user: "NODE",
      cgroup: "NODE",
      time: "NODE",
    },
  },
  { title: "hostNetwork", spec: { hostNetwork: true }, expected: { net: "NODE", uts: "NODE", ipc: "POD" } },
  {
    title: "hostNetwork, pause",
    spec: { hostNetwork: true },
    subject: pause,
    expected: { net: "NODE", uts: "NODE" },
  },
  { title: "hostIPC", spec: { hostIPC: true }, expected: { ipc: "NODE", net: "POD", uts: "POD" } },
  { title: "hostPID", spec: { hostPID: true }, expected: { pid: "NODE", mnt: "CONTAINER" } },
  { title: "hostPID, pause", spec: { hostPID: true }, subject: pause, expected: { pid: "NODE" } },
  { title: "shared PIDs", spec: { shareProcessNamespace: true }, expected: { pid: "POD" } },
  {
    title: "shared PIDs, pause",
    spec: { shareProcessNamespace: true },
    subject: pause,
    expected: { pid: "POD" },
  },
  { title: "hostPID wins", spec: { shareProcessNamespace: true, hostPID: true }, expected: { pid: "NODE" } },
  { title: "hostUsers: false", spec: { hostUsers: false }, expected: { user: "POD" } },
  { title: "hostUsers: false, pause", spec: { hostUsers: false }, subject: pause, expected: { user: "POD" } },
  { title: "hostUsers: true", spec: { hostUsers: true }, expected: { user: "NODE" } },
  { title: "a debug container with a target", subject: debug, expected: { pid: "TARGET", net: "POD" } },
  {
    title: "a debug container without one",
    subject: { ...debug, targetContainerName: undefined },
    expected: { pid: "CONTAINER" },
  },
  {
    title: "a target counts only where PIDs are private",
    subject: debug,
    spec: { shareProcessNamespace: true },
    expected: { pid: "POD" },
  },
  { title: "a target with hostPID", subject: debug, spec: { hostPID: true }, expected: { pid: "NODE" } },
  { title: "privileged on cgroup v2", subject: privileged, expected: { cgroup: "NODE", pid: "CONTAINER" } },
  { title: "cgroup v1", node: nodeWith("containerd", "v1"), expected: { cgroup: "NODE" } },
  { title: "hybrid counts as v1", node: nodeWith("containerd", "hybrid"), expected: { cgroup: "NODE" } },
  { title: "cgroup version not known", node: nodeWith("containerd", "unknown"), expected: { cgroup: "ANY" } },
  {
    title: "cgroup version not known, privileged",
    node: nodeWith("containerd", "unknown"),
    subject: privileged,
    expected: { cgroup: "NODE" },
  },
  {
    title: "CRI-O, hostNetwork",
    node: nodeWith("cri-o"),
    spec: { hostNetwork: true },
    expected: { net: "NODE", uts: "POD", cgroup: "CONTAINER", time: "NODE", user: "NODE" },
  },
  {
    title: "Docker",
    node: nodeWith("docker"),
    expected: { uts: "CONTAINER", cgroup: "CONTAINER", time: "ANY" },
  },
  {
    title: "Docker, pause",
    node: nodeWith("docker"),
    subject: pause,
    expected: { net: "POD", uts: "CONTAINER" },
  },
  {
    title: "Docker, hostNetwork",
    node: nodeWith("docker"),
    spec: { hostNetwork: true },
    expected: { net: "NODE", uts: "NODE" },
  },
  {
    title: "Docker, hostNetwork, pause",
    node: nodeWith("docker"),
    spec: { hostNetwork: true },
    subject: pause,
    expected: { net: "NODE", uts: "CONTAINER" },
  },
  {
    title: "Docker, privileged, v2",
    node: nodeWith("docker"),
    subject: privileged,
    expected: { cgroup: "CONTAINER" },
  },
  { title: "Docker, v1", node: nodeWith("docker", "v1"), expected: { cgroup: "NODE" } },
  {
    title: "Docker, hostUsers: false",
    node: nodeWith("docker"),
    spec: { hostUsers: false },
    expected: { user: "ANY" },
  },
  {
    title: "an unknown runtime is judged only by what the CRI asks of every runtime",
    node: nodeWith("other"),
    expected: {
      net: "POD",
      ipc: "POD",
      uts: "ANY",
      pid: "CONTAINER",
      mnt: "CONTAINER",
      user: "ANY",
      cgroup: "ANY",
      time: "ANY",
    },
  },
];

describe("expectedSharing", () => {
  it.each(table)("$title", ({ spec, subject = app, node = containerd, expected }) => {
    expect(expectedSharing({ ...plain, ...spec }, subject, node)).toMatchObject(expected);
  });

  const anySpec = fc.record<SharingSpec>({
    hostNetwork: fc.boolean(),
    hostPID: fc.boolean(),
    hostIPC: fc.boolean(),
    hostUsers: fc.constantFrom(true, false, undefined),
    shareProcessNamespace: fc.boolean(),
  });
  const anySubject = fc.record<SharingSubject>({
    kind: fc.constantFrom("infra", "app", "init", "sidecar", "ephemeral"),
    privileged: fc.boolean(),
    targetContainerName: fc.option(fc.string(), { nil: undefined }),
  });
  const anyNode = fc.record<SharingNode>({
    runtime: fc.record({
      name: fc.constantFrom("containerd", "cri-o", "docker", "other"),
      version: fc.string(),
    }),
    cgroupVersion: fc.constantFrom("v1", "hybrid", "v2", "unknown"),
  });

  it("never asks for a target without one, nor for a shared file system", () => {
    fc.assert(
      fc.property(anySpec, anySubject, anyNode, (spec, subject, node) => {
        const expected = expectedSharing(spec, subject, node);
        const targeted = namespaceTypes.filter((type) => expected[type] === "TARGET");
        const mayTarget = subject.kind === "ephemeral" && subject.targetContainerName !== undefined;
        expect(expected.mnt).toBe("CONTAINER");
        expect(mayTarget ? ["pid"] : []).toEqual(expect.arrayContaining(targeted));
      }),
    );
  });

  it("explains every answer with one short sentence", () => {
    fc.assert(
      fc.property(anySpec, anySubject, anyNode, (spec, subject, node) => {
        for (const why of Object.values(explainSharing(spec, subject, node))) {
          expect(why).toMatch(/^[A-Za-z].{10,90}\.$/);
          expect(why.replaceAll("shareProcessNamespace", "")).not.toMatch(/namespace/i);
        }
      }),
    );
  });
});

describe("rejectedCombinations", () => {
  it.each<[Partial<SharingSpec>, readonly RegExp[]]>([
    [{}, []],
    [{ hostNetwork: true, hostPID: true, hostIPC: true }, []],
    [{ hostUsers: true, hostPID: true }, []],
    [{ shareProcessNamespace: true }, []],
    [{ shareProcessNamespace: true, hostPID: true }, [/rejects this: shareProcessNamespace.*hostPID/]],
    [{ hostUsers: false, hostNetwork: true }, [/hostNetwork.*UserNamespacesHostNetworkSupport.*1\.35/]],
    [{ hostUsers: false, hostPID: true }, [/hostUsers.*hostPID/]],
    [{ hostUsers: false, hostIPC: true }, [/hostUsers.*hostIPC/]],
    [
      { hostUsers: false, hostIPC: true, hostPID: true, hostNetwork: true, shareProcessNamespace: true },
      [/: share/, /hostNetwork/, /hostPID/, /hostIPC/],
    ],
  ])("%o", (spec, patterns) => {
    const rejected = rejectedCombinations({ ...plain, ...spec });
    expect(rejected).toHaveLength(patterns.length);
    patterns.forEach((pattern, i) => expect(rejected[i]?.message).toMatch(pattern));
  });
});
