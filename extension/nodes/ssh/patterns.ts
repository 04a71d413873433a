/** One pattern of ssh_config(5) PATTERNS: `*` is any run of characters, `?` exactly one. */
export function matchesPattern(pattern: string, text: string): boolean {
  return matchesParts(
    pattern.length,
    (at) => pattern[at] === "*",
    (at, char) => pattern[at] === "?" || pattern[at] === char,
    text,
  );
}

/** Longer ones match nothing, and nothing else of their list either (match.c match_pattern_list). */
const longestPattern = 1023;

/**
 * A pattern list: some pattern must match and no negated one (`!pattern`) may (match.c match_pattern_list).
 */
export function matchesList(patterns: readonly string[], text: string): boolean {
  let found = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith("!");
    if (pattern.length > longestPattern + (negated ? 1 : 0)) return false;
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, text)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

/**
 * A file name by a segment of glob(7): besides `*` and `?`, [abc], [a-z] and [!abc], and a backslash takes the next
 * character as it is. A name that begins with a dot is matched by a dot only.
 */
export function matchesFileName(segment: string, name: string): boolean {
  if (name.startsWith(".") && !/^\\?\./.test(segment)) return false;
  const parts: ("run" | ((char: string) => boolean))[] = [];
  // Behind it no set ends: many that do not are not each looked for to the end.
  const lastEnd = segment.lastIndexOf("]");
  for (let index = 0; index < segment.length; index++) {
    let char = segment.charAt(index);
    const set = char === "[" && index < lastEnd ? /^\[([!^]?)(\]?[^\]]*)\]/.exec(segment.slice(index)) : null;
    if (set !== null) {
      const [whole, negation, members = ""] = set;
      parts.push((other) => inSet(members, other) !== (negation !== ""));
      index += whole.length - 1;
    } else if (char === "*" || char === "?") {
      parts.push(char === "*" ? "run" : () => true);
    } else {
      if (char === "\\" && index + 1 < segment.length) char = segment.charAt(++index);
      parts.push((other) => other === char);
    }
  }
  return matchesParts(
    parts.length,
    (at) => parts[at] === "run",
    (at, char) => {
      const part = parts[at];
      return typeof part === "function" && part(char);
    },
    name,
  );
}

/** Whether a segment is more than a name. */
export function hasWildcards(segment: string): boolean {
  return /[*?[\\]/.test(segment);
}

function inSet(members: string, char: string): boolean {
  for (let index = 0; index < members.length; index++) {
    const from = members.charAt(index);
    const isRange = members.charAt(index + 1) === "-" && index + 2 < members.length;
    const to = isRange ? members.charAt(index + 2) : from;
    if (from <= char && char <= to) return true;
    if (isRange) index += 2;
  }
  return false;
}

/**
 * The classic greedy match with one point of return: no regular expression, so no pattern makes it slow. `isRun` and
 * `fits` tell what stands at a place of the pattern.
 */
function matchesParts(
  length: number,
  isRun: (at: number) => boolean,
  fits: (at: number, char: string) => boolean,
  text: string,
): boolean {
  let at = 0;
  let inText = 0;
  let star = -1;
  let starText = 0;
  while (inText < text.length) {
    if (at < length && isRun(at)) {
      star = at++;
      starText = inText;
    } else if (at < length && fits(at, text.charAt(inText))) {
      at++;
      inText++;
    } else if (star >= 0) {
      at = star + 1;
      inText = ++starText;
    } else {
      return false;
    }
  }
  while (at < length && isRun(at)) at++;
  return at === length;
}
