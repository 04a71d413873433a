import { copyFileSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readOrUndefined } from "./process-identity.ts";

/** What a kubelet sets for the whole machine when it starts (setupKernelTunables in container_manager_linux.go). */
const files = [
  "/proc/sys/vm/overcommit_memory",
  "/proc/sys/vm/panic_on_oom",
  "/proc/sys/kernel/panic",
  "/proc/sys/kernel/panic_on_oops",
  "/proc/sys/kernel/keys/root_maxkeys",
  "/proc/sys/kernel/keys/root_maxbytes",
];

const fileName = "kernel-settings.json";

/** Writes the machine's settings into a bench's folder: those from before the first of the benches that run now. */
export function saveKernelSettings(directory: string): void {
  const target = join(directory, fileName);
  const [earlier] = globSync(join(directory, "..", "*", fileName));
  if (earlier !== undefined) {
    copyFileSync(earlier, target);
    return;
  }
  const values = Object.fromEntries(files.map((path) => [path, readFileSync(path, "utf8").trim()]));
  writeFileSync(target, JSON.stringify(values));
}

/** Puts back what was written down; nothing where nothing was. */
export function restoreKernelSettings(directory: string): void {
  const saved = readOrUndefined(join(directory, fileName));
  if (saved === undefined) return;
  const values = new Map<string, unknown>(Object.entries(JSON.parse(saved) as object));
  for (const path of files) {
    const value = values.get(path);
    if (typeof value === "string" && readOrUndefined(path)?.trim() !== value) writeFileSync(path, value);
  }
}
