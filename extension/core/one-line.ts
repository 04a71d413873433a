/**
 * Untrusted text as one short, printable line: without control and format characters (bidirectional overrides, zero
 * width), unpaired surrogates and line separators, and cut to `maxLength` characters.
 */
export function oneLine(untrusted: string, maxLength: number): string {
  const line = untrusted
    .slice(0, 4 * maxLength)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, " ")
    // VS Code makes a link, even one that runs a command, of [text](target) in a notification.
    .replaceAll("](", "] (")
    .trim();
  const characters = Array.from(line);
  return characters.length > maxLength ? `${characters.slice(0, maxLength).join("")}…` : line;
}
