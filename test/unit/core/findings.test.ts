import { describe, expect, test } from "vitest";
import { comparisonFindings } from "../../../extension/core/findings.ts";
import { perNamespace } from "../../../extension/core/namespaces.ts";
import type { ContainerReport, ZombieReport } from "../../../extension/core/report.ts";
import { container, process } from "../../fixtures/reports/samples.ts";
import { fakeProcess, fakeScan } from "../../support/fake-scan.ts";

const findings = (containers: readonly ContainerReport[], virtualisedBy?: string) =>
  comparisonFindings({
    containers,
    scan: fakeScan(),
    holder: { kind: "none", pid: null, paths: [] },
    virtualisedBy,
  });

/** A container that is in a network by this inode and was to be in that of another. */
function inNetwork(name: string, net: string, target?: string): ContainerReport {
  return container(name, 100, {
    namespaces: fakeProcess({ pid: 100, inodes: { net } }).namespaces,
    expected: { ...perNamespace(() => "ANY" as const), net: target === undefined ? "CONTAINER" : "TARGET" },
    targets: target === undefined ? {} : { net: target },
    processes: [],
  });
}

describe("containers that were to join one another", () => {
  test("are as expected where they did, one by way of another too", () => {
    expect(findings([inNetwork("a", "1"), inNetwork("b", "1", "a"), inNetwork("c", "1", "b")])).toEqual([]);
  });

  test("differ where one missed its target", () => {
    expect(findings([inNetwork("a", "1"), inNetwork("b", "2", "a")])).toMatchObject([
      {
        code: "sharing-differs",
        container: "b",
        message: "b was to be in a's net Linux namespace but is in one of its own.",
      },
    ]);
  });

  test("differ where an uninvited one is with them, which is said of both", () => {
    expect(findings([inNetwork("a", "1"), inNetwork("b", "1")]).map((one) => one.container)).toEqual([
      "a",
      "b",
    ]);
  });

  test("are not uninvited where nobody knows what one was started with", () => {
    const unknown = { ...inNetwork("b", "1"), expected: perNamespace(() => "ANY" as const) };
    expect(findings([inNetwork("a", "1"), unknown])).toEqual([]);
  });

  test("in a ring, each the other's target, are no endless question", () => {
    expect(findings([inNetwork("a", "1", "b"), inNetwork("b", "1", "a"), inNetwork("c", "1")])).toMatchObject(
      [{ code: "sharing-differs", container: "c" }],
    );
  });

  test("are not judged where the target is not there", () => {
    expect(findings([inNetwork("b", "1", "a")])).toMatchObject([{ code: "sharing-unverified" }]);
  });
});

describe("what is inside a container", () => {
  const zombie = (duty: ZombieReport["duty"]): ZombieReport => ({ duty, dutyPid: 1, seenSince: "" });
  const quiet = { expected: perNamespace(() => "ANY" as const) };

  test("threads elsewhere are told for each type, with one of them", () => {
    const threads = [
      { tid: 101, namespaces: { net: "7" } },
      { tid: 102, namespaces: { net: "8", uts: "9" } },
    ];
    const found = findings([
      container("web", 100, { ...quiet, processes: [process(100, 1, "sh", { threads })] }),
    ]);
    expect(found).toMatchObject([
      { code: "thread-elsewhere", namespaceType: "net", message: /^2 threads of web \(TID 101, …\) are in/ },
      { code: "thread-elsewhere", namespaceType: "uts", message: /^1 thread of web \(TID 102\) is in/ },
    ]);
  });

  test("zombies are told with whose duty they are, each duty once", () => {
    const processes = (["main", "pause", "main"] as const).map((duty, index) =>
      process(200 + index, null, "", { state: "Z", zombie: zombie(duty) }),
    );
    const [found] = findings([container("web", 100, { ...quiet, processes })]);
    expect(found).toMatchObject({ code: "zombies", container: "web" });
    expect(found?.message).toMatch(
      /3 zombies.*reaped by the container's own main process; the pause process, as PID 1/,
    );
  });

  test("of a kernel of its own nothing is told", () => {
    const processes = [process(200, null, "", { elsewhere: ["net"], zombie: zombie("main") })];
    expect(findings([container("web", 100, { ...quiet, processes })], "gVisor")).toEqual([]);
  });
});
