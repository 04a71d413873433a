import { describe, expect, test } from "vitest";
import { plainAnswer } from "../../../extension/core/answer.ts";
import { buildReport } from "../../../extension/core/build-report.ts";
import { parseCgroupPath } from "../../../extension/core/cgroup.ts";
import { buildMatrix } from "../../../extension/core/matrix.ts";
import type { Pod } from "../../../extension/core/pod.ts";
import { parseScan } from "../../../extension/core/probe/parse-scan.ts";
import type { SandboxReport } from "../../../extension/core/report.ts";
import type { NodeScan } from "../../../extension/core/scan.ts";
import { fakeContainer, fakeNode, fakePod } from "../../support/fake-pod.ts";
import { type FakeNode, type FakeProcess, scanOutput } from "../../support/scan-output.ts";

const ids = { pause: "aa".repeat(32), web: "bb".repeat(32), next: "cc".repeat(32) };
const uid = fakePod().uid;
const cgroupOf = (id: string): string => `/kubepods/besteffort/pod${uid}/${id}`;
const shared = { net: "5001", ipc: "5002", uts: "5003" };
const conmon: FakeProcess = { pid: 50, argv: ["/usr/bin/conmon"] };
const pause: FakeProcess = {
  pid: 100,
  ppid: 50,
  start: 100,
  argv: ["/pause"],
  cgroup: cgroupOf(ids.pause),
  inodes: { ...shared, pid: "5010", mnt: "5011" },
};
const web: FakeProcess = {
  pid: 110,
  ppid: 50,
  start: 110,
  argv: ["nginx"],
  cgroup: cgroupOf(ids.web),
  inodes: { ...shared, pid: "5020", mnt: "5021" },
};
const pod = fakePod({ containers: [fakeContainer({ name: "web", id: ids.web })] });

function report(
  node: Partial<FakeNode>,
  { of = pod, scanned = {} }: { of?: Pod; scanned?: Partial<NodeScan> } = {},
): SandboxReport {
  const text = scanOutput({ processes: [pause, web], parents: [conmon], ...node });
  return buildReport({
    context: "test",
    pod: of,
    node: fakeNode(),
    scan: { ...parseScan(text), ...scanned },
    runtimeHandler: undefined,
    takenAt: new Date(0),
  });
}

const pidOf = (from: SandboxReport, name: string): number | null | undefined =>
  from.containers.find((container) => container.name === name)?.pid;
const codes = ({ findings }: SandboxReport): string[] => findings.map(({ code }) => code);

describe("the main process", () => {
  const child: FakeProcess = {
    ...web,
    pid: 111,
    ppid: 110,
    start: 111,
    inodes: { ...web.inodes, net: "6666" },
  };

  test("of a container whose main process calls itself runc's is not its child", () => {
    const found = report({ processes: [pause, { ...web, comm: "runc:[2:INIT]" }, child] });
    expect(pidOf(found, "web")).toBeNull();
    expect(codes(found)).not.toContain("sharing-differs");
  });

  test("is not the child of one that was reused or renamed while it was read", () => {
    expect(pidOf(report({ processes: [pause, { ...web, startAfter: 999 }, child] }), "web")).toBeNull();
  });

  test("is not an orphan that was given to pause, where no other lives", () => {
    expect(pidOf(report({ processes: [pause, { ...child, ppid: 100 }] }), "web")).toBeNull();
  });

  test("is not the child of one that a reading of too many processes left out", () => {
    const truncated = { scanned: { truncated: true } };
    expect(pidOf(report({ processes: [pause, child] }, truncated), "web")).toBeNull();
    expect(pidOf(report({ processes: [pause, web, child] }, truncated), "web")).toBe(110);
  });

  test("is not judged while the runtime waits in its cgroup, under a name of its own", () => {
    const waiting = { ...web, comm: "6", argv: ["runc", "init"], inodes: {} };
    expect(codes(report({ processes: [pause, waiting] }))).not.toContain("sharing-differs");
  });

  test("is not judged by links from before it became the container's program", () => {
    const text = scanOutput({ processes: [pause, { ...web, comm: "exe", inodes: {} }] });
    const at = text.indexOf("#after");
    const scan = parseScan(text.slice(0, at) + text.slice(at).replace("(exe)", "(nginx)"));
    expect(scan.raced).toEqual([110]);
  });
});

