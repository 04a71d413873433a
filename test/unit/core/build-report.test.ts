import { describe, expect, test } from "vitest";
import { buildReport } from "../../../extension/core/build-report.ts";
import type { Pod } from "../../../extension/core/pod.ts";
import { parseScan } from "../../../extension/core/probe/parse-scan.ts";
import type { SandboxReport } from "../../../extension/core/report.ts";
import { fakeContainer, fakeNode, fakePod } from "../../support/fake-pod.ts";
import { type FakeNode, type FakeProcess, scanOutput } from "../../support/scan-output.ts";

const ids = { pause: "aa".repeat(32), web: "bb".repeat(32), log: "cc".repeat(32), debug: "dd".repeat(32) };
const uid = "0b6c2a91-4ad1-4e0f-9a5f-1c2d3e4f5a6b";
const cgroupOf = (id: string): string => `/kubepods/besteffort/pod${uid}/${id}`;
const shared = { net: "5001", ipc: "5002", uts: "5003" };
const shim: FakeProcess = {
  pid: 50,
  comm: "containerd-shim",
  argv: ["/usr/bin/containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", ids.pause, "-address", "/x"],
};
const pause: FakeProcess = {
  pid: 100,
  ppid: 50,
  start: 100,
  argv: ["/pause"],
  cgroup: cgroupOf(ids.pause),
  nspids: [100, 1],
  inodes: { ...shared, pid: "5010", mnt: "5011" },
};
const web: FakeProcess = {
  pid: 110,
  ppid: 50,
  start: 110,
  argv: ["nginx: master process"],
  cgroup: cgroupOf(ids.web),
  nspids: [110, 1],
  inodes: { ...shared, pid: "5020", mnt: "5021" },
};
const log: FakeProcess = {
  pid: 120,
  ppid: 50,
  start: 120,
  cgroup: cgroupOf(ids.log),
  inodes: { ...shared, pid: "5030", mnt: "5031" },
};
const pod = fakePod({
  containers: [fakeContainer({ name: "web", id: ids.web }), fakeContainer({ name: "log", id: ids.log })],
});

function report(
  node: Partial<FakeNode>,
  ofPod: Pod = pod,
  more: Partial<Parameters<typeof buildReport>[0]> = {},
): SandboxReport {
  return buildReport({
    context: "test",
    pod: ofPod,
    node: fakeNode(),
    scan: parseScan(scanOutput({ processes: [pause, web, log], parents: [shim], ...node })),
    runtimeHandler: undefined,
    takenAt: new Date(0),
    ...more,
  });
}

const codes = ({ findings }: SandboxReport): string[] => findings.map(({ code }) => code);
const column = (from: SandboxReport, name: string) =>
  from.containers.find((container) => container.name === name);

describe("an ordinary pod", () => {
  const plain = report({});

  test("the pause container is found, with certainty, by its shim and by what it runs", () => {
    expect(plain.sandbox).toMatchObject({
      id: ids.pause,
      holder: { kind: "process", pid: 100, paths: [] },
      confidence: "certain",
    });
    expect(plain.sandbox.evidence.join(" ")).toMatch(/shim \(PID 50\).*\/pause/);
  });

  test("nothing is wrong with it", () => {
    expect(plain.findings).toEqual([]);
  });

  test("each container has its main process, its inodes and what the spec asks", () => {
    expect(plain.containers.map(({ name, kind, pid }) => [name, kind, pid])).toEqual([
      ["pause", "infra", 100],
      ["web", "app", 110],
      ["log", "app", 120],
    ]);
    expect(column(plain, "web")?.namespaces.net).toEqual({ status: "read", inode: "5001" });
    expect(column(plain, "web")?.expected).toMatchObject({ net: "POD", pid: "CONTAINER", mnt: "CONTAINER" });
    expect(column(plain, "web")?.processes).toMatchObject([{ pid: 110, nspid: 1, argv: web.argv }]);
    expect(column(plain, "web")?.processes[0]?.startTime).toBe("2026-11-23T11:59:22.100Z");
  });

  test("the report is plain JSON", () => {
    expect(JSON.parse(JSON.stringify(plain))).toEqual(plain);
  });
});

