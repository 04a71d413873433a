import * as l10n from "@vscode/l10n";
import { answerOf } from "../answer.ts";
import { holdWords } from "../holder-words.ts";
import { namespaceTypes } from "../namespaces.ts";
import type { AnyReport } from "../report.ts";
import { statusWords } from "../subject.ts";
import { runtimeWords } from "../words.ts";
import { areaBlock, flowBlock, gap, stackBlock, type Block } from "./blocks.ts";
import { containerBlock, pinRow, type Around } from "./box.ts";
import { badgeOf, joinedToken } from "./badge.ts";
import { lanesBlock } from "./lanes.ts";
import { isNested, membersOf, sharingsOf, type Member, type Sharing } from "./members.ts";
import type { Drawing } from "./model.ts";
import { placeRows, rowHeight, textPart, wrapTokens, type Row, type Sheet } from "./rows.ts";
import { drawnText, wrapText } from "./text.ts";
import { describe, drawingTitle, otherHolds, sharedByAll, isDoubtful } from "./words.ts";

const margin = 24;
/** Of what is inside the node. Narrower than that, titles and sentences would be cut into slices. */
const leastWidth = 520;
const titleHeight = 18;
/** Of the holds that are no containers', under one area. */
const mostPins = 5;
const dim = { tone: "dim" } as const;

/** Lays out the drawing of a report: where everything is, and what it says. */
export function layOut(report: AnyReport): Drawing {
  const members = membersOf(report);
  const sharings = sharingsOf(members);
  const node = nodeBlock(report, members, sharings);
  const width = node.width + 2 * margin;
  const head = headRows(report, node.width);
  const foot = legendRows(report, members, sharings, node.width);
  const sheet: Sheet = { shapes: [], lines: [], badges: [], labels: [] };
  const onPage = { x: margin, width: node.width, within: null };
  placeRows(sheet, [[textPart(drawingTitle(report), { size: 18, bold: true })]], {
    ...onPage,
    y: margin - 6,
  });
  placeRows(sheet, head, { ...onPage, y: margin + titleHeight });
  const top = margin + titleHeight + head.length * rowHeight + 10;
  node.place(sheet, { ...onPage, y: top, height: node.height });
  const bottom = top + node.height + 10;
  placeRows(sheet, foot, { ...onPage, y: bottom });
  return {
    width: Math.ceil(width),
    height: Math.ceil(bottom + foot.length * rowHeight + margin - 8),
    title: drawnText(l10n.t("Linux namespaces of {0}", drawingTitle(report))),
    description: drawnText(describe(report, members, sharings)),
    ...sheet,
  };
}

function headRows(report: AnyReport, width: number): readonly Row[] {
  const answer = answerOf(report)
    .map(({ text }) => text)
    .join("");
  const taken = new Date(report.takenAt);
  const moment = Number.isNaN(taken.getTime())
    ? report.takenAt
    : `${taken.toISOString().slice(0, 19).replace("T", " ")} UTC`;
  const facts = [statusWords(report), runtimeWords(report), moment].filter((fact) => fact !== "").join(" · ");
  return [...sentence(facts, width, { ...dim, size: 12 }), ...sentence(answer, width, { size: 13 })];
}

function sentence(
  text: string,
  width: number,
  more: { readonly tone?: "dim"; readonly size: number },
): readonly Row[] {
  return wrapText(text, width, more.size).map((line): Row => [
    textPart(line.text, { ...more, ...(line.full === null ? {} : { full: line.full }) }),
  ]);
}

