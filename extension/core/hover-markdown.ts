import type { HoverBlock, Span } from "./hover-text.ts";
import { oneLine } from "./one-line.ts";
import type { PodRef } from "./pod.ts";

/** The only command that a hover links to. */
export const inspectCommand = "podSandbox.inspect";

/** Longest piece of text in a hover, in characters; a finding's message is the longest we write. */
const maxSpanLength = 600;
/** Longest head of a column, in characters. */
const maxHeadLength = 30;

/** The blocks as Markdown in which only our own marks act, whatever the texts hold. */
export function hoverMarkdown(blocks: readonly HoverBlock[]): string {
  return blocks.map(blockMarkdown).join("\n\n");
}

function blockMarkdown(block: HoverBlock): string {
  switch (block.kind) {
    case "paragraph":
      return spansMarkdown(block.spans);
    case "warning":
      return `⚠ ${spansMarkdown(block.spans)}`;
    case "list":
      return block.items.map((item) => `- ${spansMarkdown(item)}`).join("\n");
    case "table":
      return [
        rowMarkdown(block.heads.map((head) => [short(head)])),
        rowMarkdown(
          block.heads.map(() => []),
          "---",
        ),
        ...block.rows.map((cells) => rowMarkdown(cells)),
      ].join("\n");
    case "inspect":
      return `[${escaped(block.label)}](${commandLink(block.pod)})`;
    case "rule":
      return "---";
  }
}

/** Every bar in a text is escaped, so that none ends a cell. */
function rowMarkdown(cells: readonly (readonly Span[])[], empty = " "): string {
  return `| ${cells.map((cell) => spansMarkdown(cell) || empty).join(" | ")} |`;
}

/** A column is as wide as its head. */
function short(head: string): string {
  return oneLine(head, maxHeadLength);
}

function spansMarkdown(spans: readonly Span[]): string {
  return spans
    .map((span) => {
      if (typeof span === "string") return escaped(span);
      if ("strong" in span) return `**${escaped(span.strong)}**`;
      // A code span ends at its first backtick and knows no escapes.
      return `\`${oneLine(span.code, maxSpanLength).replaceAll("`", "'")}\``;
    })
    .join("");
}

/** The argument of the command is that of the public API's `inspect`. */
function commandLink({ context, namespace, name }: PodRef): string {
  const argument = encodeURIComponent(JSON.stringify([{ context, namespace, pod: name }]))
    // encodeURIComponent leaves these alone, but a parenthesis would end the link.
    .replaceAll(/[()'*!~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `command:${inspectCommand}?${argument}`;
}

/**
 * Any ASCII punctuation may be escaped (CommonMark 2.4), so all of it is: no emphasis, code, link, bare address,
 * image, entity, HTML or table comes from text. Blanks at the ends are kept, for spans are parts of a sentence.
 */
function escaped(text: string): string {
  const line = oneLine(text, maxSpanLength).replaceAll(/[!-/:-@[-`{-~]/g, String.raw`\$&`);
  if (line === "") return /\s/.test(text) ? " " : "";
  return `${/^\s/.test(text) ? " " : ""}${line}${/\s$/.test(text) ? " " : ""}`;
}
