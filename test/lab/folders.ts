import { homedir } from "node:os";
import { join } from "node:path";

/** Where this project keeps what outlives a run: the XDG base directory for caches, a folder of our own. */
export function cacheFolder(...parts: readonly string[]): string {
  const cache = process.env["XDG_CACHE_HOME"];
  const base = cache === undefined || cache === "" ? join(homedir(), ".cache") : cache;
  return join(base, "pod-sandbox-explorer", ...parts);
}
