import { parseCount } from "./procfs.ts";
import type { IdRange } from "./report.ts";

/** A user ID has 32 bits (user_namespaces(7)). */
const mostIds = 2 ** 32;

/**
 * Parses the whole text of /proc/PID/uid_map (user_namespaces(7)): one range a line, empty for a user namespace
 * without a map. undefined when any line is not a range: half a map would be a wrong one.
 */
export function parseUidMap(text: string): readonly IdRange[] | undefined {
  const ranges: IdRange[] = [];
  for (const line of text.split("\n")) {
    const fields = line.trim().split(/\s+/);
    if (fields.length === 1 && fields[0] === "") continue;
    const [inside, outside, count] = fields.map(parseCount);
    if (fields.length !== 3 || inside === undefined || outside === undefined || count === undefined) {
      return undefined;
    }
    if (count === 0 || inside + count > mostIds || outside + count > mostIds) return undefined;
    ranges.push({ inside, outside, count });
  }
  return ranges;
}
