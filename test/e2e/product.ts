import { join } from "node:path";
import { afterAll, afterEach, beforeAll, inject } from "vitest";
import { startLab, type Lab, type LabOptions } from "../lab/lab.ts";
import { Undo } from "../lab/undo.ts";
import { launchChromium } from "../support/vscode/browser.ts";
import { startVSCode, type VSCodeServer } from "../support/vscode/start.ts";
import { Workbench } from "../support/vscode/workbench.ts";

const WORKSPACE = join(import.meta.dirname, "../lab/workspace");

/** The packed extension in a real VS Code, with a lab to look at. */
export interface Product {
  readonly lab: Lab;
  readonly server: VSCodeServer;
  readonly workbench: Workbench;
}

/** What every VS Code of these tests is started with. */
export function vscodeOptions(lab: Pick<Lab, "settings">) {
  return {
    installation: inject("installation"),
    vsix: [inject("vsix")],
    workspace: WORKSPACE,
    machineSettings: lab.settings,
  };
}

/**
 * Opens the product before the tests of the calling `describe` and closes it after them; a failed test leaves a picture.
 *
 * @param labOptions as of the lab.
 * @param settings user settings.
 * @returns a function that gives the product inside a test.
 */
export function useProduct(
  labOptions: LabOptions = {},
  settings: Readonly<Record<string, unknown>> = {},
): () => Product {
  const undo = new Undo();
  let product: Product | undefined;
  const opened = (): Product => {
    if (product === undefined) throw new Error("The product is open in tests only.");
    return product;
  };
  beforeAll(async () => {
    const lab = await startLab(labOptions);
    undo.add(async () => lab.stop());
    const server = await startVSCode({ ...vscodeOptions(lab), settings });
    undo.add(async () => server.stop());
    const browser = await launchChromium();
    undo.add(async () => browser.close());
    const workbench = await Workbench.open(browser, server);
    // From here on the palette knows the extension's commands.
    await workbench.activity("Pod Sandboxes").waitFor();
    product = { lab, server, workbench };
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") {
      await product?.workbench.screenshot(`failed-${task.name.replaceAll(/[^a-z0-9]+/gi, "-")}`);
    }
  });
  afterAll(async () => undo.run());
  return opened;
}
