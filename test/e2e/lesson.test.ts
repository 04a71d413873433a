import { describe, expect, test } from "vitest";
import { whyNoRealPods } from "../lab/pods/real-pods.ts";
import { because } from "../support/skipped.ts";
import { useProduct } from "./product.ts";

const obstacle = await whyNoRealPods();

describe("the lesson", () => {
  const product = useProduct();

  test.skipIf(obstacle !== undefined)(
    `its first step is checked on the node, which has a pause by hand${because(obstacle)}`,
    async () => {
      const { workbench } = product();
      const { page } = workbench;
      await workbench.run("Pod Sandbox: What is the pause container?");
      const lesson = page.locator(".gettingStartedContainer");
      await lesson.getByText("Find both PIDs").waitFor();
      await workbench.screenshot("lesson");
      await lesson.getByRole("button", { name: "Check this step" }).first().click();
      await workbench.picks().filter({ hasText: "lab-node" }).first().click();
      await workbench.answer().filter({ hasText: "pause" }).waitFor();
      await workbench.screenshot("lesson-checked");
      expect(await workbench.answer().innerText()).toMatch(/pause/);
      await lesson.locator(".codicon-getting-started-step-checked").first().waitFor();
    },
  );
});
