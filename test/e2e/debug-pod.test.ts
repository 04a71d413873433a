import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Undo } from "../lab/undo.ts";
import { type ControlPlane, startControlPlane } from "../support/cluster/control-plane.ts";
import { workloadImage } from "../support/cluster/images.ts";
import { findKubernetesBinaries } from "../support/cluster/kubernetes-binaries.ts";
import { startNode } from "../support/cluster/node.ts";
import { waitUntil } from "../support/cluster/wait.ts";
import { missingPackages } from "../support/packages.ts";
import { because, whyNotRoot } from "../support/skipped.ts";
import { launchChromium } from "../support/vscode/browser.ts";
import { startVSCode } from "../support/vscode/start.ts";
import { Workbench } from "../support/vscode/workbench.ts";
import { vscodeOptions } from "./product.ts";

/** Why there can be no real cluster here; the suite `cluster`, which comes before, makes what it takes. */
function whyNoCluster(): string | undefined {
  if (whyNotRoot !== undefined) return whyNotRoot;
  if (findKubernetesBinaries() === undefined) return "kube-apiserver and kubelet are not there yet";
  return missingPackages("cluster").length > 0 ? "system packages are missing" : undefined;
}

const obstacle = whyNoCluster();

describe.skipIf(obstacle !== undefined)(`a debug pod on a real cluster${because(obstacle)}`, () => {
  const undo = new Undo();
  let plane: ControlPlane;
  let workbench: Workbench;

  beforeAll(async () => {
    plane = await startControlPlane();
    undo.add(() => plane.stop());
    const node = await startNode(plane);
    await node.pods.run({
      name: "web",
      spec: { containers: [{ name: "app", command: ["sleep", "1000000"] }] },
    });
    const settings = {
      "podSandbox.kubeconfig": plane.kubeconfigPath,
      "podSandbox.access": [{ node: "bench-*", way: "debugPod", image: workloadImage }],
    };
    const server = await startVSCode(vscodeOptions({ settings }));
    undo.add(() => server.stop());
    const browser = await launchChromium();
    undo.add(() => browser.close());
    workbench = await Workbench.open(browser, server);
    await workbench.activity("Pod Sandboxes").waitFor();
  });

  afterAll(() => undo.run());

  async function debugPods(): Promise<readonly string[]> {
    const path = "/api/v1/pods?labelSelector=app.kubernetes.io/managed-by%3Dpod-sandbox-explorer";
    const { items } = (await plane.client.read(path)) as { items: readonly { metadata: { name: string } }[] };
    return items.map(({ metadata }) => metadata.name);
  }

  /** Inspects the pod and agrees to what that takes; answers the debug pod's name. */
  async function inspectAndAgree(): Promise<string> {
    await workbench.run("Pod Sandbox: Inspect sandbox");
    await workbench.picks().filter({ hasText: "web" }).first().click();
    await workbench.dialog.filter({ hasText: "Create a privileged debug pod on bench-" }).waitFor();
    expect(await debugPods()).toEqual([]);
    await workbench.dialog.getByRole("button", { name: "Create debug pod", exact: true }).click();
    await workbench.tab("web sandbox").waitFor({ timeout: 60_000 });
    const frame = await workbench.webview("table");
    expect(await frame.locator("h1").textContent()).toContain("web");
    const [name = "", ...more] = await debugPods();
    expect(more).toEqual([]);
    await workbench.page
      .locator(".statusbar-item")
      .filter({ hasText: `Debug pod ${name}` })
      .waitFor();
    return name;
  }

  test("is shown in the status bar, where a click deletes it", async () => {
    const name = await inspectAndAgree();
    const item = workbench.page.locator(".statusbar-item").filter({ hasText: name });
    await workbench.screenshot("debug-pod-status");
    await item.locator("a").click();
    await item.waitFor({ state: "detached" });
    expect(await debugPods()).toEqual([]);
    await workbench.closeEditors();
  });

  test("is deleted when its window is loaded anew", async () => {
    await inspectAndAgree();
    await workbench.closeEditors();
    await workbench.run("Developer: Reload Window");
    const look = async (): Promise<true | undefined> => (await debugPods()).length === 0 || undefined;
    await waitUntil("the debug pod to be gone", look, { timeoutMs: 30_000 });
  });
});