function nodeBlock(report: AnyReport, members: readonly Member[], sharings: readonly Sharing[]): Block {
  const seen = members.filter(({ cells }) =>
    [...cells.values()].some(({ reading }) => reading.status === "read"),
  );
  const dead = members.filter((member) => !seen.includes(member) && member.container.pid === null);
  const hidden = members.filter((member) => !seen.includes(member) && !dead.includes(member));
  const wide = Math.min(
    5,
    Math.max(1, members.length <= 4 ? members.length : Math.ceil(Math.sqrt(members.length * 1.1))),
  );
  const around: Around = {
    report,
    width: members.length <= 2 ? 260 : 232,
    everybody: sharedByAll(members),
  };
  // Frames within frames take room too: up to three of them do not make a line break earlier.
  const most = wide * (around.width + 16) + 6 * 16;
  const blocks = seen.length === 0 ? [] : [seenBlock(seen, sharings, around, { wide, most })];
  const room: Room = {
    wide,
    most,
    least: Math.max(leastWidth, ...blocks.map(({ width }) => width)) - 2 * gap,
  };
  if (hidden.length > 0) blocks.push(unseenBlock(hidden, hiddenWords(hidden), around, room));
  if (dead.length > 0)
    blocks.push(unseenBlock(dead, l10n.t("Not running: in no Linux namespace now"), around, room));
  const inner = stackBlock(blocks);
  return areaBlock({
    kind: "node",
    hue: "host",
    look: "plain",
    members: members.map(({ index }) => index),
    joined: [],
    leastWidth,
    inner,
    header: (width) => nodeHeader(report, around, seen, width),
    footer: () => [],
  });
}

function nodeHeader(
  report: AnyReport,
  { everybody }: Around,
  seen: readonly Member[],
  room: number,
): readonly Row[] {
  const { namespaces } = report.node;
  const titled = (words: string): Row => [
    textPart(words === "" ? "" : `· ${words}`, { size: 13, lead: l10n.t("Node {0}", report.node.name) }),
  ];
  const unreadable = namespaceTypes.every((type) => namespaces[type].status !== "read");
  if (unreadable) return [titled(l10n.t("its own Linux namespaces could not be read"))];
  if (everybody.length === 0)
    return [
      titled(isIsolated(seen, report) ? l10n.t("every container is isolated from it in every type") : ""),
    ];
  const tokens = everybody.map((type): Row => {
    const { [type]: reading } = namespaces;
    return joinedToken({
      type,
      inode: reading.status === "read" ? reading.inode : "",
      identity: { letter: "●", hue: "host" },
    });
  });
  const who =
    seen.length === 1
      ? l10n.t("the container is not isolated from it in:")
      : l10n.t("no container is isolated from it in:");
  return [titled(who), ...wrapTokens(tokens, room)];
}

/** Only what was read proves it. */
function isIsolated(seen: readonly Member[], { node }: AnyReport): boolean {
  if (Object.values(node.namespaces).some(({ status }) => status !== "read" && status !== "unsupported"))
    return false;
  const cells = seen.flatMap((member) => [...member.cells.values()]);
  return (
    cells.length > 0 &&
    cells.every(
      ({ verdict, reading }) => reading.status === "unsupported" || verdict === "own" || verdict === "shared",
    )
  );
}

function hiddenWords(hidden: readonly Member[]): string {
  const [first] = hidden;
  const reading = first?.cells.get("net")?.reading;
  return reading === undefined || reading.status === "read"
    ? l10n.t("Not visible from the node")
    : l10n.t("Not visible from the node: {0}", reading.reason);
}

function unseenBlock(
  members: readonly Member[],
  words: string,
  around: Around,
  { most, least }: Room,
): Block {
  const inner = flowBlock(
    members.map((member) => containerBlock(member, around)),
    most,
  );
  return areaBlock({
    kind: "unseen",
    hue: null,
    look: "dashed",
    members: members.map(({ index }) => index),
    joined: [],
    leastWidth: least,
    inner,
    header: (room) => sentence(words, room, { ...dim, size: 12 }),
    footer: () => [],
  });
}

interface Room {
  /** Containers beside each other. */
  readonly wide: number;
  /** Pixels for a line of them. */
  readonly most: number;
  /** Pixels that there are in any case. */
  readonly least: number;
}

