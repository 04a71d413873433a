import fc from "fast-check";
import { expect, test } from "vitest";
import { checksOf } from "../../../webview/checks.ts";
import { anyComparison } from "../../fixtures/reports/arbitrary.ts";
import { insideSamples } from "../../fixtures/reports/inside-samples.ts";
import { samples } from "../../fixtures/reports/samples.ts";

test("the commands carry the pod's PIDs and what they print", () => {
  expect(checksOf(samples.plain).map(({ command, prints }) => [command, prints])).toEqual([
    ["sudo readlink /proc/30208/ns/net", "net:[4026532334]"],
    ["sudo readlink /proc/30240/ns/net", "net:[4026532334]"],
    ["sudo lsns -p 30208", null],
    ["sudo nsenter -t 30208 -n ip addr", null],
  ]);
});

test("where something differs from the spec, that type and that container are shown", () => {
  expect(checksOf(samples.ephemeral).map(({ command }) => command)).toContain(
    "sudo readlink /proc/31022/ns/pid",
  );
});

test("without a pause process the pinned network is looked at", () => {
  expect(checksOf(samples.pinned)).toContainEqual({
    about: "The pinned network, without any process",
    command: "sudo stat -L -c %i /run/netns/5b0e8e30-9b4c-4d5c-8f5a-1c2d3e4f5a6b",
    prints: "4026532334",
  });
});

test("where user IDs are mapped, the map is what to look at", () => {
  const commands = (report: Parameters<typeof checksOf>[0]): string[] =>
    checksOf(report).map(({ command }) => command);
  expect(commands(insideSamples.userNamespace)).toContain("sudo cat /proc/30208/uid_map");
  expect(commands(samples.plain)).not.toContain("sudo cat /proc/30208/uid_map");
});

test("no command holds anything that a shell would act on, whatever the report says", () => {
  fc.assert(
    fc.property(anyComparison, (report) => {
      for (const { command } of checksOf(report)) expect(command).toMatch(/^sudo [\w ./%-]+$/);
    }),
  );
});
