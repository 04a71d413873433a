import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import * as z from "zod/mini";
import { installVSCode } from "../support/vscode/install.ts";
import type { VSCodeInstallation } from "../support/vscode/install.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The packed extension, as users get it. */
    vsix: string;
    installation: VSCodeInstallation;
  }
}

/** Once for all end-to-end tests: packs the extension and sees to a VS Code server. */
export async function setup(project: TestProject): Promise<void> {
  const root = join(import.meta.dirname, "../..");
  await promisify(execFile)(process.execPath, ["build.mjs", "package"], { cwd: root });
  const text = await readFile(join(root, "package.json"), "utf8");
  const { name, version } = z.object({ name: z.string(), version: z.string() }).parse(JSON.parse(text));
  project.provide("vsix", join(root, "dist", `${name}-${version}.vsix`));
  project.provide("installation", await installVSCode(console.log));
}
