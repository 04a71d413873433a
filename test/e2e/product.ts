import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, inject } from "vitest";
import * as z from "zod/mini";
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

/** A text of package.json, as VS Code says it in a language; in English when none is given. */
export async function packageText(key: string, language?: string): Promise<string> {
  const file = language === undefined ? "package.nls.json" : `package.nls.${language}.json`;
  const text = await readFile(join(import.meta.dirname, "../..", file), "utf8");
  const found = z.record(z.string(), z.string()).parse(JSON.parse(text))[key];
  if (found === undefined) throw new Error(`${file} has no ${key}.`);
  return found;
}

/**
 * Opens the product before the tests of the calling `describe` and closes it after them; a failed test leaves a picture.
 *
 * @param labOptions as of the lab.
 * @param settings user settings.
 * @param place another workspace than the lab's, made before VS Code starts, and what VS Code takes its language to be.
 * @returns a function that gives the product inside a test.
 */
export function useProduct(
  labOptions: LabOptions = {},
  settings: Readonly<Record<string, unknown>> = {},
  place: { readonly workspace?: () => string; readonly language?: string } = {},
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
    const workspace = place.workspace?.() ?? WORKSPACE;
    const server = await startVSCode({ ...vscodeOptions(lab), workspace, settings });
    undo.add(async () => server.stop());
    const browser = await launchChromium();
    undo.add(async () => browser.close());
    const workbench = await Workbench.open(browser, server, place.language);
    // From here on the palette knows the extension's commands.
    await workbench.activity(await packageText("container.title", place.language)).waitFor();
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
