import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../folders.ts";
import { mergeSettings } from "./user-settings.ts";
import type { DemoWindow, WindowOptions } from "./window.ts";

/** Opens the installed desktop VS Code with folders of its own: the user's extensions and settings stay untouched. */
export async function openInDesktop(options: WindowOptions): Promise<DemoWindow> {
  const root = cacheFolder("demo", "desktop");
  const userData = join(root, "user-data");
  await mkdir(join(userData, "User"), { recursive: true, mode: 0o700 });
  await writeSettings(join(userData, "User/settings.json"), options.settings);

  const folders = ["--user-data-dir", userData, "--extensions-dir", join(root, "extensions")];
  await code([...folders, "--install-extension", options.vsix, "--force"], options.env).ended;
  // Electron's sandbox does not work as root.
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const window = code([...folders, ...asRoot, "--new-window", "--wait", options.workspace], options.env);
  return {
    where: "VS Code opens in a window of its own; closing it ends the lab.",
    closed: window.ended,
    stop: window.stop,
  };
}

/** Runs VS Code's command line; `ended` rejects unless it exits with 0. */
function code(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): { readonly ended: Promise<void>; readonly stop: () => Promise<void> } {
  // On Windows `code` is a batch file, which only a shell runs.
  const shell = process.platform === "win32";
  const child = spawn("code", shell ? args.map((arg) => `"${arg}"`) : args, {
    stdio: ["ignore", "ignore", "inherit"],
    shell,
    env: { ...process.env, ...env },
  });
  const ended = (async () => {
    try {
      const [status]: unknown[] = await once(child, "exit");
      if (status !== 0) throw new Error(`code ended with ${String(status)}`);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
      throw new Error(
        'There is no program "code" on the PATH. In VS Code: F1, "Shell Command: Install \'code\' command in PATH".',
        { cause: error },
      );
    }
  })();
  const stop = async (): Promise<void> => {
    child.kill();
    await ended.catch(() => undefined);
  };
  return { ended, stop };
}

async function writeSettings(file: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
  const present = await readFile(file, "utf8").catch(() => "{}");
  const merged = mergeSettings(present, settings);
  if (merged === undefined) {
    console.log(
      `${file} is not plain JSON and stays as it is. Please set in it:\n${JSON.stringify(settings, null, 2)}`,
    );
  } else {
    await writeFile(file, merged);
  }
}
