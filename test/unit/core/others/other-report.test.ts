import { describe, expect, test } from "vitest";
import { SandboxError } from "../../../../extension/core/errors.ts";
import { buildMatrix, cellText } from "../../../../extension/core/matrix.ts";
import { namespaceTypes } from "../../../../extension/core/namespaces.ts";
import { groupOthers } from "../../../../extension/core/others/group.ts";
import { buildOtherReport } from "../../../../extension/core/others/other-report.ts";
import type { ContainerReport, OtherSandboxReport } from "../../../../extension/core/report.ts";
import type { NodeScan } from "../../../../extension/core/scan.ts";
import { allDenied, type FakeProcessScan } from "../../../support/fake-scan.ts";
import { hostInodes } from "../../../support/scan-output.ts";
import { bundle, dockerDemo, ids, newOnes, nodeScan, own, shim } from "./fake-node.ts";

function reportOf(scan: NodeScan, key = groupOthers(scan).groups[0]?.key ?? ""): OtherSandboxReport {
  return buildOtherReport({
    node: { name: "node-a", runtimeVersion: "" },
    key,
    scan,
    takenAt: new Date("2026-01-02T00:00:00Z"),
  });
}

/** "net=POD uts=CONTAINER db=TARGET:web" without what is ANY. */
function expectedOf({ expected, targets }: ContainerReport | undefined = {} as ContainerReport): string {
  return namespaceTypes
    .filter((type) => expected[type] !== "ANY")
    .map((type) => `${type}=${expected[type]}${targets[type] === undefined ? "" : `:${targets[type]}`}`)
    .join(" ");
}

const column = (report: OtherSandboxReport, name: string): ContainerReport | undefined =>
  report.containers.find((container) => container.name === name);
const codes = (report: OtherSandboxReport): string[] => report.findings.map(({ code }) => code);

const { pause, web, bundles } = dockerDemo;
const demo = nodeScan([shim(90, ids.pause), shim(91, ids.web), pause, web], { bundles });

