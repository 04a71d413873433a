import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import type { Machine } from "./settings.ts";

/** Where a program of that name is found, as execvp(3) looks for it; undefined where there is none. */
export async function findProgram(name: string, { env, platform }: Machine): Promise<string | undefined> {
  const file = platform === "win32" ? `${name}.exe` : name;
  for (const folder of (env["PATH"] ?? env["Path"] ?? "").split(delimiter)) {
    // What stands in the current folder is none of ours.
    if (!isAbsolute(folder)) continue;
    const path = join(folder, file);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Look further.
    }
  }
  return undefined;
}
