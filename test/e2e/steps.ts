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
