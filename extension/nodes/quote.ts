/**
 * One word of a command line for whatever shell an account has, POSIX or not. In single quotes every character stands
 * for itself (POSIX.1-2017, Shell Command Language, 2.2.2), but for `!` in csh and `\` in fish: these two, and the
 * single quote, are written outside of them, behind a backslash, as all shells take them.
 * Only a line break has no form that csh and the others share: it arrives in the others alone.
 * @throws RangeError for NUL, which no argument can hold.
 */
export function quoteWord(word: string): string {
  if (word.includes("\0")) throw new RangeError("an argument cannot hold a NUL character");
  return `'${word.replaceAll(/['!\\]/g, String.raw`'\$&'`)}'`;
}

/** A command line that runs exactly `argv`. */
export function quoteCommand(argv: readonly string[]): string {
  return argv.map(quoteWord).join(" ");
}
