import { describe, expect, test } from "vitest";
import { useProduct } from "./product.ts";

describe("the panels", () => {
  const product = useProduct({}, { "workbench.editor.restoreEditors": true });

  test("a pod has one, however often it is clicked while it is read", async () => {
    const { workbench } = product();
    const tree = await workbench.openView("Pods");
    await tree.moveTo("default");
    await workbench.page.keyboard.press("ArrowRight");
    await tree.row(/^web/).dblclick();
    await workbench.tab("web sandbox").waitFor();
    await workbench.webview("h1:has-text('web')");
    expect(await workbench.tab("sandbox").count()).toBe(1);
  });

  test("after a reload too, where VS Code has brought back but not yet shown it", async () => {
    const { workbench } = product();
    const web = await workbench.webview("h1:has-text('web')");
    await web.locator("[data-place='0 2']").click();
    await web.getByRole("menuitem", { name: "Hide" }).click();
    await web.locator(".arrangement").waitFor();
    const before = workbench.tree("Pods");
    await before.row(/^shared-pids/).click();
    await workbench.tab("shared-pids sandbox").waitFor();
    const shared = await workbench.webview("h1:has-text('shared-pids')");
    await shared.locator("details.explanation summary").click();
    await shared.locator("details.explanation[open]").waitFor();
    // Not the page's own reload, which leaves VS Code no time to save what is open.
    await Promise.all([workbench.page.waitForEvent("load"), workbench.run("Developer: Reload Window")]);
    await workbench.tab("web sandbox").waitFor();
    await workbench.tab("shared-pids sandbox").waitFor();
    await workbench.webview("main:has(h1:has-text('shared-pids')) details.explanation[open]");
    // The sidebar is as it was left.
    await workbench.tree("Pods").row(/^web/).click();
    const again = await workbench.webview("h1:has-text('web')");
    await again.locator(".arrangement").filter({ hasText: "1 column is hidden." }).waitFor();
    await workbench.screenshot("panels-reloaded");
    expect(await workbench.tab("web sandbox").count()).toBe(1);
    expect(await workbench.tab("sandbox").count()).toBe(2);
  });
});
