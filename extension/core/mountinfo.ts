import { parseNamespaceLink } from "./procfs.ts";
import type { PinScan } from "./scan.ts";

/**
 * Parses one line of /proc/PID/mountinfo (proc_pid_mountinfo(5)), where it is the bind mount of a Linux namespace:
 * the filesystem's type is nsfs, the fourth field (the root of the mount) the namespace as its link has it, such as
 * `net:[4026532177]`, the fifth the mount point. undefined for every other line, and for what is none.
 */
export function parseNamespaceMount(line: string): PinScan | undefined {
  const fields = line.split(" ");
  // Optional fields stand between the sixth and a lone dash; behind it come type, source and options. A space within a
  // field is escaped, so that no mount point can look like more than one field.
  const dash = fields.indexOf("-", 6);
  if (dash < 0 || fields[dash + 1] !== "nsfs") return undefined;
  const namespace = parseNamespaceLink(fields[3] ?? "");
  const path = unescapeOctal(fields[4] ?? "");
  return namespace === undefined || !path.startsWith("/") ? undefined : { ...namespace, path };
}

/** The kernel writes space, tab, newline, backslash and `#` as a backslash with three octal digits (seq_path(9)). */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
