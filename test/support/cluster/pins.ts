import { readdirSync, readlinkSync } from "node:fs";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { command } from "./command.ts";
import { mountPoints } from "./mounts.ts";

/*
 * Pins: files that a Linux namespace is bind-mounted on. Runtimes keep them at fixed places outside a bench's folder,
 * so a link in that folder remembers each for a sweep.
 */

function recordsOf(directory: string): string {
  return join(directory, "pins");
}

/** Makes the file that a namespace can be bind-mounted on, given a bench's folder; a sweep unmounts and removes it. */
export async function preparePin(directory: string, path: string): Promise<void> {
  const records = recordsOf(directory);
  await mkdir(records, { recursive: true });
  await symlink(path, join(records, path.replaceAll("/", "_")));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, "", { flag: "wx" });
}

/** The paths of all pins that were prepared for a bench. */
export function pinsElsewhere(directory: string): string[] {
  try {
    return readdirSync(recordsOf(directory)).map((name) => readlinkSync(join(recordsOf(directory), name)));
  } catch {
    return [];
  }
}

/** Unmounts and removes a pin, mounted or not. */
export async function removePin(path: string): Promise<void> {
  if (mountPoints().some((mount) => mount.path === path)) await command("umount", ["--lazy", path]);
  await rm(path, { force: true });
}
