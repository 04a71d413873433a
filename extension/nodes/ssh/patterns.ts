/** One pattern of ssh_config(5) PATTERNS: `*` is any run of characters, `?` exactly one. Linear in pattern and text. */
export function matchesPattern(pattern: string, text: string): boolean {
  let at = 0;
  let inText = 0;
  let star = -1;
  let starText = 0;
  // The classic greedy match with one point of return: no regular expression, so no pattern can make it slow.
  while (inText < text.length) {
    const wanted = pattern[at];
    if (wanted === "*") {
      star = at++;
      starText = inText;
    } else if (wanted !== undefined && (wanted === "?" || wanted === text[inText])) {
      at++;
      inText++;
    } else if (star >= 0) {
      at = star + 1;
      inText = ++starText;
    } else {
      return false;
    }
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}

/** A pattern list: some pattern must match and no negated one (`!pattern`) may. */
export function matchesList(patterns: readonly string[], text: string): boolean {
  let found = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith("!");
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, text)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}
