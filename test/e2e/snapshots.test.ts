import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { whyNoRealPods } from "../lab/pods/real-pods.ts";
import { because } from "../support/skipped.ts";
import { axeViolations } from "./axe.ts";
import { useProduct } from "./product.ts";
import { giveFile } from "./steps.ts";

const obstacle = await whyNoRealPods();

describe("snapshots, with no cluster at all", () => {
  const product = useProduct();
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "snapshots-"));
    await product().server.changeMachineSettings({ "podSandbox.kubeconfig": join(folder, "missing") });
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  test("the sample is one click away, and shows the whole panel", async () => {
    const { workbench } = product();
    await workbench.activity("Pod Sandboxes").click();
    await workbench.welcome().getByText("Try with a sample pod").first().click();
    const panel = await workbench.webview("h1:has-text('web')");
    expect(await panel.locator("table.matrix thead th").count()).toBe(5);
    expect(await panel.getByRole("button", { name: "Read again" }).count()).toBe(0);
    await workbench.screenshot("sample");
  });

  test("what is saved opens again, by its name alone", async () => {
    const { workbench } = product();
    const panel = await workbench.webview("h1:has-text('web')");
    await panel.getByRole("button", { name: "Save snapshot…" }).click();
    const file = join(folder, "earlier.sandbox.json");
    await giveFile(workbench, file);
    await expect
      .poll(async () => readFile(file, "utf8").catch(() => ""), { timeout: 20_000 })
      .toContain("pod-sandbox-snapshot");
    await workbench.closeEditors();

    // Another moment of the pod: its proxy has moved to another network.
    const text = await readFile(file, "utf8");
    const moved = text.replace(
      /("name": "proxy"[^]*?"net": \{\s+"status": "read",\s+"inode": ")\d+/,
      "$14026539999",
    );
    expect(moved).not.toBe(text);
    await writeFile(join(folder, "later.sandbox.json"), moved);
    await workbench.run("File: Open File...");
    await giveFile(workbench, join(folder, "later.sandbox.json"));
    await workbench.tab("later.sandbox.json").waitFor();
    await workbench.webview("h1:has-text('web')");
  });

  test("two moments stand side by side, and survive a reload", async () => {
    const { workbench } = product();
    const panel = await workbench.webview("h1:has-text('web')");
    await panel.getByRole("button", { name: "Compare with…" }).click();
    await workbench.picks().filter({ hasText: "A snapshot file…" }).click();
    await giveFile(workbench, join(folder, "earlier.sandbox.json"));
    let page = await workbench.webview("h1:has-text('web in shop beside web in shop')");
    await page.getByText("another Linux namespace").first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await workbench.screenshot("comparison");
    await page.getByLabel("Only differences").check();
    expect(await page.locator("tbody tr:not(.differs)").count()).toBe(0);
    await workbench.screenshot("comparison-differences");
    const first = page.locator("tr.differs td").first();
    const before = await first.textContent();
    await page.getByRole("button", { name: "Swap sides" }).click();
    await expect.poll(async () => first.textContent()).not.toBe(before);

    await Promise.all([workbench.page.waitForEvent("load"), workbench.run("Developer: Reload Window")]);
    page = await workbench.webview("h1:has-text('web in shop beside web in shop')");
    await page.getByText("another Linux namespace").first().waitFor();
    await workbench.closeEditors();
  });

  test("a file that is none says so, and opens as text", async () => {
    const { workbench } = product();
    const file = join(folder, "broken.sandbox.json");
    await writeFile(file, '{\n  "kind": 1,\n}');
    await workbench.run("File: Open File...");
    await giveFile(workbench, file);
    const page = await workbench.webview("h1:has-text('No snapshot')");
    expect(await page.getByRole("alert").textContent()).toContain(
      "broken.sandbox.json cannot be read: line 3",
    );
    expect(await axeViolations(page)).toEqual([]);
    await workbench.screenshot("snapshot-broken");
    await page.getByRole("button", { name: "Open as text" }).click();
    await workbench.page.locator(".monaco-editor .view-lines").filter({ hasText: "kind" }).waitFor();
  });
});

describe.skipIf(obstacle !== undefined)(`the snapshot of a node${because(obstacle)}`, () => {
  const product = useProduct({ pods: "real" }, { "podSandbox.timeoutSeconds": 120 });
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "snapshots-"));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  test("is saved from its row and shown as tables", async () => {
    const { workbench } = product();
    const tree = await workbench.openView("Nodes");
    await tree.row(/^lab-node/).click({ button: "right" });
    await workbench.page.getByRole("menuitem", { name: "Save node snapshot…" }).click();
    const file = join(folder, "node.sandbox.json");
    // The node is read first, which may have much to tell.
    await workbench.quickInput.waitFor({ timeout: 100_000 });
    await giveFile(workbench, file);
    await expect
      .poll(async () => readFile(file, "utf8").catch(() => ""), { timeout: 100_000 })
      .toContain("pod-sandbox-snapshot");
    await workbench.run("File: Open File...");
    await giveFile(workbench, file);
    const page = await workbench.webview("h1:has-text('Node lab-node')");
    expect(await page.locator("tbody tr").count()).toBeGreaterThan(5);
    expect(await axeViolations(page)).toEqual([]);
    await workbench.screenshot("node-snapshot");
  });
});
