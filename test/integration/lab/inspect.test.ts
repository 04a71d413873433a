import { mkdtemp, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { namespaceTypes } from "../../../extension/core/namespaces.ts";
import type { SandboxReport } from "../../../extension/core/report.ts";
import { type Lab, startLab } from "../../lab/lab.ts";
import { whyNoRealPods } from "../../lab/pods/real-pods.ts";
import { because } from "../../support/skipped.ts";
import { type Inspector, openInspector } from "./inspector.ts";

const obstacle = await whyNoRealPods();

const findings = ({ findings: all }: SandboxReport): readonly (readonly (string | null)[])[] =>
  all.map(({ code, container, namespaceType }) => [code, container, namespaceType]);

/** What must be found in each pod, and nothing else. */
const expectations: readonly (readonly [string, string, readonly (readonly (string | null)[])[]])[] = [
  ["default", "web", []],
  ["default", "shared-pids", [["zombies", "report-runner", null]]],
  [
    "default",
    "pause-demo",
    [
      ["sharing-differs", "nginx", "ipc"],
      ["sharing-differs", "nginx", "uts"],
    ],
  ],
  ["default", "debugged", [["sharing-differs", "debugger", "pid"]]],
  ["default", "targeted", []],
  ["kube-system", "host-network", []],
  ["batch", "init-done", []],
  ["batch", "crash-looping", []],
  ["elsewhere", "hostile", []],
];

const refusals = [
  ["batch", "pending", "pod-not-scheduled"],
  ["batch", "finished", "pod-finished"],
  ["elsewhere", "on-virtual-node", "node-virtual"],
  ["elsewhere", "on-windows-node", "pod-windows"],
  ["elsewhere", "<img src=x onerror=alert(1)>$(touch x)", "bad-argument"],
] as const;

describe.each([
  ["real", because(obstacle)],
  ["recording", ""],
] as const)("a lab with %s pods%s", (pods, why) => {
  const skipped = why !== "";
  let folder: string;
  let lab: Lab;
  let inspector: Inspector;

  beforeAll(async () => {
    if (skipped) return;
    folder = await mkdtemp(join(tmpdir(), "lab-test-"));
    lab = await startLab({ pods, root: join(folder, "lab") });
    inspector = await openInspector(lab);
  });
  afterAll(async () => {
    if (skipped) return;
    inspector.close();
    await lab.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test.skipIf(skipped).each(expectations)("%s/%s", async (namespace, name, expected) => {
    const report = await inspector.inspect(namespace, name);
    expect(findings(report)).toEqual(expected);
    expect(report.sandbox).toMatchObject({ holder: { kind: "process" }, confidence: "certain" });
    expect(report.containers[0]).toMatchObject({ name: "pause", kind: "infra" });
  });

  test.skipIf(skipped).each(refusals)("%s/%s is refused: %s", async (namespace, name, reason) => {
    await expect(inspector.inspect(namespace, name)).rejects.toMatchObject({ reason });
  });

  test.skipIf(skipped)("all of it goes over one connection", () => {
    expect(lab.ssh.connectionCount).toBe(1);
  });

  test.skipIf(skipped)("what is said of it is true", async () => {
    const answer = await fetch(`${lab.api.url}/api/v1/nodes/lab-node`, {
      headers: { authorization: `Bearer ${lab.api.token}` },
    });
    const isRecording = pods === "recording";
    expect(lab.pods).toBe(pods);
    expect(lab.describe().includes("RECORDING")).toBe(isRecording);
    expect((await answer.text()).includes("RECORDING")).toBe(isRecording);
    expect(lab.containers.length === 0).toBe(isRecording);
  });

  test.skipIf(skipped)("every inode is the kernel's, as long as its process is of this machine", async () => {
    for (const [namespace, name] of expectations) {
      const { containers } = await inspector.inspect(namespace, name);
      const running = lab.containers.filter(({ pod }) => pod === name);
      for (const { name: container = "pause", pid } of running) {
        const reported = containers.find((one) => one.name === container);
        expect(reported?.pid).toBe(pid);
        for (const type of namespaceTypes) {
          const inode = /\d+/.exec(await readlink(`/proc/${pid}/ns/${type}`))?.[0];
          expect(reported?.namespaces[type]).toEqual({ status: "read", inode });
        }
      }
      const withProcess = containers.filter(({ pid }) => pid !== null);
      expect(withProcess.length).toBeGreaterThan(0);
      if (pods === "real") expect(withProcess.length).toBe(running.length);
    }
  });
});
