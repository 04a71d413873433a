import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { installVSCode } from "../../support/vscode/install.ts";
import { startVSCode } from "../../support/vscode/start.ts";
import { cacheFolder } from "../folders.ts";
import type { DemoWindow, WindowOptions } from "./window.ts";

/** Always the same, because VS Code keeps the state of its window in the browser, by origin. */
const usualPort = 8377;

/** Serves VS Code on loopback to whoever has the address with its key, and opens it where there is a desktop. */
export async function openInBrowser(options: WindowOptions): Promise<DemoWindow> {
  const installation = await installVSCode(console.log);
  const port = await freePort();
  // By port, because a second demo beside this one has a lab of its own to lead to.
  const root = cacheFolder("demo", `browser-${port}`);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const server = await startVSCode({
    installation,
    root,
    workspace: options.workspace,
    vsix: [options.vsix],
    // The user's own settings, made once; what leads to this run's lab is the machine's.
    settings: { "workbench.startupEditor": "readme" },
    machineSettings: options.settings,
    tokenFile: await tokenFile(join(root, "token")),
    port,
    env: options.env,
  });
  showAddress(server.url);
  return {
    where: `VS Code runs at this address (it holds a key: keep it to yourself)\n\n  ${server.url}`,
    // It serves until it is stopped.
    closed: new Promise(() => undefined),
    stop: () => server.stop(),
  };
}

/** The same key at every start, so that an open tab or a bookmark goes on working. */
async function tokenFile(path: string): Promise<string> {
  try {
    await writeFile(path, randomBytes(24).toString("hex"), { mode: 0o600, flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return path;
}

async function freePort(): Promise<number> {
  for (let port = usualPort; port < usualPort + 20; port++) {
    if (await isFree(port)) {
      if (port !== usualPort) console.log(`Port ${usualPort} is taken; using ${port}.`);
      return port;
    }
  }
  throw new Error(`The ports ${usualPort} to ${usualPort + 19} of 127.0.0.1 are all taken.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** A courtesy: the address is printed anyway, so that nothing here may fail the start. */
function showAddress(url: string): void {
  const opener = desktopOpener();
  if (opener === undefined) return;
  const child = spawn(opener, [url], { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
}

function desktopOpener(): string | undefined {
  const { env, platform } = process;
  if (env["CI"] !== undefined) return undefined;
  if (platform === "darwin") return "open";
  if (platform === "win32") return "explorer";
  return env["DISPLAY"] === undefined && env["WAYLAND_DISPLAY"] === undefined ? undefined : "xdg-open";
}
