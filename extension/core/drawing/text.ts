import { visibleText } from "../plain-text.ts";

/**
 * Text that may stand in an SVG file: on one line, with nothing hidden in it, and without the two noncharacters that
 * XML forbids (XML 1.0, production 2, Char; the rest that it forbids is among what `visibleText` escapes).
 */
export function drawnText(text: string): string {
  return visibleText(text).replace(
    /[\uFFFE\uFFFF]/g,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/**
 * Pixels that a text takes at most: after DejaVu Sans, the widest of the fonts that a system falls back to. What a
 * drawing is looked at with is not known when it is laid out.
 */
export function textWidth(text: string, size: number, bold = false): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width * size * (bold ? 1.13 : 1);
}

/** In em. */
function widthOf(character: string): number {
  if (/[ijl.,:;'|!I ]/.test(character)) return character === " " ? 0.33 : 0.41;
  if (/[frt()[\]{}\-\\/"°·]/.test(character)) return 0.45;
  if (/[mw]/.test(character)) return 0.98;
  if (/[a-z0-9_$?*]/.test(character)) return 0.65;
  if (/[A-HJ-LN-VX-Z&<>=+~^#]/.test(character)) return 0.84;
  if (/[\u00A0-\u024F\u0400-\u04FF]/.test(character)) return 1.1;
  if (/[▲◆●…]/.test(character)) return 1.02;
  // Marks that stand over the letter before them; Chinese, Japanese and Korean are as wide as high; all else: wider.
  if (/\p{Mn}/u.test(character)) return 0;
  return /[\u3000-\u9FFF\uAC00-\uD7AF\uFF01-\uFF60]/.test(character) ? 1.05 : 1.4;
}

export interface Fitted {
  readonly text: string;
  /** The whole text where it was cut. */
  readonly full: string | null;
}

/** Cut so that it is no wider than that. */
export function fitText(text: string, width: number, size: number, bold = false): Fitted {
  const whole = drawnText(text);
  if (textWidth(whole, size, bold) <= width) return { text: whole, full: null };
  const characters = Array.from(whole);
  const count = countFitting(characters, width - textWidth("…", size, bold), size, bold);
  return { text: `${characters.slice(0, count).join("").trimEnd()}…`, full: whole };
}

/**
 * A name on at most two lines, broken after a dash, dot or underscore where one is near; of what is still too long the
 * middle is left out, as names of one pod differ at their ends.
 */
export function wrapName(name: string, width: number, size: number, bold = false): readonly Fitted[] {
  const whole = drawnText(name);
  if (textWidth(whole, size, bold) <= width) return [{ text: whole, full: null }];
  const characters = Array.from(whole);
  const fits = countFitting(characters, width, size, bold);
  const broken = characters.slice(0, fits).findLastIndex((character) => /[-._ ]/.test(character)) + 1;
  const first = broken > fits / 3 ? broken : fits;
  const rest = characters.slice(first);
  const start = { text: characters.slice(0, first).join("").trim(), full: whole };
  if (textWidth(rest.join(""), size, bold) <= width) return [start, { text: rest.join(""), full: whole }];
  const half = (width - textWidth("…", size, bold)) / 2;
  const head = rest.slice(0, countFitting(rest, half, size, bold));
  const end = rest.slice(rest.length - countFitting(rest.toReversed(), half, size, bold));
  return [start, { text: `${head.join("")}…${end.join("")}`, full: whole }];
}

/** How many characters from the start on. */
function countFitting(characters: readonly string[], width: number, size: number, bold: boolean): number {
  let room = width;
  const over = characters.findIndex((character) => {
    room -= textWidth(character, size, bold);
    return room < 0;
  });
  return over < 0 ? characters.length : over;
}

/** On as many lines as it needs, broken at spaces; a word that is too long for a line is cut. */
export function wrapText(text: string, width: number, size: number, bold = false): readonly Fitted[] {
  const lines: string[] = [];
  for (const word of drawnText(text).split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(`${last} ${word}`, size, bold) <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => fitText(line, width, size, bold));
}
