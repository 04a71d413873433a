import { cp } from "node:fs/promises";
import { cacheFolder } from "../folders.ts";

/** The folder that the demo opens: a copy, made once, in which people may write as they like. */
export async function prepareWorkspace(): Promise<string> {
  const folder = cacheFolder("demo", "pod-sandbox-lab");
  await cp(new URL("../workspace", import.meta.url), folder, { recursive: true, force: false });
  return folder;
}
