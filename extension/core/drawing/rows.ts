import type { Badge, Hue, Label, Line, Shape, Tone } from "./model.ts";
import { drawnText, fitText, textWidth } from "./text.ts";

/** What is drawn so far. */
export interface Sheet {
  readonly shapes: Shape[];
  readonly lines: Line[];
  readonly badges: Badge[];
  readonly labels: Label[];
}

/** A piece of a row: a letter on its hue, or text that is cut where it does not fit. */
export type Part =
  | { readonly kind: "badge"; readonly letter: string; readonly hue: Hue }
  | {
      readonly kind: "text";
      readonly text: string;
      readonly tone: Tone;
      readonly size: number;
      readonly bold: boolean;
      /** The whole text, where this is a part of it already. */
      readonly full: string | null;
      /** Bold words before the text, which are not cut; "" for none. */
      readonly lead: string;
      /** Pixels that it takes even when it is shorter, so that what follows stands in a column. */
      readonly least: number;
    };

export type Row = readonly Part[];

export const smallText = 11.5;
/** From one row to the next. */
export const rowHeight = 18;

const partGap = 5;
const badgeHeight = 15;
/** Between two things that stand in one row. */
const tokenGap = 16;

export function textPart(
  text: string,
  more: {
    readonly tone?: Tone;
    readonly size?: number;
    readonly bold?: boolean;
    readonly full?: string;
    readonly lead?: string;
    readonly least?: number;
  } = {},
): Part {
  const { tone = "text", size = smallText, bold = false, full = null, lead = "", least = 0 } = more;
  return { kind: "text", text, tone, size, bold, full, lead: drawnText(lead), least };
}

function partWidth(part: Part): number {
  if (part.kind === "badge") return badgeWidth(part.letter);
  return Math.max(part.least, leadWidth(part) + textWidth(part.text, part.size, part.bold));
}

/** With the space behind it. */
function leadWidth({ lead, size }: { readonly lead: string; readonly size: number }): number {
  return lead === "" ? 0 : textWidth(`${lead} `, size, true);
}

function badgeWidth(letter: string): number {
  return Math.max(badgeHeight + 2, letter === "●" ? 0 : textWidth(letter, smallText, true) + 7);
}

export function widthOfRow(row: Row): number {
  return row.reduce((sum, part, index) => sum + partWidth(part) + (index === 0 ? 0 : partGap), 0);
}

/** Whole tokens beside each other, on as many rows as they need. */
export function wrapTokens(tokens: readonly Row[], width: number): readonly Row[] {
  const rows: { readonly parts: Part[]; used: number }[] = [];
  for (const token of tokens) {
    const needed = widthOfRow(token);
    const last = rows.at(-1);
    if (last !== undefined && last.used + tokenGap + needed <= width) {
      last.parts.push(gapPart, ...token);
      last.used += tokenGap + needed;
    } else {
      rows.push({ parts: [...token], used: needed });
    }
  }
  return rows.map(({ parts }) => parts);
}

/** Nothing but room. */
const gapPart: Part = textPart("");

/** Draws rows below each other from the top left corner on, none wider than that. */
export function placeRows(
  sheet: Sheet,
  rows: readonly Row[],
  at: { readonly x: number; readonly y: number; readonly width: number; readonly within: number | null },
): void {
  for (const [index, row] of rows.entries()) {
    placeRow(sheet, row, { ...at, y: at.y + index * rowHeight });
  }
}

function placeRow(
  sheet: Sheet,
  row: Row,
  {
    x,
    y,
    width,
    within,
  }: { readonly x: number; readonly y: number; readonly width: number; readonly within: number | null },
): void {
  const end = x + width;
  let from = x;
  for (const part of row) {
    if (part === gapPart) {
      from += tokenGap - partGap;
      continue;
    }
    if (part.kind === "badge") {
      const { letter, hue } = part;
      const ofBadge = badgeWidth(letter);
      if (from + ofBadge > end) return;
      const top = y + (rowHeight - badgeHeight) / 2;
      sheet.badges.push({ x: from, y: top, width: ofBadge, height: badgeHeight, letter, hue, within });
      from += ofBadge + partGap;
      continue;
    }
    const { size, bold, tone } = part;
    if (end - from < size * 2) return;
    // A lead is somebody's name at most: where it is too long, the text gives way to it.
    const before = fitText(part.lead, end - from, size, true);
    const room = end - from - (before.full === null ? leadWidth(part) : Infinity);
    const fitted =
      room < size * 2 && part.lead !== ""
        ? { text: "", full: part.text === "" ? null : part.text }
        : fitText(part.text, room, size, bold);
    const used = Math.min(
      end - from,
      leadWidth({ lead: before.text, size }) + textWidth(fitted.text, size, bold),
    );
    const cut = before.full !== null || fitted.full !== null;
    const full = part.full ?? (cut ? `${part.lead} ${drawnText(part.text)}`.trim() : null);
    // Half of what letters rise above the line: the text stands in the row's middle.
    if (before.text + fitted.text !== "")
      sheet.labels.push({
        x: from,
        y: y + rowHeight / 2 + size * 0.36,
        lead: before.text,
        text: fitted.text,
        full,
        size,
        bold,
        tone,
        width: used,
        within,
      });
    from += Math.max(used, part.least) + partGap;
  }
}
