import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changesSince, withHistory } from "../../../extension/core/changes.ts";
import { buildReport } from "../../../extension/core/build-report.ts";
import { buildOtherReport } from "../../../extension/core/others/other-report.ts";
import type { ContainerReport, OtherSandboxReport, SandboxReport } from "../../../extension/core/report.ts";
import type { ProcessScan } from "../../../extension/core/scan.ts";
import { anyComparison } from "../../fixtures/reports/arbitrary.ts";
import { fakeContainer, fakeNode, fakePod } from "../../support/fake-pod.ts";
import {
  fakeProcess,
  type FakeProcessScan,
  type FakeScan,
  fakeScan,
  type Inodes,
} from "../../support/fake-scan.ts";

const ids = { pause: "aa".repeat(32), web: "bb".repeat(32), next: "cc".repeat(32) };
const cgroup = (id: string): string => `/kubepods/besteffort/pod${fakePod().uid}/${id}`;
const joined = { net: "5001", ipc: "5002", uts: "5003" };
const pauseAs = (more: Partial<FakeProcessScan> = {}): ProcessScan =>
  fakeProcess({
    pid: 100,
    argv: ["/pause"],
    cgroup: cgroup(ids.pause),
    inodes: { ...joined, pid: "5010", mnt: "5011" },
    ...more,
  });
const webAs = (more: Partial<FakeProcessScan> = {}): ProcessScan =>
  fakeProcess({
    pid: 110,
    comm: "nginx",
    cgroup: cgroup(ids.web),
    inodes: { ...joined, pid: "5020", mnt: "5021" },
    ...more,
  });

function reading(
  processes: readonly ProcessScan[],
  { at = 0, ...scan }: FakeScan & { at?: number } = {},
): SandboxReport {
  return buildReport({
    context: "test",
    pod: fakePod({ containers: [fakeContainer({ name: "web", id: ids.web, previousIds: [ids.next] })] }),
    node: fakeNode(),
    scan: fakeScan({ processes, ...scan }),
    runtimeHandler: undefined,
    takenAt: new Date(Date.UTC(2026, 0, 1, 0, 0, at)),
  });
}

const first = reading([pauseAs(), webAs()]);
const changed = (processes: readonly ProcessScan[], scan: FakeScan = {}) =>
  changesSince(first, reading(processes, scan)).changes.map(({ kind, container, namespaceType }) =>
    [kind, container, namespaceType].filter((part) => part !== null).join(" "),
  );

