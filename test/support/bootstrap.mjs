// What a fresh clone needs before anything else can run. Plain JavaScript for the machine's own Node.js (20 or newer);
// everything after it runs under the Node.js that is among the dependencies.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const oldestNode = 20;

/** The checkout. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Installs the dependencies, unless they are there already. Ends the process with a sentence when it cannot. */
export function bootstrap() {
  if (Number(process.versions.node.split(".")[0]) < oldestNode) {
    fail(`This needs Node.js ${oldestNode} or newer; here is ${process.version}.`);
  }
  if (isInstalled()) return;
  console.log("Installing the dependencies (npm ci)");
  const { npm_execpath: npm } = process.env;
  const options = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const [command, ...before] = npm === undefined ? ["npm"] : [process.execPath, npm];
  const shell = npm === undefined && process.platform === "win32";
  const { status, error } = spawnSync(command, [...before, ...options], {
    cwd: root,
    stdio: "inherit",
    shell,
  });
  if (status !== 0) fail(`npm ci failed${error === undefined ? "" : `: ${error.message}`}.`);
}

/**
 * Runs a script of the checkout under the Node.js among the dependencies until it ends, and ends as it did. Signals are
 * left to the script: it has something to clean up.
 */
export function runScript(script, args) {
  const program = join(root, "node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node");
  const path = [dirname(program), join(root, "node_modules/.bin"), process.env.PATH].join(delimiter);
  const child = spawn(program, [join(root, script), ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH: path },
  });
  // Ctrl-C reaches the whole foreground group; other signals came to this process alone.
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // npm passes a signal on to its shell alone, which ends without telling anybody: seen only by the parent's change.
  const parent = process.ppid;
  const watch = () => process.ppid !== parent && child.kill("SIGTERM");
  setInterval(watch, 1000).unref();
  child.on("error", (error) => fail(`${program} does not start: ${error.message}`));
  child.on("exit", (code) => process.exit(code ?? 1));
}

/** Whether what npm says it installed is what the lock file asks for; optional packages may rightly be missing. */
function isInstalled() {
  const wanted = packagesOf("package-lock.json");
  const present = packagesOf("node_modules/.package-lock.json");
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === "" || optional || present[path]?.version === version,
  );
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), "utf8")).packages;
  } catch {
    return {};
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
