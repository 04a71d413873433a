import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Undo } from "../../lab/undo.ts";
import type { VSCodeInstallation } from "./install.ts";
import { QUIET_SETTINGS } from "./settings.ts";

const run = promisify(execFile);

export interface VSCodeOptions {
  readonly installation: VSCodeInstallation;
  /** The folder to open; absolute. */
  readonly workspace: string;
  /** Packed extensions to install first; absolute. */
  readonly vsix?: readonly string[];
  /** A folder with an extension's package.json to load from source as well; absolute. */
  readonly extensionDevelopmentPath?: string;
  /** A CommonJS file whose `run()` VS Code calls in its extension host; needs `extensionDevelopmentPath`. */
  readonly extensionTestsPath?: string;
  /** User settings, over the quiet ones. Written only where there are none yet: a kept root keeps its user's changes. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Settings of this machine, written at every start; user settings give way to them. */
  readonly machineSettings?: Readonly<Record<string, unknown>>;
  /** A file with the secret that a browser must know. Without one anybody on this machine may connect: tests only. */
  readonly tokenFile?: string;
  /** Loopback port; default: any free one. */
  readonly port?: number;
  /** Where the server keeps everything; default: a temporary folder that `stop` removes. */
  readonly root?: string;
  /** Variables for the server and with it the extension host, over a bare environment with a home folder in `root`. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface VSCodeServer {
  /** Opens the workspace, with the token where there is one. */
  readonly url: string;
  /** All that the server has printed so far. */
  log(): string;
  /** Other settings of this machine in place of the present ones; open windows take them up. */
  changeMachineSettings(settings: Readonly<Record<string, unknown>>): Promise<void>;
  /** Ends the server and its extension hosts; removes the temporary folder. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;

async function writeMachineSettings(
  root: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  const folder = join(root, "user-data/Machine");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "settings.json"), JSON.stringify(settings, null, 2));
}

/** The user's changes are the user's: only a file that is not there yet is written. */
async function beginUserSettings(root: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
  const folder = join(root, "user-data/User");
  await mkdir(folder, { recursive: true });
  const text = JSON.stringify({ ...QUIET_SETTINGS, ...settings }, null, 2);
  await writeFile(join(folder, "settings.json"), text, { flag: "wx" }).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) {
      throw error;
    }
  });
}

async function pageUrl(port: string, options: VSCodeOptions): Promise<string> {
  const url = new URL(`http://127.0.0.1:${port}/`);
  if (options.tokenFile !== undefined) {
    url.searchParams.set("tkn", (await readFile(options.tokenFile, "utf8")).trim());
  }
  url.searchParams.set("folder", options.workspace);
  const paths = Object.entries({
    extensionDevelopmentPath: options.extensionDevelopmentPath,
    extensionTestsPath: options.extensionTestsPath,
  });
  const payload = paths.flatMap(([key, path]) =>
    path === undefined ? [] : [[key, `vscode-remote://${url.host}${path}`]],
  );
  if (payload.length > 0) {
    url.searchParams.set("payload", JSON.stringify(payload));
  }
  return url.href;
}

/** Which folders the server works in, as its command line wants it. */
function folderOptions(root: string): readonly string[] {
  const folders = {
    "server-data-dir": "server",
    "user-data-dir": "user-data",
    "extensions-dir": "extensions",
  };
  return Object.entries(folders).flatMap(([option, folder]) => [`--${option}`, join(root, folder)]);
}

function serveOptions({ port, tokenFile, extensionTestsPath }: VSCodeOptions): readonly string[] {
  return [
    ...["--host", "127.0.0.1", "--port", String(port ?? 0)],
    ...(tokenFile === undefined ? ["--without-connection-token"] : ["--connection-token-file", tokenFile]),
    ...["--accept-server-license-terms", "--telemetry-level", "off", "--disable-telemetry"],
    ...["--disable-update-check", "--disable-workspace-trust", "--disable-getting-started-override"],
    ...(extensionTestsPath === undefined ? [] : ["--enable-smoke-test-driver"]),
  ];
}

/** The port, once the server says that it listens. */
async function listening(child: ChildProcess, log: () => string): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    const read = (): void => {
      const port = /Extension host agent listening on (\d+)/.exec(log())?.[1];
      if (port !== undefined) resolve(port);
    };
    const fail = (what: string): void => reject(new Error(`The VS Code server ${what}:\n${log()}`));
    child.stdout?.on("data", read);
    child.once("error", reject);
    child.once("exit", (code) => fail(`ended with ${String(code)}`));
    setTimeout(() => fail("did not start"), START_TIMEOUT_MS).unref();
  });
}

/** Ends a process and all that it has started: it leads a process group of its own. */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, "exit", { signal: AbortSignal.timeout(STOP_TIMEOUT_MS) }).catch(() => {});
    signalGroup(child, "SIGTERM");
    await exited;
  }
  signalGroup(child, "SIGKILL");
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // Gone already.
  }
}

/**
 * Starts a VS Code server on the loopback interface.
 *
 * @throws when an extension cannot be installed, or the server ends or says nothing within a minute; the message holds
 * what it printed.
 */
export async function startVSCode(options: VSCodeOptions): Promise<VSCodeServer> {
  // VS Code leaves sockets and folders behind where temporary files go; the path of a socket may not be long.
  const temporary = await mkdtemp(join(tmpdir(), "vscode-"));
  const undo = new Undo();
  undo.add(async () => rm(temporary, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  try {
    const root = options.root ?? join(temporary, "root");
    const main = join(options.installation.folder, "out/server-main.js");
    const home = join(root, "home");
    await mkdir(home, { recursive: true });
    await beginUserSettings(root, options.settings ?? {});
    await writeMachineSettings(root, options.machineSettings ?? {});
    const env = {
      PATH: process.env["PATH"],
      HOME: home,
      LANG: "C.UTF-8",
      SHELL: "/bin/sh",
      // No marketplace and no telemetry: the server speaks to nobody but its browser.
      EXTENSIONS_GALLERY: "{}",
      CS_TELEMETRY_URL: "http://127.0.0.1:9/",
      ...options.env,
      TMPDIR: temporary,
    };
    const folders = folderOptions(root);
    for (const vsix of options.vsix ?? []) {
      const install = ["--install-extension", vsix, "--force", "--accept-server-license-terms"];
      await run(process.execPath, [main, ...install, ...folders], { env });
    }

    const child = spawn(process.execPath, [main, ...folders, ...serveOptions(options)], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const endAtExit = (): void => signalGroup(child, "SIGKILL");
    process.once("exit", endAtExit);
    undo.add(async () => endGroup(child).finally(() => process.off("exit", endAtExit)));
    let log = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data: Buffer) => {
        log += data.toString("utf8");
      });
    }
    const port = await listening(child, () => log);
    return {
      url: await pageUrl(port, options),
      log: () => log,
      changeMachineSettings: async (settings) => writeMachineSettings(root, settings),
      stop: async () => undo.run(),
    };
  } catch (error) {
    await undo.run();
    throw error;
  }
}