test("a link that an ending process has given up was not refused", () => {
  const ending = { ...web.inodes, net: "denied", ipc: "denied", uts: "denied", mnt: "denied" };
  const scan = parseScan(scanOutput({ processes: [{ ...web, inodes: ending }] }));
  expect(scan.processes[0]?.namespaces.net.status).toBe("gone");
});

describe("the sandbox", () => {
  const posing: FakeProcess = { ...web, pid: 120, start: 300, argv: ["/pause"], cgroup: cgroupOf(ids.next) };

  test("is not a newer container that runs a pause program and that the status does not name yet", () => {
    const found = report({ processes: [pause, posing] });
    expect(found.sandbox).toMatchObject({ id: ids.pause, confidence: "likely" });
    expect(codes(found)).not.toContain("leftover-sandbox");
  });

  test("is the newest of several attempts", () => {
    const old = {
      ...pause,
      pid: 90,
      start: 10,
      cgroup: cgroupOf(ids.next),
      inodes: { net: "1", ipc: "2", uts: "3" },
    };
    const found = report({ processes: [old, pause, web] });
    expect(found.sandbox.id).toBe(ids.pause);
    expect(codes(found)).toContain("leftover-sandbox");
  });

  test("is not a child of the pod's in a cgroup elsewhere, as a Docker daemon in a pod makes them", () => {
    const inner = {
      ...posing,
      ppid: 110,
      cgroup: `/docker/${ids.next}`,
      inodes: { net: "7", ipc: "8", uts: "9" },
    };
    const found = report({ processes: [pause, web, inner] });
    expect(found.sandbox.id).toBe(ids.pause);
    expect(codes(found)).toEqual(["sandbox-inferred"]);
  });

  test("of a virtual machine is told by a shim in the pod's own cgroup", () => {
    const shim = {
      ...conmon,
      pid: 60,
      argv: ["/opt/kata/bin/containerd-shim-kata-v2"],
      cgroup: `/kubepods/pod${uid}`,
    };
    expect(report({ processes: [shim, pause, web] }).sandbox.holder.kind).toBe("virtualised");
    const inside = { ...shim, cgroup: cgroupOf(ids.web), ppid: 110 };
    expect(report({ processes: [inside, pause, web] }).sandbox.holder.kind).toBe("process");
  });
});

test("a cgroup that a container makes below its own cannot pass for another container of the pod", () => {
  expect(parseCgroupPath(`${cgroupOf(ids.web)}/pod${uid}/${ids.next}`)).toEqual({
    podUid: uid,
    containerId: ids.web,
  });
});

test("a container that is itself named pause keeps its findings to itself", () => {
  const named = fakePod({ containers: [fakeContainer({ name: "pause", id: ids.web })] });
  const found = report(
    { processes: [pause, { ...web, inodes: { ...web.inodes, net: "6000" } }] },
    { of: named },
  );
  expect(found.containers.map(({ name }) => name)).toEqual(["pause (sandbox)", "pause"]);
  const { columns, rows } = buildMatrix(found);
  const marked = rows.flatMap(({ type, cells }) =>
    cells.flatMap(({ marks }, index) => (marks.length > 0 ? [`${columns[index]?.kind} ${type}`] : [])),
  );
  expect(marked).toEqual(["app net"]);
});

test("who may read a container but neither the node's links nor pause's does not call anything its own", () => {
  const all = ["net", "ipc", "uts", "pid", "mnt", "user", "cgroup", "time"];
  const hidden = Object.fromEntries(all.map((type) => [type, "denied"]));
  const found = report({
    uid: 1000,
    host: hidden,
    kthreadd: false,
    processes: [{ ...pause, inodes: hidden }, web],
  });
  expect(plainAnswer(found)).not.toMatch(/its own/);
  expect(plainAnswer(found)).toMatch(/needs root/);
});
