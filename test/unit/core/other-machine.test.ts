import { describe, expect, test } from "vitest";
import { buildReport } from "../../../extension/core/build-report.ts";
import { buildNodeView } from "../../../extension/core/others/node-view.ts";
import { buildOtherReport } from "../../../extension/core/others/other-report.ts";
import { isOtherBoot, otherMachineFindings } from "../../../extension/core/other-machine.ts";
import { fakeNode, fakePod } from "../../support/fake-pod.ts";
import { fakeScan } from "../../support/fake-scan.ts";
import { dockerDemo, nodeScan } from "./others/fake-node.ts";

const scan = fakeScan();
const other = "00000000-0000-4000-8000-000000000000";

describe("isOtherBoot", () => {
  test.each([
    ["the same", scan.bootId, scan.bootId, false],
    ["the same in capitals", scan.bootId.toUpperCase(), scan.bootId, false],
    ["another", other, scan.bootId, true],
    ["not told", "", scan.bootId, false],
    ["no boot ID", "fargate", scan.bootId, false],
  ])("%s", (_what, told, read, expected) => {
    expect(isOtherBoot(told, read)).toBe(expected);
  });
});

test("the finding names the node and both boots", () => {
  const [finding] = otherMachineFindings(fakeNode({ name: "worker-1", bootId: other }), scan);
  expect(finding).toMatchObject({ code: "other-machine", severity: "warning" });
  for (const part of ["worker-1", other, scan.bootId]) expect(finding?.message).toContain(part);
});

describe.each([
  ["another boot", other, ["other-machine"]],
  ["the same boot", scan.bootId, []],
])("with %s it is said", (_what, bootId, expected) => {
  const takenAt = new Date(0);
  const codes = (findings: readonly { readonly code: string }[]): string[] =>
    findings.map(({ code }) => code).filter((code) => code === "other-machine");

  test("of a pod", () => {
    const node = fakeNode({ bootId });
    const report = buildReport({
      context: "c",
      pod: fakePod(),
      node,
      scan,
      runtimeHandler: undefined,
      takenAt,
    });
    expect(codes(report.findings)).toEqual(expected);
  });

  test("of a whole node, and of a sandbox that is no pod", () => {
    const whole = nodeScan([dockerDemo.web, dockerDemo.pause], { bundles: dockerDemo.bundles });
    const node = { name: "n", runtimeVersion: "", bootId };
    const view = buildNodeView({ node, scan: whole, takenAt, apiPods: { unknown: "" } });
    expect(codes(view.findings)).toEqual(expected);
    const key = view.others[0]?.key ?? "";
    expect(codes(buildOtherReport({ node, key, scan: whole, takenAt }).findings)).toEqual(expected);
  });
});
