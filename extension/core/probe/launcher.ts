/**
 * How a probe's script gets to run with the rights that it needs. Reading another user's namespace links takes
 * CAP_SYS_PTRACE (namespaces(7)), so: as it is when already root, else through `sudo -n` (never asks) where that
 * makes root of us and lets programs be run (sudoers' runas_default and noexec), else unprivileged, and the answers say "denied".
 *
 * On one line and without `!`: the login shell of the account may be csh. stdin stays untouched for the script.
 */
const elevate = `if [ "$(id -u)" -ne 0 ] && sudo -n sh -c '[ "$(id -u)" -eq 0 ]' </dev/null >/dev/null 2>&1; then exec sudo -n sh -s -- "$@"; fi; exec sh -s -- "$@"`;

export type Elevation = "auto" | "never";

export function launch(elevation: Elevation, args: readonly string[]): readonly string[] {
  return elevation === "never" ? ["sh", "-s", "--", ...args] : ["sh", "-c", elevate, "sh", ...args];
}
