import { describe, expect, test } from "vitest";
import { useProduct } from "./product.ts";

describe("manifests", () => {
  // In the browser VS Code saves by itself: the fix would be written into the lab's own file.
  const product = useProduct({}, { "files.autoSave": "off" });

  test("what the API server rejects is marked, and a quick fix mends it", async () => {
    const { workbench } = product();
    const { keyboard } = workbench.page;
    const marks = workbench.page.locator(".monaco-editor .squiggly-error");
    await workbench.openFile("rejected.yaml");
    await expect.poll(async () => marks.count(), { timeout: 20_000 }).toBe(2);
    await workbench.screenshot("manifest-diagnostics");
    await workbench.goTo(8, 5);
    await keyboard.press("Control+.");
    const fixes = workbench.page.locator(".action-widget .monaco-list-row.action");
    await fixes.filter({ hasText: "Remove shareProcessNamespace" }).waitFor();
    await workbench.screenshot("manifest-fixes");
    await fixes.filter({ hasText: "Remove shareProcessNamespace" }).click();
    await expect.poll(async () => marks.count(), { timeout: 20_000 }).toBe(1);
    const lines = await workbench.page.locator(".monaco-editor .view-lines").first().innerText();
    expect(lines).not.toContain("shareProcessNamespace");
    await workbench.screenshot("manifest-fixed");
    await workbench.run("File: Revert File");
    await expect.poll(async () => marks.count(), { timeout: 20_000 }).toBe(2);
  });

  test("a manifest asks no cluster; once pods are looked at, a lens over one inspects it", async () => {
    const { workbench } = product();
    const lens = workbench.page.locator(".codelens-decoration a").filter({ hasText: "Inspect sandbox" });
    await workbench.openFile("web.yaml");
    await workbench.goTo(2, 2);
    await workbench.run("Show or Focus Hover");
    await workbench.hover.filter({ hasText: "the Linux namespaces its containers share" }).waitFor();
    await workbench.page.keyboard.press("Escape");
    expect(await lens.count()).toBe(0);

    const tree = await workbench.openView("Pods");
    await tree.moveTo("default");
    await workbench.page.keyboard.press("ArrowRight");
    await tree.row("pause-demo").waitFor();
    await lens.first().waitFor();
    await workbench.screenshot("manifest-lens");
    await lens.first().click();
    await workbench.tab("web sandbox").waitFor();
    await workbench.webview("h1:has-text('web')");
  });

  test("the hover is a table of what is expected, with what was read beside it", async () => {
    const { workbench } = product();
    await workbench.tab("web.yaml").click();
    await workbench.page.locator(".codelens-decoration a").first().waitFor();
    await workbench.goTo(2, 2);
    await workbench.run("Show or Focus Hover");
    const table = workbench.hover.locator("table");
    await table.waitFor();
    const heads = await table.locator("th").allInnerTexts();
    expect(heads).toEqual(["Linux namespace", "expected", "pause", ...heads.slice(3)]);
    expect(heads.slice(3).toSorted()).toEqual(["log-shipper", "nginx"]);
    expect(await table.locator("tr").nth(1).locator("td").allInnerTexts()).toEqual([
      "net (interfaces, ports)",
      "shared within the pod",
      "A shared",
      "A shared",
      "A shared",
    ]);
    await workbench.screenshot("manifest-hover");
    await workbench.page.keyboard.press("Escape");
  });
});
