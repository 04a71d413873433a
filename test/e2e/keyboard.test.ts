import { readlink } from "node:fs/promises";
import type { Frame } from "playwright-core";
import { describe, expect, test } from "vitest";
import { useProduct } from "./product.ts";

/** Presses Tab until the element with this text has the focus; fails after as many as the page could have. */
async function tabTo(frame: Frame, text: string): Promise<void> {
  const focused = frame.locator(":focus").filter({ hasText: text });
  for (let step = 0; step < 60 && (await focused.count()) === 0; step += 1) {
    await frame.page().keyboard.press("Tab");
  }
  await focused.waitFor({ timeout: 1000 });
}

/** The columns' names, from left to right. */
async function columnsOf(frame: Frame): Promise<readonly string[]> {
  return frame.locator("thead th .name").allInnerTexts();
}

/** Where the focus is: a place in the table, else the text of what has it. */
async function focusIn(frame: Frame): Promise<unknown> {
  return frame.evaluate("document.activeElement.dataset.place ?? document.activeElement.textContent");
}

describe("by keyboard alone", () => {
  const product = useProduct();

  test("with no pod selected, one is picked", async () => {
    const { workbench } = product();
    await workbench.run("Pod Sandbox: Inspect sandbox");
    await workbench.picks().filter({ hasText: "pause-demo" }).waitFor();
    await workbench.page.keyboard.type("shared-p");
    await workbench.picks().filter({ hasText: "pause-demo" }).waitFor({ state: "detached" });
    await workbench.screenshot("pick");
    await workbench.page.keyboard.press("Enter");
    const frame = await workbench.webview("table");
    expect(await frame.locator("h1").textContent()).toContain("shared-pids");
  });

  test("from the sidebar to the panel of a pod, which says what the kernel says", async () => {
    const { lab, workbench } = product();
    const { keyboard } = workbench.page;
    const tree = await workbench.openView("Pods");
    await tree.moveTo("default");
    await keyboard.press("ArrowRight");
    await tree.row("pause-demo").waitFor();
    await tree.moveTo(/^web/);
    await keyboard.press("ArrowRight");
    await tree.row("not inspected yet").waitFor();
    await workbench.screenshot("tree");
    await keyboard.press("Enter");
    await workbench.tab("web sandbox").waitFor();
    // The row of the sandbox now names what holds it.
    await tree.row(/^pause.* PID \d+$/).waitFor();
    await workbench.screenshot("panel");

    const frame = await workbench.webview("h1:has-text('web')");
    const headers = await frame.locator("thead th .name").allInnerTexts();
    expect(headers).toEqual(expect.arrayContaining(["node", "pause", "log-shipper", "nginx"]));
    const table = await frame.locator("table").first().innerText();
    for (const { pid } of lab.containers.filter(({ pod }) => pod === "web")) {
      for (const type of ["net", "ipc", "uts", "pid", "mnt"]) {
        const inode = /\d+/.exec(await readlink(`/proc/${pid}/ns/${type}`))?.[0];
        expect(table).toContain(inode);
      }
    }
  });

  test("columns are arranged and a cell explains itself, and the focus is never lost", async () => {
    const { workbench } = product();
    const { keyboard } = workbench.page;
    const frame = await workbench.webview("main:has(h1:has-text('web')) table.matrix");
    const names = async (): Promise<readonly string[]> => columnsOf(frame);
    const focused = async (): Promise<unknown> => focusIn(frame);
    const [, , third = ""] = await names();
    const lit = workbench
      .tree("Pods")
      .row(/^pause.*PID/)
      .locator(".monaco-icon-label[class*=monaco-decoration]");
    await workbench.run("View: Focus Active Editor Group");
    // First the region, which scrolls; then the table, which is one stop.
    await tabTo(frame, "the node's");
    expect(await lit.count()).toBe(0);
    await keyboard.press("Tab");
    expect(await focused()).toBe("1 0");
    for (const key of ["ArrowRight", "ArrowRight", "Enter"]) await keyboard.press(key);
    await frame.locator(`.explained:has-text("net of ${third}")`).waitFor();
    // The tree marks who is in the Linux namespace that the focus is on.
    await lit.waitFor();
    await workbench.screenshot("panel-explained");
    await keyboard.press("Escape");
    await frame.locator(".explained:empty").waitFor({ state: "attached" });
    expect(await focused()).toBe("1 2");

    for (const key of ["ArrowUp", "Enter"]) await keyboard.press(key);
    await frame.locator(".menu:popover-open").waitFor();
    await lit.waitFor({ state: "detached" });
    await workbench.screenshot("panel-column-menu");
    for (const key of ["End", "Enter"]) await keyboard.press(key);
    await frame.locator(`.arrangement:has-text("1 column is hidden.")`).waitFor();
    expect(await names()).not.toContain(third);
    expect(await focused()).toBe("0 1");

    for (let step = 0; step < 5 && (await focused()) !== `Show ${third}`; step += 1) {
      await keyboard.press("Shift+Tab");
    }
    await keyboard.press("Enter");
    await expect.poll(names).toContain(third);
    await expect.poll(focused).toBe("0 1");
  });

  test("columns are moved and pinned, which hiding, moving and closing the panel does not undo", async () => {
    const { workbench } = product();
    const { keyboard } = workbench.page;
    const drawn = "main:has(h1:has-text('web')) table.matrix";
    const first = await workbench.webview(drawn);
    const [node, before = "", moved = "", ...rest] = await columnsOf(first);
    const asArranged = [node, moved, before, ...rest];
    expect(await focusIn(first)).toBe("0 1");
    for (const key of ["ArrowRight", "Enter"]) await keyboard.press(key);
    await first.locator(".menu:popover-open :focus:has-text('Move left')").waitFor();
    await keyboard.press("Enter");
    await expect.poll(async () => columnsOf(first)).toEqual(asArranged);
    await expect.poll(async () => focusIn(first)).toBe("0 1");
    await keyboard.press("Enter");
    await first.locator(".menu:popover-open :focus").waitFor();
    for (const key of ["ArrowDown", "ArrowDown", "Enter"]) await keyboard.press(key);
    await first.locator(`thead th.pinned:has-text("${moved}")`).waitFor();
    await expect.poll(async () => focusIn(first)).toBe("0 1");
    await tabTo(first, "Drawing for documents and talks");
    await keyboard.press("Enter");
    await first.locator("details[open] .drawing svg").waitFor();
    expect(await focusIn(first)).toBe("Drawing for documents and talks");
    await workbench.screenshot("panel-drawing");

    const steps = [
      async () => {
        await workbench.openFile("web.yaml");
        await workbench.run("View: Open Previous Editor");
      },
      async () => workbench.run("View: Move Editor into Right Group"),
    ];
    for (const step of steps) {
      await step();
      const again = await workbench.webview(`main:has(details[open] .drawing svg):has(h1:has-text('web'))`);
      expect(await columnsOf(again)).toEqual(asArranged);
      await again.locator(`thead th.pinned:has-text("${moved}")`).waitFor();
    }
    await workbench.screenshot("panel-moved");
    await workbench.closeEditors();
    const tree = await workbench.openView("Pods");
    await tree.moveTo(/^web/);
    await keyboard.press("Enter");
    const reopened = await workbench.webview(drawn);
    expect(await columnsOf(reopened)).toEqual(asArranged);
  });

  test("the panel's actions are reached with Tab and worked with Enter", async () => {
    const { workbench } = product();
    const { page } = workbench;
    const frame = await workbench.webview("h1");
    await workbench.run("View: Focus Active Editor Group");
    await tabTo(frame, "Copy as Markdown");
    await workbench.screenshot("panel-focus");
    await page.keyboard.press("Enter");
    await expect
      .poll(async () => page.evaluate<string>("navigator.clipboard.readText()"))
      .toMatch(/^### Sandbox of web in default$[^]*^\| \*\*net\*\*/m);
  });

  test("the hover on a pod's YAML tells what the kernel said", async () => {
    const { workbench } = product();
    await workbench.openFile("web.yaml");
    await workbench.goTo(2, 2);
    await workbench.run("Show or Focus Hover");
    await workbench.hover.filter({ hasText: "as the kernel of lab-node said" }).waitFor();
    await workbench.screenshot("hover");
  });
});