describe("what has changed since the reading before", () => {
  test("nothing, though the node's clock in seconds makes every start time another", () => {
    expect(changed([pauseAs(), webAs()], { bootedAt: fakeScan().bootedAt + 990.4 })).toEqual([]);
  });

  test("a container has ended, or started", () => {
    expect(changed([pauseAs()])).toEqual(["container-ended web"]);
    const ended = reading([pauseAs()]);
    expect(changesSince(ended, first).changes).toMatchObject([
      { kind: "container-started", container: "web" },
    ]);
  });

  test("a container was started again: another ID, another PID, or the same PID at another time", () => {
    for (const again of [{ cgroup: cgroup(ids.next) }, { pid: 210 }, { startTicks: 111 }]) {
      expect(changed([pauseAs(), webAs(again)])).toEqual(["container-restarted web"]);
    }
  });

  test("the sandbox was made anew: one sentence, not one for its pause container too", () => {
    const inodes = { net: "6001", ipc: "6002", uts: "6003" };
    const recreated = [pauseAs({ pid: 300, cgroup: cgroup(ids.next), inodes }), webAs({ pid: 310, inodes })];
    const report = buildReport({
      context: "test",
      pod: fakePod({ containers: [fakeContainer({ name: "web", id: ids.web })] }),
      node: fakeNode(),
      scan: fakeScan({ processes: recreated }),
      runtimeHandler: undefined,
      takenAt: new Date(1),
    });
    expect(changesSince(first, report).changes.map(({ kind }) => kind)).toEqual([
      "sandbox-recreated",
      "container-restarted",
    ]);
  });

  test("pause was killed: what holds the namespaces, and a container that ended", () => {
    expect(changed([webAs()])).toEqual(["holder-changed", "container-ended pause"]);
  });

  test("a main process has moved, which says nothing of the children that stayed", () => {
    const child = fakeProcess({ pid: 111, ppid: 110, cgroup: cgroup(ids.web), inodes: joined });
    const before = reading([pauseAs(), webAs({ inodes: joined }), child]);
    const after = reading([pauseAs(), webAs({ inodes: { ...joined, net: "7000" } }), child]);
    expect(changesSince(before, after).changes).toMatchObject([
      { kind: "process-moved", container: "web", namespaceType: "net" },
    ]);
    expect(changesSince(before, after).changes).toHaveLength(1);
  });

  test("a child has moved", () => {
    const child = (net: string): ProcessScan =>
      fakeProcess({
        pid: 111,
        ppid: 110,
        comm: "worker",
        cgroup: cgroup(ids.web),
        inodes: { ...joined, net },
      });
    const [before, after] = ["5001", "7000"].map((net) =>
      reading([pauseAs(), webAs({ inodes: joined }), child(net)]),
    );
    if (before === undefined || after === undefined) throw new Error("two were made");
    expect(changesSince(before, after).changes).toMatchObject([
      { kind: "process-moved", container: "web", namespaceType: "net", message: /worker \(PID 111\)/ },
    ]);
  });

  test("a PID that was given to another process is no process that moved", () => {
    const child = (net: string, startTicks: number): ProcessScan =>
      fakeProcess({ pid: 111, ppid: 110, startTicks, cgroup: cgroup(ids.web), inodes: { ...joined, net } });
    const before = reading([pauseAs(), webAs({ inodes: joined }), child("5001", 111)]);
    const after = reading([pauseAs(), webAs({ inodes: joined }), child("7000", 112)]);
    expect(changesSince(before, after).changes).toEqual([]);
  });
});

describe("a reading that may lack something", () => {
  const raced = { raced: [4711] };

  test("does not tell that a container has ended, nor the next one that it has started", () => {
    expect(changed([pauseAs()], raced)).toEqual([]);
    const partial = reading([pauseAs()], raced);
    expect(changesSince(partial, reading([pauseAs(), webAs()])).changes).toEqual([]);
    expect(changed([], { hidden: true, readerUid: 1000 })).toEqual(["holder-changed"]);
  });

  test("does not take a child of what it lacks for a container that was started again", () => {
    expect(changed([pauseAs(), webAs({ pid: 111 })], raced)).toEqual([]);
  });

  test("tells a run of another ID, and a process that has moved", () => {
    expect(changed([pauseAs(), webAs({ cgroup: cgroup(ids.next) })], raced)).toEqual([
      "container-restarted web",
    ]);
    expect(
      changed([pauseAs(), webAs({ inodes: { ...joined, net: "7", pid: "5020", mnt: "5021" } })], raced),
    ).toEqual(["process-moved web net"]);
  });
});