function seenBlock(
  members: readonly Member[],
  sharings: readonly Sharing[],
  around: Around,
  room: Omit<Room, "least">,
): Block {
  if (isNested(sharings)) return nestedBlock(members, sharings, around, room.most);
  const indices = members.map(({ index }) => index);
  // What everybody shares crosses nothing.
  const whole = sharings.filter(({ members: some }) => some.length === indices.length);
  const boxes = members.map((member) => ({ member, block: containerBlock(member, around) }));
  const lanes = lanesBlock(
    boxes,
    sharings.filter((sharing) => !whole.includes(sharing)),
    Math.min(room.wide, 4),
  );
  return whole.reduce((inner, sharing) => sharingBlock(sharing, inner, around.report), lanes);
}

/**
 * Areas within areas, each where its first container would stand.
 *
 * @param sharings - nested, the larger ones first.
 */
function nestedBlock(
  members: readonly Member[],
  sharings: readonly Sharing[],
  around: Around,
  most: number,
): Block {
  const open = new Set(members);
  const blocks: Block[] = [];
  for (const member of members) {
    if (!open.has(member)) continue;
    const area = sharings.find((one) => one.members.includes(member.index));
    if (area === undefined) {
      open.delete(member);
      blocks.push(containerBlock(member, around));
      continue;
    }
    const inside = members.filter(({ index }) => area.members.includes(index));
    for (const one of inside) open.delete(one);
    const within = sharings.filter(
      (one) => one !== area && one.members.every((index) => area.members.includes(index)),
    );
    blocks.push(sharingBlock(area, nestedBlock(inside, within, around, most - 32), around.report));
  }
  return flowBlock(blocks, most);
}

function sharingBlock({ joined, members }: Sharing, inner: Block, report: AnyReport): Block {
  return areaBlock({
    kind: "area",
    hue: joined[0]?.identity.hue ?? null,
    look: "plain",
    members,
    joined,
    inner,
    header: (room) => wrapTokens(joined.map(joinedToken), room),
    footer: () => pinRows(joined, report),
  });
}

/** Bind mounts and the like, each after the letter that it holds. */
function pinRows(joined: Sharing["joined"], report: AnyReport): readonly Row[] {
  const rows = joined.flatMap(({ type, inode, identity }) =>
    otherHolds(report, type, inode).map((hold): Row => [
      badgeOf(identity),
      ...pinRow(l10n.t("held by {0}", holdWords(hold))),
    ]),
  );
  if (rows.length <= mostPins) return rows;
  const left = rows.length - mostPins + 1;
  return [...rows.slice(0, mostPins - 1), [textPart(l10n.t("and {0} more", String(left)), dim)]];
}

/** What the signs mean, of those that are there. */
function legendRows(
  report: AnyReport,
  members: readonly Member[],
  sharings: readonly Sharing[],
  width: number,
): readonly Row[] {
  const cells = members.flatMap((member) => [...member.cells.values()]);
  const first = sharings[0]?.joined[0]?.identity;
  const tokens: Row[] = [];
  if (first !== undefined) {
    tokens.push([badgeOf(first), textPart(l10n.t("shared: one letter is one Linux namespace"), dim)]);
  }
  if (cells.some(({ verdict }) => verdict === "host"))
    tokens.push([{ kind: "badge", letter: "●", hue: "host" }, textPart(l10n.t("the node's"), dim)]);
  const own = members.flatMap((member) => [...member.cells]).filter(([, { verdict }]) => verdict === "own");
  if (own.length > 0) {
    const words = own.some(([type]) => isDoubtful(type, members, report))
      ? l10n.t("own: nobody else here is in it, as far as readable")
      : l10n.t("own: nobody else here is in it");
    tokens.push([textPart(words, dim)]);
  }
  if (cells.some(({ marks }) => marks.some(({ severity }) => severity !== "info")))
    tokens.push([
      textPart("▲", { tone: "warning" }),
      textPart(l10n.t("a finding: not as it should be"), dim),
    ]);
  if (report.sandbox.namespaces.some(({ type, inode }) => otherHolds(report, type, inode).length > 0))
    tokens.push([textPart("◆", dim), textPart(l10n.t("held without being in it"), dim)]);
  return wrapTokens(tokens, width);
}
