import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pod-sandbox-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A file that goes with the test. */
export async function temporaryFile(name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, text, { mode });
  return path;
}