describe("another sandbox", () => {
  const other = (key: string, processes: readonly ProcessScan[]): OtherSandboxReport =>
    buildOtherReport({
      node: { name: "node-a", runtimeVersion: "" },
      key,
      scan: fakeScan({ scope: "node", processes }),
      takenAt: new Date(Date.UTC(2026, 0, 1)),
    });
  const loose = (pid: number, inodes: Inodes, comm = "sleep"): ProcessScan =>
    fakeProcess({ pid, comm, inodes });
  const told = (before: readonly ProcessScan[], after: readonly ProcessScan[], key: string): string[] =>
    changesSince(other(key, before), other(key, after)).changes.map(({ message }) => message);

  test("of processes has not changed where only the names of its columns have", () => {
    const [a, b] = [loose(100, { net: "1" }), loose(101, { net: "1", uts: "2" })];
    expect(told([a], [a, b], "process:100:100")).toEqual(["sleep (PID 101) was not there before."]);
  });

  test("of processes was not started again where its oldest has ended", () => {
    const [a, b] = [loose(100, { net: "1" }), loose(101, { net: "1" })];
    expect(told([a, b], [b], "process:101:101")).toEqual([]);
  });

  test("of processes tells who has moved, and who is gone", () => {
    const [a, b] = [loose(100, { net: "1" }), loose(101, { net: "1" }, "sh")];
    const c = loose(102, { net: "1", ipc: "3" }, "old");
    expect(told([a, b, c], [a, loose(101, { net: "1", uts: "2" }, "sh")], "process:100:100")).toEqual([
      "old is no longer there.",
      "sh (PID 101) of sh has moved to another uts Linux namespace.",
    ]);
  });

  test("was not made anew where its containers only hang on another one of them", () => {
    const container = (pid: number, id: string): ProcessScan =>
      fakeProcess({ pid, cgroup: `/docker/${id}`, inodes: { net: "1" } });
    const [a, b] = [container(100, ids.pause), container(110, ids.web)];
    const hangingOn = (id: string): OtherSandboxReport => {
      const report = other(`container:${ids.web}`, [a, b]);
      return { ...report, sandbox: { ...report.sandbox, id } };
    };
    expect(changesSince(hangingOn(ids.pause), hangingOn(ids.web)).changes).toEqual([]);
  });
});

describe("never compared", () => {
  test("across a boot or a node", () => {
    const other = reading([pauseAs({ pid: 5 })]);
    expect(changesSince(first, { ...other, node: { ...other.node, bootId: "b" } })).toEqual({
      takenAt: first.takenAt,
      comparable: "other-boot",
      changes: [],
    });
    expect(changesSince(first, { ...other, node: { ...other.node, name: "node-b" } })).toMatchObject({
      comparable: "other-node",
      changes: [],
    });
  });
});

test("a report has not changed since itself, whatever it says", () => {
  fc.assert(
    fc.property(anyComparison, (report) => {
      expect(changesSince(report, report)).toEqual({
        takenAt: report.takenAt,
        comparable: "yes",
        changes: [],
      });
    }),
  );
});

describe("withHistory", () => {
  const zombie = (startTicks: number): ProcessScan =>
    fakeProcess({ pid: 120, ppid: 110, state: "Z", startTicks, cgroup: cgroup(ids.web) });
  const seconds = (at: number, startTicks = 120): SandboxReport =>
    reading([pauseAs(), webAs(), zombie(startTicks)], { at });
  const seen = ({ containers }: { readonly containers: readonly ContainerReport[] }) =>
    containers.flatMap(({ processes }) => processes.flatMap((one) => one.zombie?.seenSince ?? []));

  test("a first reading has none", () => {
    expect(withHistory(first, undefined)).toBe(first);
  });

  test("a zombie is known since the first of the readings that saw it", () => {
    const second = withHistory(seconds(10), seconds(0));
    expect(seen(second)).toEqual(["2026-01-01T00:00:00.000Z"]);
    expect(seen(withHistory(seconds(20), second))).toEqual(["2026-01-01T00:00:00.000Z"]);
    expect(second.since).toEqual({ takenAt: "2026-01-01T00:00:00.000Z", comparable: "yes", changes: [] });
  });

  test("another process of the same PID is another zombie, and so is one of another boot", () => {
    expect(seen(withHistory(seconds(10, 121), seconds(0)))).toEqual(["2026-01-01T00:00:10.000Z"]);
    const before = seconds(0);
    const ofBoot = { ...before, node: { ...before.node, bootId: "b" } };
    expect(seen(withHistory(seconds(10), ofBoot))).toEqual(["2026-01-01T00:00:10.000Z"]);
  });
});
