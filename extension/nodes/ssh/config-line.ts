/** One line of an ssh_config file that says something. */
export interface ConfigLine {
  /** In lower case, as written: aliases are not resolved. */
  readonly keyword: string;
  /** Everything behind the keyword as it stands, for keywords that take the rest of the line (ProxyCommand). */
  readonly rest: string;
  /** The same as words: quotes and escapes resolved, without a trailing comment. */
  readonly words: readonly string[];
}

/** Why a line or its values cannot be used; evaluateConfig adds the file and the line. */
export class BadLine extends Error {
  override readonly name = "BadLine";
}

/**
 * Takes a line apart as OpenSSH does (readconf.c process_config_line_depth): a keyword, perhaps in double quotes, then
 * blanks and at most one `=`, then words. undefined for an empty line or a comment.
 * @throws BadLine for a keyword without a value and for quotes that do not end.
 */
export function parseLine(line: string): ConfigLine | undefined {
  // A form feed may stand at the end only; blanks in front are skipped.
  const text = trimEnd(line, " \t\r\n\f").replace(/^[ \t\r]+/, "");
  if (text === "" || text.startsWith("#")) return undefined;
  const quoted = /^"([^"]*)"/.exec(text);
  const bare = /^[^ \t\r"=]*/.exec(text);
  const written = quoted?.[1] ?? bare?.[0] ?? "";
  if (written === "") throw new BadLine("it does not begin with a keyword");
  const after = text.slice((quoted ?? bare)?.[0].length ?? 0);
  if (quoted === null && after.startsWith('"')) throw new BadLine("a quote stands inside of its keyword");
  const rest = after.replace(quoted === null ? /^[ \t\r]*=?[ \t\r]*/ : /^[ \t\r]*/, "");
  const keyword = written.toLowerCase();
  if (rest === "") throw new BadLine(`${keyword} has no value`);
  return { keyword, rest, words: splitWords(rest) };
}

/**
 * Words as OpenSSH's argv_split (misc.c) makes them: blanks part them, both kinds of quotes hold them together, a
 * backslash takes a quote, a backslash or (outside of quotes) a blank as it is, and a word that begins with # ends it.
 */
function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    if (word === undefined) {
      if (char === " " || char === "\t") continue;
      if (char === "#") return words;
      word = "";
    }
    const next = text.charAt(index + 1);
    if (char === "\\" && (/^["'\\]$/.test(next) || (next === " " && quote === ""))) {
      word += next;
      index++;
    } else if (quote === "" && (char === " " || char === "\t")) {
      words.push(word);
      word = undefined;
    } else if (quote === "" && (char === '"' || char === "'")) {
      quote = char;
    } else if (char === quote) {
      quote = "";
    } else {
      word += char;
    }
  }
  if (quote !== "") throw new BadLine("a quote does not end");
  if (word !== undefined) words.push(word);
  return words;
}

/** Linear, unlike a regular expression that is anchored at the end. */
function trimEnd(text: string, blanks: string): string {
  let end = text.length;
  while (end > 0 && blanks.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
