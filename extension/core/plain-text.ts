/**
 * Untrusted text on one line with nothing hidden in it: control characters, line separators and the characters that
 * reorder or hide text (Unicode Cc, Zl, Zp, Cf, lone surrogates) become visible escapes such as \u{202e}.
 */
export function visibleText(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Cs}]/gu, (character) => {
    switch (character) {
      case "\n":
        return String.raw`\n`;
      case "\t":
        return String.raw`\t`;
      case "\r":
        return String.raw`\r`;
      default:
        return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
    }
  });
}

/** A plain JSON value with `visibleText` done to every string in it. */
export function visibleStrings<T>(value: T): T {
  const shown: T = JSON.parse(JSON.stringify(value), (_key, part: unknown) =>
    typeof part === "string" ? visibleText(part) : part,
  );
  return shown;
}
