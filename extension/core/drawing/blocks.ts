import type { Hue, Joined, Shape } from "./model.ts";
import { placeRows, rowHeight, type Row, type Sheet } from "./rows.ts";

/** Something with a size that can be drawn anywhere. */
export interface Block {
  readonly width: number;
  readonly height: number;
  /** How it is drawn with room for more: an area takes it, a container stays as wide as it is. */
  readonly grows: boolean;
  place(sheet: Sheet, at: Place): void;
}

export interface Place {
  readonly x: number;
  readonly y: number;
  /** At least the block's own. */
  readonly width: number;
  readonly height: number;
  /** Index of the shape that it lies in. */
  readonly within: number | null;
}

/** Between neighbours, and between an area's edge and what is in it. */
export const gap = 16;
const padding = 12;
/** The line between two parts of a box. */
const separation = 11;

export interface BoxParts {
  readonly width: number;
  /** Parts with a line between them. */
  readonly parts: readonly (readonly Row[])[];
  readonly look: Shape["look"];
  readonly member: number;
}

/** A container. */
export function boxBlock({ width, parts: all, look, member }: BoxParts): Block {
  const parts = all.filter((rows) => rows.length > 0);
  const rows = parts.reduce((sum, part) => sum + part.length, 0);
  return {
    width,
    height: 2 * padding - 4 + rows * rowHeight + Math.max(0, parts.length - 1) * separation,
    grows: false,
    place(sheet, { x, y, height, within }) {
      const own = sheet.shapes.length;
      sheet.shapes.push({
        kind: "container",
        x,
        y,
        width,
        height,
        within,
        hue: null,
        members: [member],
        joined: [],
        look,
      });
      let top = y + padding - 2;
      for (const [index, part] of parts.entries()) {
        if (index > 0) {
          const middle = top + separation / 2;
          sheet.lines.push({ x1: x + padding, y1: middle, x2: x + width - padding, y2: middle, hue: null });
          top += separation;
        }
        placeRows(sheet, part, { x: x + padding, y: top, width: width - 2 * padding, within: own });
        top += part.length * rowHeight;
      }
    },
  };
}

export interface AreaParts {
  readonly kind: Shape["kind"];
  readonly hue: Hue | null;
  readonly look: Shape["look"];
  readonly members: readonly number[];
  readonly joined: readonly Joined[];
  readonly inner: Block;
  /** Of what is inside, at least. */
  readonly leastWidth?: number;
  /** Above and below what is inside; made for the width that they get. */
  readonly header: (width: number) => readonly Row[];
  readonly footer: (width: number) => readonly Row[];
}

/** A frame with words above and below its content. */
export function areaBlock({ inner, leastWidth = 0, header, footer, ...shape }: AreaParts): Block {
  const edge = gap;
  const least = Math.max(inner.width, leastWidth);
  const space = (rows: readonly Row[]): number => (rows.length === 0 ? 0 : rows.length * rowHeight + 8);
  const above = header(least);
  const below = footer(least);
  return {
    width: least + 2 * edge,
    height: inner.height + edge + (above.length === 0 ? edge : padding) + space(above) + space(below),
    grows: true,
    place(sheet, { x, y, width, height, within }) {
      const own = sheet.shapes.length;
      const { kind, hue, look, members, joined } = shape;
      sheet.shapes.push({ kind, x, y, width, height, within, hue, members, joined, look });
      const room = width - 2 * edge;
      // More room only takes rows away.
      const shown = header(room);
      placeRows(sheet, shown, { x: x + edge, y: y + padding, width: room, within: own });
      const top = y + (shown.length === 0 ? edge : padding) + space(shown);
      const foot = footer(room);
      const bottom = y + height - edge / 2 - space(foot);
      inner.place(sheet, { x: x + edge, y: top, width: room, height: inner.height, within: own });
      placeRows(sheet, foot, { x: x + edge, y: bottom, width: room, within: own });
    },
  };
}

/** Beside each other from the left, in as many lines as the width asks for. */
export function flowBlock(blocks: readonly Block[], most: number): Block {
  const lines: Block[][] = [];
  let used = 0;
  for (const block of blocks) {
    const last = lines.at(-1);
    if (last !== undefined && used + gap + block.width <= most) {
      last.push(block);
      used += gap + block.width;
    } else {
      lines.push([block]);
      used = block.width;
    }
  }
  const widths = lines.map((line) => line.reduce((sum, { width }) => sum + width + gap, -gap));
  const heights = lines.map((line) => Math.max(...line.map(({ height }) => height)));
  return {
    width: Math.max(0, ...widths),
    height: Math.max(
      0,
      heights.reduce((sum, height) => sum + height + gap, -gap),
    ),
    grows: true,
    place(sheet, { x, y, width, within }) {
      let top = y;
      for (const [index, line] of lines.entries()) {
        placeLine(sheet, line, { x, y: top, width, height: heights[index] ?? 0, within });
        top += (heights[index] ?? 0) + gap;
      }
    },
  };
}

/** Containers of one line are equally high, and the last area takes what room is left. */
function placeLine(sheet: Sheet, line: readonly Block[], { x, y, width, within }: Place): void {
  const boxes = Math.max(0, ...line.filter(({ grows }) => !grows).map(({ height }) => height));
  const areas = Math.max(0, ...line.filter(({ grows }) => grows).map(({ height }) => height));
  let left = x;
  for (const [index, block] of line.entries()) {
    const last = index === line.length - 1;
    const own = last && block.grows ? x + width - left : block.width;
    block.place(sheet, {
      x: left,
      y,
      width: own,
      height: block.grows ? Math.max(areas, block.height) : boxes,
      within,
    });
    left += own + gap;
  }
}

/** Below each other. */
export function stackBlock(blocks: readonly Block[]): Block {
  return {
    width: Math.max(0, ...blocks.map(({ width }) => width)),
    height: Math.max(
      0,
      blocks.reduce((sum, { height }) => sum + height + gap, -gap),
    ),
    grows: true,
    place(sheet, { x, y, width, within }) {
      let top = y;
      for (const block of blocks) {
        block.place(sheet, {
          x,
          y: top,
          width: block.grows ? width : block.width,
          height: block.height,
          within,
        });
        top += block.height + gap;
      }
    },
  };
}
