import { badgeOf, joinedToken } from "./badge.ts";
import { gap, type Block } from "./blocks.ts";
import type { Member, Sharing } from "./members.ts";
import type { Hue } from "./model.ts";
import { placeRows, rowHeight, textPart, widthOfRow, type Row } from "./rows.ts";

const laneGap = 6;

/**
 * Linux namespaces that cross each other, where no area could be drawn around the one without cutting the other:
 * under each line of containers a lane for each of them, filled under those that are in it.
 *
 * @param boxes - the containers with their blocks, which are equally wide.
 */
export function lanesBlock(
  boxes: readonly { readonly member: Member; readonly block: Block }[],
  sharings: readonly Sharing[],
  perLine: number,
): Block {
  const gutter = Math.max(0, ...sharings.flatMap((sharing) => tokensOf(sharing).map(widthOfRow))) + gap;
  const wide = Math.max(0, ...boxes.map(({ block }) => block.width));
  const lines = chunks(boxes, perLine).map((line) => ({
    line,
    tall: Math.max(0, ...line.map(({ block }) => block.height)),
    lanes: sharings.filter(({ members }) => line.some(({ member }) => members.includes(member.index))),
  }));
  const lanesHeight = (lanes: readonly Sharing[]): number =>
    lanes.reduce((sum, { joined }) => sum + joined.length * rowHeight + laneGap + 4, 0);
  return {
    width: gutter + Math.min(perLine, boxes.length) * (wide + gap) - gap,
    height: lines.reduce((sum, { tall, lanes }) => sum + tall + lanesHeight(lanes) + gap * 1.5, -gap * 1.5),
    grows: true,
    place(sheet, { x, y, within }) {
      let top = y;
      const leftOf = (index: number): number => x + gutter + index * (wide + gap);
      for (const { line, tall, lanes } of lines) {
        for (const [index, { block }] of line.entries())
          block.place(sheet, { x: leftOf(index), y: top, width: wide, height: tall, within });
        top += tall + laneGap;
        for (const sharing of lanes) {
          const rows = tokensOf(sharing);
          const height = rows.length * rowHeight + 4;
          const at = line.flatMap(({ member }, index) =>
            sharing.members.includes(member.index) ? [index] : [],
          );
          const hue = hueOf(sharing);
          placeRows(sheet, rows, { x, y: top + 2, width: gutter - gap / 2, within });
          const middle = top + height / 2;
          sheet.lines.push({
            x1: leftOf(at[0] ?? 0),
            y1: middle,
            x2: leftOf(at.at(-1) ?? 0) + wide,
            y2: middle,
            hue,
          });
          for (const index of at) {
            const member = line[index]?.member.index;
            if (member === undefined) continue;
            const own = sheet.shapes.length;
            const lane = { x: leftOf(index), y: top, width: wide, height };
            sheet.shapes.push({
              kind: "lane",
              ...lane,
              within,
              hue,
              members: [member],
              joined: sharing.joined,
              look: "plain",
            });
            placeRows(
              sheet,
              sharing.joined.map(({ type, identity }): Row => [
                badgeOf(identity),
                textPart("", { lead: type }),
              ]),
              { x: lane.x + 12, y: top + 2, width: wide - 24, within: own },
            );
          }
          top += height + laneGap;
        }
        top += gap * 1.5 - laneGap;
      }
    },
  };
}

function hueOf({ joined: [first] }: Sharing): Hue | null {
  return first?.identity.hue ?? null;
}

function tokensOf({ joined }: Sharing): readonly Row[] {
  return joined.map(joinedToken);
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
