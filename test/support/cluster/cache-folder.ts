import { homedir } from "node:os";
import { join } from "node:path";

/** Where what is slow to make is kept, outside the checkout so that a fresh clone finds it again. */
export function cacheFolder(...parts: string[]): string {
  const { XDG_CACHE_HOME } = process.env;
  const base =
    XDG_CACHE_HOME === undefined || XDG_CACHE_HOME === "" ? join(homedir(), ".cache") : XDG_CACHE_HOME;
  return join(base, "pod-sandbox-explorer", ...parts);
}
