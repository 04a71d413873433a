import { describe, expect, test } from "vitest";
import { accessSteps } from "../../extension/core/access-check.ts";
import { stepWords } from "../../extension/core/access-words.ts";
import { whyNoRealPods } from "../lab/pods/real-pods.ts";
import { because } from "../support/skipped.ts";
import type { Workbench } from "../support/vscode/workbench.ts";
import { type Product, useProduct } from "./product.ts";
import { inspect } from "./steps.ts";

const obstacle = await whyNoRealPods();

/** What an open text document shows; the editor writes spaces that do not break. */
async function shownText(workbench: Workbench): Promise<string> {
  const text = await workbench.page.locator(".editor-instance .view-lines").first().innerText();
  return text.replaceAll("\u00A0", " ");
}

async function pick(workbench: Workbench, text: string): Promise<void> {
  await workbench.picks().filter({ hasText: text }).first().click();
}

/** Waits until a pod's panel is drawn: before, it may take the focus from what is typed. */
async function panelOf(workbench: Workbench, pod: string): Promise<void> {
  await workbench.tab(`${pod} sandbox`).waitFor({ timeout: 60_000 });
  await workbench.webview(`h1:has-text("${pod}")`);
}

async function noSsh({ lab, server }: Product): Promise<void> {
  await server.changeMachineSettings({ ...lab.settings, "podSandbox.ssh.port": 1 });
}

describe.skipIf(obstacle !== undefined)(`ways onto a node${because(obstacle)}`, () => {
  const product = useProduct({ pods: "real" }, { "podSandbox.timeoutSeconds": 120 });

  test("the access to a node is checked step by step", async () => {
    const { workbench } = product();
    await workbench.run("Pod Sandbox: Check node access");
    await pick(workbench, "lab-node");
    await workbench.tab("Access to lab-node").waitFor({ timeout: 60_000 });
    await workbench.page.locator(".view-lines").filter({ hasText: "Clock" }).waitFor();
    const text = await shownText(workbench);
    for (const step of accessSteps) expect(text).toContain(stepWords(step));
    expect(text).toContain("lab-node can be read");
    await workbench.screenshot("access-checked");
    await workbench.closeEditors();
  });

  test("where a way fails, another is offered, tried and remembered", async () => {
    const { lab, workbench } = product();
    await noSsh(product());
    await inspect(workbench, "web");
    const problem = workbench.problem().filter({ hasText: "connection was refused" });
    await problem.waitFor();
    await workbench.screenshot("access-way-failed");
    await problem.getByRole("button", { name: "Reach it another way…" }).click();
    await workbench.picks().filter({ hasText: "This machine" }).waitFor();
    await workbench.screenshot("access-other-ways");
    await pick(workbench, "This machine");
    await workbench.picks().filter({ hasText: "Only this node" }).waitFor();
    await workbench.screenshot("access-for-which-nodes");
    await pick(workbench, "All nodes of lab");
    // What failed is tried again by itself.
    await panelOf(workbench, "web");
    await workbench.closeEditors();
    await workbench.run("Notifications: Clear All Notifications");

    await inspect(workbench, "pause-demo");
    await panelOf(workbench, "pause-demo");
    await workbench.closeEditors();
    expect(lab.ssh.commands.length).toBeLessThan(3);
  });

  test("a failed step of the check says how to mend it", async () => {
    const { workbench } = product();
    await workbench.run("Pod Sandbox: Choose the way onto a node…");
    await pick(workbench, "lab-node");
    await workbench.picks().filter({ hasText: "Forget the choice" }).waitFor();
    await workbench.screenshot("access-forget-choice");
    await pick(workbench, "Forget the choice");
    await workbench.run("Pod Sandbox: Check node access");
    await pick(workbench, "lab-node");
    await workbench.tab("Access to lab-node").waitFor({ timeout: 60_000 });
    await workbench.page.locator(".view-lines").filter({ hasText: "cannot be read" }).waitFor();
    const text = await shownText(workbench);
    expect(text).toMatch(/Connection +✖ no/);
    expect(text).toContain("Check that sshd runs on the node");
    await workbench.screenshot("access-check-failed");
    await workbench.closeEditors();
  });

  test("a debug pod is made only after what it is was read and agreed to", async () => {
    const { lab, workbench } = product();
    await workbench.run("Pod Sandbox: Choose the way onto a node…");
    await pick(workbench, "lab-node");
    await pick(workbench, "A debug pod");
    await pick(workbench, "Only this node");
    await inspect(workbench, "web");
    await workbench.dialog.filter({ hasText: "Create a privileged debug pod on lab-node?" }).waitFor();
    await workbench.screenshot("debug-pod-consent");
    const detail = await workbench.dialog.innerText();
    for (const words of ["busybox:1.37", "Kubernetes namespace: default", "hostPID"]) {
      expect(detail).toContain(words);
    }
    await workbench.dialog.getByRole("button", { name: "Read the manifest first" }).click();
    await workbench.tab("Debug pod for lab-node.yaml").waitFor();
    const offer = workbench.notifications.filter({ hasText: "Create a privileged debug pod" });
    await offer.waitFor();
    await workbench.screenshot("debug-pod-manifest");
    expect(await shownText(workbench)).toContain("hostPID: true");

    // A closed question is a no: nothing is made.
    await workbench.run("Notifications: Clear All Notifications");
    await offer.waitFor({ state: "detached" });
    await workbench.tab("Debug pod for lab-node.yaml").waitFor({ state: "detached" });
    const changes = lab.api.requests.filter(
      ({ method, resource }) => method !== "GET" && resource === "pods",
    );
    expect(changes).toEqual([]);
  });
});

describe("a node that wants a password", () => {
  const password = "correct horse";
  const product = useProduct({ password });

  test("is asked for it, and it is kept only where that is switched on", async () => {
    const { workbench } = product();
    const { keyboard } = workbench.page;
    await inspect(workbench, "pause-demo");
    const box = workbench.quickInput;
    await box.filter({ hasText: "stays in memory" }).waitFor();
    await workbench.screenshot("password");
    await keyboard.type("wrong");
    await keyboard.press("Enter");
    await box.filter({ hasText: "That was not right (attempt 2 of 3)." }).waitFor();
    await box.getByRole("button", { name: /^Keep it in VS Code's secret storage: off/ }).click();
    await box.filter({ hasText: "Once it has worked it is kept" }).waitFor();
    await workbench.screenshot("password-kept");
    await box.locator("input").focus();
    await keyboard.type(password);
    await keyboard.press("Enter");
    const frame = await workbench.webview("table");
    expect(await frame.locator("h1").textContent()).toContain("pause-demo");
  });

  test("and forgotten by command", async () => {
    const { workbench } = product();
    await workbench.run("Pod Sandbox: Forget saved secrets");
    await workbench.picks().filter({ hasText: "Password for SSH" }).waitFor();
    await workbench.screenshot("secrets");
    await workbench.page.keyboard.press("Enter");
    await workbench.answer().filter({ hasText: "1 saved secret is forgotten." }).waitFor();
    await workbench.run("Pod Sandbox: Forget saved secrets");
    await workbench.answer().filter({ hasText: "No secret is saved." }).waitFor();
  });
});
