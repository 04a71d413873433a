import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, cp, mkdir, mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import manifest from "./server/package.json" with { type: "json" };

const run = promisify(execFile);
const RECIPE = join(import.meta.dirname, "server");

/** A VS Code server that can be started: Visual Studio Code's own code, built to be used from a browser. */
export interface VSCodeInstallation {
  /** The folder that holds `out/server-main.js`. */
  readonly folder: string;
}

/** Where installations are kept: shared by checkouts, and there for the next run. */
function cacheFolder(): string {
  const cache = process.env["XDG_CACHE_HOME"];
  return join(
    cache === undefined || cache === "" ? join(homedir(), ".cache") : cache,
    "pod-sandbox-explorer",
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** What decides how an installation looks; a change to any of it makes a new one. */
async function recipeKey(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of ["package-lock.json", "stand-ins/spdlog.cjs", "stand-ins/native-watchdog.cjs"]) {
    hash.update(await readFile(join(RECIPE, file)));
  }
  return `vscode-${manifest.dependencies["code-server"]}-${hash.digest("hex").slice(0, 12)}`;
}

async function npmCi(folder: string, ...options: readonly string[]): Promise<void> {
  // The server wants the Node.js that runs this, not an older one that may come first on the PATH.
  const path = `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`;
  // No install scripts: they compile native modules and download; the stand-ins below take their place.
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["ci", ...quiet, ...options], { cwd: folder, env: { ...process.env, PATH: path } });
}

async function prepare(folder: string): Promise<void> {
  await cp(RECIPE, folder, { recursive: true });
  await npmCi(folder);
  const server = join(folder, "node_modules/code-server/lib/vscode");
  // The server's own dependencies, pinned by the shrinkwrap it ships. It lacks a peer, at which a plain `npm ci` stops.
  await npmCi(server, "--omit=dev", "--legacy-peer-deps");
  const modules = join(server, "node_modules/@vscode");
  await copyFile(join(RECIPE, "stand-ins/spdlog.cjs"), join(modules, "spdlog/index.js"));
  await copyFile(join(RECIPE, "stand-ins/native-watchdog.cjs"), join(modules, "native-watchdog/index.js"));
}

/**
 * Installs the VS Code server into the user's cache unless it is there already: about 0.8 GB and half a minute.
 *
 * @param say told what is about to be installed, once, and only when something is.
 * @throws when npm fails; nothing half-made is left under the final name.
 */
export async function installVSCode(say: (line: string) => void): Promise<VSCodeInstallation> {
  const cache = cacheFolder();
  const target = join(cache, await recipeKey());
  const installation = { folder: join(target, "node_modules/code-server/lib/vscode") };
  if (await exists(target)) {
    return installation;
  }
  say(`Installing a VS Code server into ${target} (0.8 GB, once)`);
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(join(cache, "unfinished-"));
  try {
    await prepare(unfinished);
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process may have been faster: a rename onto a folder that is not empty fails.
    if (!(await exists(target))) {
      throw error;
    }
  }
  return installation;
}
