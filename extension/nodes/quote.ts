/**
 * One word of a POSIX shell command line, whatever it holds: in single quotes every character stands for itself, and a
 * single quote is written outside of them (POSIX.1-2017, Shell Command Language, 2.2.2).
 * @throws RangeError for NUL, which no argument can hold.
 */
export function quoteWord(word: string): string {
  if (word.includes("\0")) throw new RangeError("an argument cannot hold a NUL character");
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A command line that runs exactly `argv`. */
export function quoteCommand(argv: readonly string[]): string {
  return argv.map(quoteWord).join(" ");
}
