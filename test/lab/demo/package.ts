import { execFile } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const checkout = fileURLToPath(new URL("../../..", import.meta.url));

/** Packs the extension as it would be published and returns the .vsix. */
export async function packExtension(): Promise<string> {
  await promisify(execFile)(process.execPath, ["build.mjs", "package"], { cwd: checkout });
  const dist = join(checkout, "dist");
  const files = (await readdir(dist))
    .filter((name) => name.endsWith(".vsix"))
    .map((name) => join(dist, name));
  const times = await Promise.all(files.map(async (file) => ({ file, time: (await stat(file)).mtimeMs })));
  const newest = times.toSorted((a, b) => b.time - a.time)[0];
  if (newest === undefined) throw new Error(`There is no .vsix in ${dist} after packing.`);
  return newest.file;
}
