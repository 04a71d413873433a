/** Stands for each character of a template action; no manifest has it, being for private use. */
const filler = "\uE000";

/** Whether a value has a part that is only known once the template is rendered. */
export function isTemplated(value: string): boolean {
  return value.includes(filler);
}

/**
 * Covers the `{{ actions }}` of a Helm template so that what is around them can be read as YAML. Every position stays
 * where it was: an action alone on its line becomes a comment, any other a plain word of the same length.
 */
export function coverTemplates(text: string): string {
  let covered = "";
  let from = 0;
  for (;;) {
    const action = nextAction(text, from);
    if (action === undefined) return covered + text.slice(from);
    covered += text.slice(from, action.start) + cover(text, action);
    from = action.end;
  }
}

interface Action {
  readonly start: number;
  readonly end: number;
}

function nextAction(text: string, from: number): Action | undefined {
  const open = text.indexOf("{{", from);
  if (open === -1) return undefined;
  // Only a comment may hold "}}" or "{{".
  const isComment = /^\{\{-?[ \t]*\/\*/.test(text.slice(open, open + 16));
  const inside = isComment ? text.indexOf("*/", open) : open;
  const close = inside === -1 ? -1 : text.indexOf("}}", inside);
  if (close === -1) return undefined;
  // A "{{" that never ends must not swallow what stands before the next one.
  return { start: isComment ? open : text.lastIndexOf("{{", close), end: close + 2 };
}

function cover(text: string, { start, end }: Action): string {
  const action = text.slice(start, end);
  return startsLine(text, start) && endsLine(text, end)
    ? action.replaceAll(/[^\r\n]+/g, (line) => "#".padEnd(line.length))
    : action.replaceAll(/[^\r\n]/g, filler);
}

function startsLine(text: string, offset: number): boolean {
  let at = offset - 1;
  while (text[at] === " " || text[at] === "\t") at--;
  return at < 0 || text[at] === "\n";
}

/** Also where only another action follows, which is then inside the comment. */
function endsLine(text: string, offset: number): boolean {
  const rest = /[ \t]*(?:\r?\n|\{\{|$)/y;
  rest.lastIndex = offset;
  return rest.test(text);
}
