import fc from "fast-check";
import { expect, test } from "vitest";
import { checksOf } from "../../../extension/core/checks.ts";
import { explainCell } from "../../../extension/core/explain.ts";
import { namespaceTypes } from "../../../extension/core/namespaces.ts";
import type { AnyReport } from "../../../extension/core/report.ts";
import { anyComparison } from "../../fixtures/reports/arbitrary.ts";
import { insideSamples } from "../../fixtures/reports/inside-samples.ts";
import { otherSamples } from "../../fixtures/reports/other-samples.ts";
import { samples } from "../../fixtures/reports/samples.ts";

const commandsOf = (report: AnyReport): string[] => checksOf(report).map(({ command }) => command);

test("the commands carry the pod's PIDs and what they print", () => {
  expect(checksOf(samples.plain).map(({ command, prints }) => [command, prints])).toEqual([
    ["sudo readlink /proc/30240/ns/net /proc/30208/ns/net", "net:[4026532334]\nnet:[4026532334]"],
    ["sudo lsns -t net -p 30240", null],
    ["sudo nsenter -t 30240 -n ip addr", null],
    ["sudo lsns -p 30208", null],
    ["sudo nsenter -t 30208 -n ip addr", null],
    [`sudo crictl pods --namespace ${samples.plain.pod.namespace} --name ${samples.plain.pod.name}`, null],
    [`sudo crictl inspectp ${samples.plain.sandbox.id ?? ""}`, null],
  ]);
});

test("where something differs from the spec, that type and that container are shown", () => {
  expect(commandsOf(samples.ephemeral)[0]).toMatch(/^sudo readlink \/proc\/31022\/ns\/pid /);
});

test("without a pause process the pinned network is looked at", () => {
  expect(checksOf(samples.pinned)).toContainEqual({
    about: "The bind mount that holds it, without any process",
    command: "sudo stat -L -c %i /run/netns/5b0e8e30-9b4c-4d5c-8f5a-1c2d3e4f5a6b",
    prints: "4026532334",
  });
});

test("where user IDs are mapped, the map is what to look at", () => {
  expect(checksOf(insideSamples.userNamespace)).toContainEqual(
    expect.objectContaining({ command: "sudo cat /proc/30208/uid_map", prints: "0 1245184 65536" }),
  );
  expect(commandsOf(samples.plain)).not.toContain("sudo cat /proc/30208/uid_map");
});

test("crictl is only for runtimes that speak the CRI, and only with names that Kubernetes allows", () => {
  const withRuntime = (runtime: string): AnyReport => ({
    ...samples.plain,
    node: { ...samples.plain.node, runtime },
  });
  const crictl = (report: AnyReport): string[] =>
    commandsOf(report).filter((line) => line.includes("crictl"));
  expect(crictl(withRuntime("cri-o://1.30.0"))).toHaveLength(2);
  expect(crictl(withRuntime("docker://20.10.24"))).toEqual([]);
  expect(crictl(withRuntime(""))).toEqual([]);
  const hostile = { ...samples.plain, pod: { ...samples.plain.pod, name: "a;reboot" } };
  expect(crictl(hostile)).toEqual([expect.stringContaining("inspectp")]);
  expect(commandsOf(withRuntime("docker://20.10.24"))).toContainEqual(
    expect.stringMatching(/^sudo docker inspect -f '\{\{\.State\.Pid\}\}' [0-9a-f]{64}$/),
  );
});

test("of a pod in a kernel of its own only the runtime can tell", () => {
  expect(commandsOf(samples.virtualised).every((line) => line.startsWith("sudo crictl "))).toBe(true);
});

test("where the node's kernel hides PID 1, its links are those of PID 2", () => {
  const { node } = samples.plain;
  const report: AnyReport = { ...samples.plain, node: { ...node, namespacesOf: "kthreadd" } };
  expect(explainCell(report, null, "net").checks[0]?.command).toBe("sudo readlink /proc/2/ns/net");
  const nobody: AnyReport = { ...samples.plain, node: { ...node, namespacesOf: "nobody" } };
  expect(explainCell(nobody, null, "net").checks).toEqual([]);
});

test("no command holds anything that a shell would act on, whatever the report says", () => {
  const harmless = [
    /^sudo readlink( \/proc\/\d+\/ns\/[a-z]+){1,2}$/,
    /^sudo lsns( -t [a-z]+)? -p \d+$/,
    /^sudo nsenter -t \d+ (-n ip addr|-u hostname)$/,
    /^sudo cat \/proc\/\d+\/uid_map$/,
    /^sudo stat -L -c %i (\/[\w.-]+)+$/,
    /^sudo crictl pods --namespace [a-z\d.-]+ --name [a-z\d.-]+$/,
    /^sudo crictl inspectp [\da-f]{64}$/,
    /^sudo (docker|podman) inspect -f '\{\{\.State\.Pid\}\}' [\da-f]{64}$/,
  ];
  fc.assert(
    fc.property(anyComparison, (report) => {
      const columns = [null, ...report.containers];
      const cells = columns.flatMap((column) =>
        namespaceTypes.flatMap((type) => explainCell(report, column, type).checks),
      );
      for (const { command, about } of [...checksOf(report), ...cells]) {
        expect(
          harmless.some((one) => one.test(command)),
          command,
        ).toBe(true);
        expect(about).not.toBe("");
      }
    }),
  );
});

test("every sample of another sandbox has commands that are each given once", () => {
  for (const report of Object.values(otherSamples)) {
    const commands = commandsOf(report);
    expect(new Set(commands).size).toBe(commands.length);
  }
});

test("a path that is longer than any of the kernel is in no command", () => {
  const commandsFor = (path: string): readonly string[] => {
    const { sandbox } = samples.pinned;
    const namespaces = sandbox.namespaces.map((one) => ({
      ...one,
      holds: [{ kind: "pinned", path }] as const,
    }));
    const checks = checksOf({ ...samples.pinned, sandbox: { ...sandbox, namespaces } });
    return checks.map(({ command }) => command).filter((command) => command.startsWith("sudo stat"));
  };
  expect(commandsFor("/run/netns/a")).toHaveLength(1);
  expect(commandsFor(`/${"a".repeat(150_000)}`).length).toBe(0);
});
