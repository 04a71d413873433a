import { expect } from "vitest";
import type { Workbench } from "../support/vscode/workbench.ts";

/**
 * Inspects a pod by keyboard, with none selected in the view: from the palette to the pick's answer.
 *
 * @param title the command's, where VS Code speaks another language.
 */
export async function inspect(workbench: Workbench, pod: string, title = "Inspect sandbox"): Promise<void> {
  await workbench.run(`Pod Sandbox: ${title}`);
  await workbench.picks().filter({ hasText: "pause-demo" }).waitFor();
  await workbench.page.keyboard.type(pod);
  // The list is filtered a moment after the typing.
  await workbench.picks().filter({ hasNotText: pod }).first().waitFor({ state: "detached" });
  await workbench.page.keyboard.press("Enter");
}

/** Slow enough for a dialog to have followed. */
const steady = { timeout: 20_000, interval: 1_000 };

/** Answers VS Code's own dialog for a file, or the name of one to open. */
export async function giveFile(workbench: Workbench, path: string): Promise<void> {
  const { page } = workbench;
  const input = page.locator(".quick-input-widget:visible input[type=text]");
  // It begins in the workspace, and takes a moment to follow what is typed.
  await expect.poll(async () => input.inputValue(), { timeout: 20_000 }).toContain("/");
  await workbench.picks().first().waitFor();
  // It puts back what it has begun with, and hears of no Enter, until it has read the folder.
  await expect
    .poll(async () => {
      if (!(await input.isVisible())) return "closed";
      if ((await input.inputValue()) === path) await page.keyboard.press("Enter");
      else await input.fill(path);
      return "open";
    }, steady)
    .toBe("closed");
}
