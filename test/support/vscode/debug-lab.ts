/**
 * The lab for a debugged extension: the background task of the launch configuration "Run extension with the lab".
 * Writes the settings that lead there into the user data folder that the configuration names.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startLab } from "../../lab/lab.ts";
import { mergeSettings } from "../../lab/demo/user-settings.ts";

const folder = join(import.meta.dirname, "../../output/debug/User");
const file = join(folder, "settings.json");

console.log("Starting the lab");
const lab = await startLab();
await mkdir(folder, { recursive: true });
const present = await readFile(file, "utf8").catch(() => "{}");
await writeFile(file, mergeSettings(present, lab.settings) ?? JSON.stringify(lab.settings, null, 2));
console.log(`The lab is ready. ${lab.describe()}`);

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, () => {
    void lab.stop().finally(() => process.exit());
  });
}