describe("what differs from the spec", () => {
  test("a container on the node's network although the spec does not ask for it is an error", () => {
    const found = report({
      processes: [pause, { ...web, inodes: { ...web.inodes, net: "4026531833" } }, log],
    });
    expect(found.findings).toEqual([
      expect.objectContaining({
        code: "sharing-differs",
        severity: "error",
        container: "web",
        namespaceType: "net",
      }),
    ]);
  });

  test("a container in a network of its own", () => {
    const found = report({ processes: [pause, { ...web, inodes: { ...web.inodes, net: "6000" } }, log] });
    expect(found.findings).toMatchObject([{ severity: "warning", container: "web", namespaceType: "net" }]);
  });

  test("two containers that share what each was to have alone are both told", () => {
    const found = report({ processes: [pause, web, { ...log, inodes: { ...log.inodes, pid: "5020" } }] });
    expect(found.findings.map(({ container, namespaceType }) => [container, namespaceType])).toEqual([
      ["web", "pid"],
      ["log", "pid"],
    ]);
  });

  const debug = (pidInode: string): FakeProcess => ({
    pid: 130,
    ppid: 50,
    start: 130,
    cgroup: cgroupOf(ids.debug),
    inodes: { ...shared, pid: pidInode, mnt: "5041" },
  });
  const debugged = fakePod({
    containers: [
      ...pod.containers,
      fakeContainer({ name: "debugger", kind: "ephemeral", id: ids.debug, targetContainerName: "web" }),
    ],
  });

  test("an ephemeral container in its target's PID namespace is as it should be, for both", () => {
    const found = report({ processes: [pause, web, log, debug("5020")] }, debugged);
    expect(codes(found)).toEqual([]);
    expect(found.containers.map(({ targets }) => targets)).toEqual([{}, {}, {}, { pid: "web" }]);
  });

  test("an ephemeral container that missed its target", () => {
    expect(report({ processes: [pause, web, log, debug("5040")] }, debugged).findings).toMatchObject([
      { code: "sharing-differs", container: "debugger", namespaceType: "pid" },
    ]);
  });

  test("cgroup v2: a container's own cgroup namespace beside pause's is no finding", () => {
    const own = (process: FakeProcess, cgroup: string): FakeProcess => ({
      ...process,
      inodes: { ...process.inodes, cgroup },
    });
    expect(codes(report({ cgroups: "v2", processes: [pause, own(web, "7001"), own(log, "7002")] }))).toEqual(
      [],
    );
  });

  test("hostNetwork takes network and hostname from the node", () => {
    const onHost = { net: "4026531833", uts: "4026531838" };
    const processes = [pause, web, log].map((process) => ({
      ...process,
      inodes: { ...process.inodes, ...onHost },
    }));
    expect(codes(report({ processes }, { ...pod, sharing: { ...pod.sharing, hostNetwork: true } }))).toEqual(
      [],
    );
    expect(report({ processes }).findings).toHaveLength(6);
  });
});

describe("the sandbox", () => {
  test("is inferred from the program where the runtime says nothing", () => {
    const found = report({ parents: [{ pid: 50, argv: ["conmon"] }] });
    expect(found.sandbox).toMatchObject({ id: ids.pause, confidence: "likely" });
    expect(codes(found)).toEqual(["sandbox-inferred"]);
  });

  test("an unknown container that runs something else is not taken for it", () => {
    const found = report({ parents: [{ pid: 50 }], processes: [{ ...pause, argv: ["/bin/sh"] }, web, log] });
    expect(found.sandbox).toMatchObject({ id: null, confidence: "unknown" });
    expect(codes(found)).not.toContain("sandbox-inferred");
  });

  test("a container of the pod that calls itself pause is not taken for it either", () => {
    const posing = { ...web, start: 50, argv: ["/pause"] };
    expect(report({ processes: [pause, posing, log] }).sandbox.id).toBe(ids.pause);
  });

  test("a leftover of an earlier attempt is named and not compared", () => {
    const old = { ...pause, pid: 90, start: 10, cgroup: cgroupOf("ee".repeat(32)), inodes: { net: "8000" } };
    const found = report({ processes: [old, pause, web, log] });
    expect(found.sandbox.id).toBe(ids.pause);
    expect(codes(found)).toEqual(["leftover-sandbox"]);
    expect(found.containers).toHaveLength(3);
  });

  test("CRI-O without a pause container: held by its pins", () => {
    const pins = [
      { type: "net", inode: "5001", path: "/run/netns/1b2c" },
      { type: "ipc", inode: "5002", path: "/run/ipcns/1b2c" },
      { type: "uts", inode: "5003", path: "/run/utsns/1b2c" },
      { type: "net", inode: "9999", path: "/run/netns/other" },
      { type: "net", inode: "4026531833", path: "/run/netns/host" },
    ] as const;
    const found = report({ processes: [web, log], parents: [{ pid: 50, argv: ["conmon"] }], pins }, pod, {
      node: fakeNode({ runtimeVersion: "cri-o://1.33.0" }),
    });
    expect(found.sandbox.holder).toEqual({
      kind: "pinned",
      pid: null,
      paths: ["/run/netns/1b2c", "/run/ipcns/1b2c", "/run/utsns/1b2c"],
    });
    expect(found.containers.map(({ kind }) => kind)).toEqual(["app", "app"]);
    expect(found.findings).toEqual([]);
  });

  test("gVisor is explained, never compared", () => {
    const runsc = { ...shim, argv: ["/usr/bin/containerd-shim-runsc-v1", "-id", ids.pause] };
    const found = report({ parents: [runsc] });
    expect(found.sandbox.holder.kind).toBe("virtualised");
    expect(codes(found)).toEqual(["sandboxed-runtime"]);
    expect(column(found, "web")?.namespaces.net.status).toBe("not-visible");
  });

  test("an ordinary pod that runs a virtual machine is compared as every other", () => {
    const found = report({ processes: [pause, { ...web, argv: ["/usr/libexec/qemu-kvm"] }, log] });
    expect(found.sandbox.holder.kind).toBe("process");
  });
});

