const elements = new Set(["svg", "title", "desc", "rect", "line", "text", "tspan", "g"]);

const attributes = new Set([
  ...["xmlns", "width", "height", "viewBox", "role", "id", "aria-labelledby", "aria-describedby"],
  ...["x", "y", "x1", "y1", "x2", "y2", "rx", "fill", "stroke", "stroke-width", "stroke-dasharray"],
  ...["font-family", "font-size", "font-weight", "text-anchor"],
]);

/** A tag as `svgText` writes it, or text between two of them. */
const token =
  /<(?<close>\/)?(?<name>[a-z]+)(?<inTag>(?: [a-zA-Z0-9-]+="[^"<>&]*")*)(?<empty>\/)?>|(?<text>(?:[^<>&]|&(?:amp|lt|gt|quot);)+)/y;

/**
 * Whether a text is a drawing as `svgText` writes it, and nothing else: these elements with these attributes, each
 * closed, no script, no style, no link. What comes back from the webview is checked with it before it becomes a file.
 */
export function isDrawingSvg(text: string): boolean {
  const prolog = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!text.startsWith(`${prolog}<svg `) || !text.endsWith("</svg>\n")) return false;
  // eslint-disable-next-line no-control-regex -- the characters that XML 1.0 forbids
  if (/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/.test(text)) return false;
  const body = text.slice(prolog.length, -1);
  const open: string[] = [];
  let at = 0;
  while (at < body.length) {
    token.lastIndex = at;
    const groups = token.exec(body)?.groups;
    if (groups === undefined || !isAllowed(groups, open)) return false;
    at = token.lastIndex;
    if (open.length === 0 && at < body.length) return false;
  }
  return open.length === 0;
}

/** Keeps `open` up to date. */
function isAllowed(
  { close, name, inTag = "", empty, text }: Readonly<Record<string, string | undefined>>,
  open: string[],
): boolean {
  if (text !== undefined) return open.length > 0;
  if (name === undefined || !elements.has(name)) return false;
  if (close !== undefined) return inTag === "" && empty === undefined && open.pop() === name;
  if ((name === "svg") !== (open.length === 0)) return false;
  if (empty === undefined) open.push(name);
  return [...inTag.matchAll(/ ([a-zA-Z0-9-]+)="([^"]*)"/g)].every(
    ([, attribute = "", value = ""]) =>
      attributes.has(attribute) &&
      (attribute === "xmlns" ? value === "http://www.w3.org/2000/svg" : !/[:;()\\@]/.test(value)),
  );
}