describe("containers", () => {
  test("of the demo are compared with what they were started with", () => {
    const report = reportOf(demo);
    expect(report).toMatchObject({
      other: { node: "node-a", key: `container:${ids.pause}`, kind: "containers", title: "pause, web" },
      sandbox: { id: ids.pause, holder: { kind: "process", pid: 100 }, confidence: "certain" },
      since: null,
    });
    expect(report.containers.map(({ name, kind, pid }) => [name, kind, pid])).toEqual([
      ["pause", "infra", 100],
      ["web", "app", 110],
    ]);
    const rest = "user=NODE cgroup=NODE time=NODE";
    expect(expectedOf(column(report, "pause"))).toBe(
      `net=POD ipc=CONTAINER uts=CONTAINER pid=POD mnt=CONTAINER ${rest}`,
    );
    expect(expectedOf(column(report, "web"))).toBe(
      `net=POD ipc=CONTAINER uts=CONTAINER pid=POD mnt=CONTAINER ${rest}`,
    );
    expect(report.findings).toEqual([]);
  });

  test("that sit elsewhere than they were started in are told", () => {
    const astray = nodeScan([pause, { ...web, inodes: { ...web.inodes, net: "66" } }], { bundles });
    expect(reportOf(astray).findings).toMatchObject([
      { code: "sharing-differs", container: "web", namespaceType: "net" },
    ]);
  });

  test("may join another that joins a third", () => {
    const db: FakeProcessScan = {
      pid: 120,
      cgroup: `/docker/${ids.db}`,
      inodes: { ...own(120), ipc: own(110).ipc },
    };
    const scan = nodeScan([pause, web, db], {
      bundles: [...bundles, bundle(ids.db, "db", { ...newOnes, ipc: "/proc/110/ns/ipc" })],
    });
    expect(expectedOf(column(reportOf(scan), "db"))).toContain("ipc=TARGET:web");
    expect(reportOf(scan).findings).toEqual([]);
  });

  test("hang on the one that joined nobody, though more joined another that joined it", () => {
    const ofWeb = [120, 130, 140].map((pid): FakeProcessScan & { id: string } => ({
      pid,
      id: String(pid).repeat(22).slice(0, 64),
      cgroup: `/docker/${String(pid).repeat(22).slice(0, 64)}`,
      inodes: { ...own(pid), net: own(100).net },
    }));
    const scan = nodeScan([pause, web, ...ofWeb], {
      bundles: [
        ...bundles,
        ...ofWeb.map(({ id, pid }) => bundle(id, `c${pid}`, { ...newOnes, net: "/proc/110/ns/net" })),
      ],
    });
    const report = reportOf(scan);
    expect(report.containers[0]).toMatchObject({ name: "pause", kind: "infra" });
    expect(expectedOf(column(report, "web"))).toContain("net=POD");
    expect(expectedOf(column(report, "c120"))).toContain("net=TARGET:web");
    expect(report.findings).toEqual([]);
  });

  test("on the node's network by way of Docker's bind mount of it are to be there", () => {
    const path = "/run/docker/netns/default";
    const scan = nodeScan([{ pid: 100, cgroup: `/docker/${ids.web}`, inodes: { mnt: "11" } }], {
      bundles: [bundle(ids.web, "web", { net: path, mnt: "new" })],
      pins: [{ type: "net", path, inode: hostInodes.net }],
    });
    const report = reportOf(scan);
    expect(expectedOf(column(report, "web"))).toBe(
      "net=NODE ipc=NODE uts=NODE pid=NODE mnt=CONTAINER user=NODE cgroup=NODE time=NODE",
    );
    expect(report.findings).toEqual([]);
  });

  test("whose network the engine made at a path have it as their own, and their pod has it", () => {
    const path = "/var/run/netns/netns-1";
    const member = (pid: number, id: string): FakeProcessScan => ({
      pid,
      cgroup: `/libpod_parent/${ids.pod}/libpod-${id}`,
      inodes: { ...own(pid), net: "55" },
    });
    const infra = `${ids.pod.slice(0, 12)}-infra`;
    const scan = nodeScan([member(100, ids.pause), member(110, ids.web)], {
      bundles: [
        bundle(ids.pause, infra, { ...newOnes, net: path }),
        bundle(ids.web, "web", { ...newOnes, net: "/proc/100/ns/net" }),
      ],
      pins: [{ type: "net", path: "/run/netns/netns-1", inode: "55" }],
    });
    const report = reportOf(scan);
    expect(column(report, infra)?.kind).toBe("infra");
    expect([expectedOf(column(report, infra)), expectedOf(column(report, "web"))]).toMatchObject([
      expect.stringContaining("net=POD"),
      expect.stringContaining("net=POD"),
    ]);
    expect(report.sandbox.namespaces.find(({ type }) => type === "net")?.holds).toContainEqual({
      kind: "pinned",
      path: "/run/netns/netns-1",
    });
  });

  test("are not judged by a PID that somebody else has by now, nor by a path that is no more", () => {
    const scan = nodeScan([{ ...pause, startTicks: 900 }, web], { bundles });
    expect(expectedOf(column(reportOf(scan), "web"))).not.toMatch(/net=|pid=/);
    const gone = nodeScan([{ ...web, inodes: own(110) }], {
      bundles: [bundle(ids.web, "web", { ...newOnes, net: "/run/netns/gone", ipc: "/proc/77/ns/ipc" })],
    });
    expect(expectedOf(column(reportOf(gone), "web"))).not.toMatch(/net=|ipc=/);
  });

  test("at one path have it from the first of them, and nobody has it from a younger one", () => {
    const path = "/run/netns/shared";
    const at = (pid: number, id: string): FakeProcessScan => ({
      pid,
      cgroup: `/docker/${id}`,
      inodes: { ...own(pid), net: "55" },
    });
    const scan = nodeScan([at(100, ids.web), at(110, ids.db)], {
      bundles: [
        bundle(ids.web, "web", { ...newOnes, net: path }),
        bundle(ids.db, "db", { ...newOnes, net: path }),
      ],
      pins: [{ type: "net", path, inode: "55" }],
    });
    expect(reportOf(scan).containers.map(expectedOf)).toMatchObject([
      expect.stringContaining("net=CONTAINER"),
      expect.stringContaining("net=TARGET:web"),
    ]);
    expect(reportOf(scan).findings).toEqual([]);
  });

  test("started to join a process of no container, or of a pod, are not said to be on their own", () => {
    const scan = nodeScan(
      [
        { pid: 50, comm: "unshare", inodes: { net: "55" } },
        { pid: 110, cgroup: `/docker/${ids.web}`, inodes: { ...own(110), net: "55" } },
      ],
      { bundles: [bundle(ids.web, "web", { ...newOnes, net: "/proc/50/ns/net" })] },
    );
    const report = reportOf(scan, `container:${ids.web}`);
    expect(expectedOf(column(report, "web"))).toMatch(/^ipc=CONTAINER/);
    // Nor are their own processes all that holds it.
    expect(report.sandbox.holder).toEqual({ kind: "process", pid: 50, paths: [] });
  });

  test("whose main process could not be read are said to be read in part, and others are not", () => {
    const children: FakeProcessScan[] = [
      { pid: 111, ppid: 110, cgroup: `/docker/${ids.web}`, inodes: own(110) },
      { pid: 120, ppid: 90, cgroup: `/docker/${ids.web}`, inodes: own(110) },
    ];
    const scan = nodeScan([pause, ...children], { raced: [110, 4711] });
    // Not the child, whose parent is only not seen.
    expect(column(reportOf(scan, `container:${ids.web}`), ids.web.slice(0, 12))?.pid).toBe(120);
    expect(codes(reportOf(scan, `container:${ids.web}`))).toContain("read-raced");
    expect(codes(reportOf(scan, `container:${ids.pause}`))).toEqual([]);
  });

  test("are not judged at all without their bundle", () => {
    const report = reportOf(nodeScan([pause, web]));
    expect(report.containers.map(expectedOf)).toEqual(["", ""]);
    expect(report.sandbox.confidence).toBe("likely");
  });

  test("of an engine without root may be in its user namespace", () => {
    const conmon: FakeProcessScan = {
      pid: 90,
      comm: "conmon",
      argv: ["conmon", "-c", ids.web, "-n", "web"],
      inodes: { user: "777", mnt: "778" },
    };
    const inside: FakeProcessScan = {
      pid: 100,
      ppid: 90,
      cgroup: `/user.slice/libpod-${ids.web}.scope`,
      inodes: { ...own(100), user: "777" },
    };
    const scan = nodeScan([conmon, inside], { bundles: [bundle(ids.web, "web", newOnes)] });
    expect(expectedOf(column(reportOf(scan, `container:${ids.web}`), "web"))).toBe(
      "net=CONTAINER ipc=CONTAINER uts=CONTAINER pid=CONTAINER mnt=CONTAINER cgroup=NODE time=NODE",
    );
    expect(reportOf(scan, `container:${ids.web}`).sandbox.holder.kind).toBe("none");
  });

  test("of one name are told apart", () => {
    const scan = nodeScan([pause, web], {
      bundles: bundles.map((one) => ({ ...one, name: "same" })),
    });
    expect(reportOf(scan).containers.map(({ name }) => name)).toEqual(["same (PID 100)", "same (PID 110)"]);
  });

  test("with somebody else in their Linux namespaces", () => {
    const scan = nodeScan([pause, web, { pid: 130, comm: "nsenter", inodes: { net: own(100).net } }], {
      bundles,
    });
    expect(reportOf(scan).findings).toMatchObject([
      { code: "outsider", namespaceType: "net", message: expect.stringContaining("nsenter (PID 130)") },
    ]);
  });

  test("in gVisor are explained, not compared", () => {
    const sentry: FakeProcessScan = {
      pid: 100,
      ppid: 90,
      argv: ["runsc-sandbox", "boot", ids.web],
      inodes: own(100),
    };
    const report = reportOf(
      nodeScan([shim(90, ids.web), sentry], { bundles: [bundle(ids.web, "web", { mnt: "new" })] }),
    );
    expect(report.sandbox).toMatchObject({ holder: { kind: "virtualised" }, namespaces: [] });
    expect(report.containers[0]?.namespaces.net.status).toBe("not-visible");
    expect(codes(report)).toEqual(["sandboxed-runtime"]);
  });

  test("that joined one in gVisor are not said to be alone there", () => {
    const sentry: FakeProcessScan = {
      pid: 100,
      ppid: 90,
      argv: ["runsc-sandbox", "boot", ids.pause],
      inodes: own(100),
    };
    const scan = nodeScan([shim(90, ids.pause), sentry, web], { bundles });
    const row = buildMatrix(reportOf(scan)).rows.find(({ type }) => type === "net");
    expect(row?.cells.map(cellText).at(-1)).toBe(`${own(100).net}, its own, and a process of pause`);
  });

  test("where the node's own Linux namespaces are hidden are not judged", () => {
    const hidden = nodeScan([pause, web], { bundles, host: allDenied });
    const report = reportOf({ ...hidden, host: { ...hidden.host, source: "nobody" } });
    expect(report.sandbox).toMatchObject({ confidence: "unknown", namespaces: [] });
    expect(codes(report)).not.toContain("sharing-differs");
    expect(codes(report)).toContain("sharing-unverified");
  });
});

