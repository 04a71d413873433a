import { readlink } from "node:fs/promises";
import { expect, test } from "vitest";
import { useProduct } from "./product.ts";

const product = useProduct({}, { "terminal.integrated.gpuAcceleration": "off" });

/** What the terminal in front shows, without the breaks of its lines. */
async function shown(): Promise<string> {
  const rows = await product()
    .workbench.page.locator(".terminal-wrapper.active .xterm-rows > div")
    .allInnerTexts();
  return rows.map((row) => row.replaceAll("\u00a0", " ")).join("");
}

test("the panel opens a terminal in the pod's Linux namespaces, which ends on the node when it is closed", async () => {
  const { lab, workbench } = product();
  const { page } = workbench;
  const nginx = lab.containers.find(({ pod, name }) => pod === "web" && name === "nginx");
  if (nginx === undefined) throw new Error("no nginx in the lab");
  const inode = await readlink(`/proc/${nginx.pid}/ns/net`);

  const tree = await workbench.openView("Pods");
  await tree.moveTo("default");
  await page.keyboard.press("ArrowRight");
  await tree.row(/^web/).dblclick();
  const frame = await workbench.webview("h1:has-text('web')");
  await frame.getByRole("button", { name: "Open terminal in sandbox" }).click();
  await workbench.picks().filter({ hasText: "nginx" }).first().waitFor();
  await workbench.screenshot("terminal-container");
  await workbench.picks().filter({ hasText: "nginx" }).first().click();
  await workbench.picks().filter({ hasText: "Interfaces" }).first().waitFor();
  await workbench.screenshot("terminal-namespaces");
  await page.keyboard.press("Enter");

  // The shell's prompt: what is typed before it is there goes nowhere.
  await expect.poll(shown, { timeout: 20_000 }).toMatch(/What you type runs there as root\..*[#$] *$/);
  await page.locator(".terminal-wrapper.active .xterm-helper-textarea").focus();
  await page.keyboard.type("readlink /proc/self/ns/net; echo pid $$ end");
  await page.keyboard.press("Enter");
  await expect.poll(shown, { timeout: 20_000 }).toMatch(/pid \d+ end/);
  const text = await shown();
  await workbench.screenshot("terminal");
  expect(text).toContain(inode);

  const [, shell] = /pid (\d+) end/.exec(text) ?? [];
  expect(await readlink(`/proc/${shell}/ns/net`)).toBe(inode);
  await workbench.run("Terminal: Kill the Active Terminal Instance");
  await expect
    .poll(async () => readlink(`/proc/${shell}/ns/net`).catch(() => "gone"), { timeout: 10_000 })
    .toBe("gone");
});
