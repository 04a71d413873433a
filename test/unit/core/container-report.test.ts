import { describe, expect, test } from "vitest";
import { containerReport } from "../../../extension/core/container-report.ts";
import { perNamespace } from "../../../extension/core/namespaces.ts";
import type { ContainerReport } from "../../../extension/core/report.ts";
import type { NodeScan, ProcessScan } from "../../../extension/core/scan.ts";
import { fakeProcess, type FakeScan, fakeScan } from "../../support/fake-scan.ts";

const main = fakeProcess({ pid: 110, ppid: 50, inodes: { net: "5001" } });

function column(
  processes: readonly ProcessScan[],
  { scan = fakeScan({ processes }), virtualisedBy }: { scan?: NodeScan; virtualisedBy?: string } = {},
): ContainerReport {
  return containerReport(
    {
      name: "web",
      kind: "app",
      id: null,
      image: "",
      state: "running",
      live: { main, processes },
      whyAbsent: "",
      expected: perNamespace(() => "ANY"),
      targets: {},
      virtualisedBy,
    },
    scan,
    {
      pausePid: 100,
      insidePids: new Set([100, ...processes.map(({ pid }) => pid)]),
      takenAt: new Date("2026-01-02T03:04:05.678Z"),
    },
  );
}

describe("whose duty a zombie is", () => {
  const duty = (ppid: number, more: Partial<ProcessScan> = {}, scan: FakeScan = {}) => {
    const zombie = { ...fakeProcess({ pid: 150, ppid, state: "Z" }), ...more };
    const processes = [main, fakeProcess({ pid: 120, ppid: 110 }), zombie];
    return column(processes, { scan: fakeScan({ processes, ...scan }) }).processes.at(-1)?.zombie;
  };

  test.each([
    ["pause, for a child of it", 100, { duty: "pause", dutyPid: 100 }],
    ["the main process's, for a child of it", 110, { duty: "main", dutyPid: 110 }],
    ["that of another process of the sandbox", 120, { duty: "process", dutyPid: 120 }],
    ["the node's init", 1, { duty: "outside", dutyPid: 1 }],
    ["nobody's that was seen", 4711, { duty: "nobody", dutyPid: null }],
  ])("is %s", (_whose, ppid, expected) => {
    expect(duty(ppid)).toMatchObject(expected);
  });

  test("is a shim's, where one was read", () => {
    expect(duty(50, {}, { parents: [fakeProcess({ pid: 50 })] })).toMatchObject({
      duty: "outside",
      dutyPid: 50,
    });
  });

  test("is nobody's while its own threads run", () => {
    expect(duty(110, { threadCount: 2 })).toMatchObject({
      duty: "nobody",
    });
  });

  test("since when: the reading's own time, for the kernel does not tell", () => {
    expect(duty(110)?.seenSince).toBe("2026-01-02T03:04:05.678Z");
  });
});

describe("a process of a container", () => {
  const astray = fakeProcess({
    pid: 120,
    ppid: 110,
    inodes: { net: "6000" },
    threads: [{ tid: 121, namespaces: { uts: "6001" } }],
  });

  test("tells where it is not with its main process, and which threads are not with it", () => {
    expect(column([main, astray]).processes).toMatchObject([
      { pid: 110, elsewhere: [], threads: [], zombie: null },
      { pid: 120, elsewhere: ["net"], threads: astray.threads },
    ]);
  });

  test("in a kernel of its own tells nothing of the node's Linux namespaces", () => {
    const found = column([main, astray], { virtualisedBy: "gVisor" });
    expect(found).toMatchObject({ pid: 110, uidMap: null, processes: [{}, { elsewhere: [], threads: [] }] });
    expect(new Set(Object.values(found.namespaces).map(({ status }) => status))).toEqual(
      new Set(["not-visible"]),
    );
  });

  test("that has ended is not elsewhere", () => {
    expect(column([main, fakeProcess({ pid: 120, state: "Z" })]).processes[1]?.elsewhere).toEqual([]);
  });
});