describe("processes", () => {
  test("have a column for each set of Linux namespaces, named by the oldest", () => {
    const scan = nodeScan([
      { pid: 100, comm: "unshare", inodes: { net: "11" } },
      { pid: 101, comm: "sleep", inodes: { net: "11" } },
      { pid: 102, comm: "unshare", inodes: { net: "11", mnt: "12" } },
    ]);
    const report = reportOf(scan);
    expect(
      report.containers.map(({ name, kind, processes }) => [name, kind, processes.map(({ pid }) => pid)]),
    ).toEqual([
      ["unshare (PID 100)", "processes", [100, 101]],
      ["unshare (PID 102)", "processes", [102]],
    ]);
    expect(report).toMatchObject({
      other: { kind: "processes", key: "process:100:100" },
      sandbox: { id: null, holder: { kind: "none" } },
      findings: [],
    });
    expect(report.containers.map(expectedOf)).toEqual(["", ""]);
    expect(report.sandbox.namespaces.map(({ type, inode }) => [type, inode])).toEqual([
      ["net", "11"],
      ["mnt", "12"],
    ]);
  });
});

test("what is no more is gone", () => {
  for (const key of [`container:${ids.db}`, "process:100:7", "", "container:x\n"]) {
    expect(() => reportOf(demo, key)).toThrow(SandboxError);
    expect(() => reportOf(demo, key)).toThrow(expect.objectContaining({ reason: "sandbox-gone" }));
  }
});