describe("containers in motion", () => {
  test("an ended init container and a crash-looping one are columns with the reason", () => {
    const found = report(
      { processes: [pause, log] },
      fakePod({
        containers: [
          fakeContainer({
            name: "setup",
            kind: "init",
            id: "ff".repeat(32),
            state: { kind: "terminated", exitCode: 0, reason: "Completed", finishedAt: undefined },
          }),
          fakeContainer({
            name: "web",
            id: ids.web,
            state: { kind: "waiting", reason: "CrashLoopBackOff", message: "" },
          }),
          fakeContainer({ name: "log", id: ids.log }),
        ],
      }),
    );
    expect(found.findings).toEqual([]);
    expect(found.containers.map(({ name, state, pid }) => [name, state, pid])).toEqual([
      ["pause", "running", 100],
      ["setup", "terminated: Completed (0)", null],
      ["web", "waiting: CrashLoopBackOff", null],
      ["log", "running", 120],
    ]);
    expect(column(found, "web")?.namespaces.net).toEqual({
      status: "not-visible",
      reason: "it is not running: CrashLoopBackOff",
    });
  });

  test("a run newer than the pod's status is known by its bundle", () => {
    const id = "99".repeat(32);
    const found = report({
      processes: [pause, { ...web, cgroup: cgroupOf(id) }, log],
      bundles: ['container-type":"container', 'container-name":"web'].map(
        (pair) => `/proc/50/cwd/../${id}/config.json:"io.kubernetes.cri.${pair}"`,
      ),
    });
    expect(column(found, "web")).toMatchObject({ id, pid: 110 });
    expect(found.findings).toEqual([]);
  });

  test("a container that the API calls running but that has no process", () => {
    expect(report({ processes: [pause, log] }).findings).toMatchObject([
      { code: "no-main-process", container: "web" },
    ]);
  });

  test("the first of the processes with an outside parent is the main one, not an exec", () => {
    const exec = { ...web, pid: 105, start: 500, argv: ["sh"], inodes: { ...web.inodes, net: "6000" } };
    const child = { ...web, pid: 111, ppid: 110, start: 111 };
    const found = report({ processes: [pause, exec, web, child, log] });
    expect(column(found, "web")?.pid).toBe(110);
    expect(found.findings).toMatchObject([
      { code: "process-elsewhere", container: "web", namespaceType: "net" },
    ]);
  });

  test("runc on its way to become a container is not judged", () => {
    const starting = { ...log, comm: "runc:[1:CHILD]", inodes: {} };
    const found = report({ processes: [pause, web, starting] });
    expect(codes(found)).toEqual(["no-main-process"]);
  });
});

describe("what could not be read", () => {
  const hidden = { net: "denied", ipc: "denied", uts: "denied", pid: "denied", mnt: "denied" } as const;

  test("without root: one finding, no verdict", () => {
    const processes = [pause, web, log].map((process) => ({ ...process, inodes: hidden }));
    const found = report({ uid: 1000, processes, host: hidden, kthreadd: false });
    expect(codes(found)).toEqual(["needs-root"]);
    expect(found.sandbox.holder).toMatchObject({ kind: "process", pid: 100 });
  });

  test("without the node's own links nothing is called right or wrong", () => {
    const all = { ...hidden, user: "denied", cgroup: "denied", time: "denied" } as const;
    const found = report({ host: all, kthreadd: false });
    expect(codes(found)).toEqual(["sharing-unverified"]);
  });

  test("an old kernel lacks the time type", () => {
    const processes = [pause, web, log].map((process) => ({
      ...process,
      inodes: { ...process.inodes, time: "missing" as const },
    }));
    const found = report({
      processes,
      parents: [{ ...shim, inodes: { time: "missing" } }],
      host: { time: "missing" },
      kthreadd: false,
    });
    expect(found.findings).toMatchObject([{ code: "unsupported-type", namespaceType: "time" }]);
  });
});
