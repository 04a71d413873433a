import * as l10n from "@vscode/l10n";
import { holdWords } from "../holder-words.ts";
import type { Cell } from "../matrix.ts";
import type { NamespaceType } from "../namespaces.ts";
import { baseName } from "../programs.ts";
import type { AnyReport, ProcessReport } from "../report.ts";
import { boxBlock, type Block } from "./blocks.ts";
import { badgeOf } from "./badge.ts";
import type { Member } from "./members.ts";
import type { Shape } from "./model.ts";
import { smallText, textPart, type Part, type Row } from "./rows.ts";
import { wrapName, wrapText } from "./text.ts";
import { isHolder, otherHolds } from "./words.ts";

const nameText = 14;
/** Padding on both sides of the text. */
const sides = 24;

/** What the drawing around a container's box says already. */
export interface Around {
  readonly report: AnyReport;
  readonly width: number;
  /** Types that all share with the node. */
  readonly everybody: readonly NamespaceType[];
}

/** A container: who it is, what it holds, what is its own, and what is not as it should be. */
export function containerBlock(member: Member, { report, width, everybody }: Around): Block {
  const read = [...member.cells.values()].some(({ reading }) => reading.status === "read");
  const room = width - sides;
  return boxBlock({
    width,
    member: member.index,
    look: lookOf(member, report, read),
    parts: [
      identityRows(member, room),
      isHolder(member, report) && read ? holderRows(member) : [],
      read ? [...ownRows(member, report), ...hostRows(member, everybody), ...unreadRows(member, room)] : [],
      markRows(member, room),
    ],
  });
}

function lookOf(member: Member, report: AnyReport, read: boolean): Shape["look"] {
  const marks = [...member.cells.values()].flatMap((cell) => cell.marks);
  if (marks.some(({ severity }) => severity === "error")) return "error";
  if (marks.some(({ severity }) => severity === "warning")) return "warning";
  if (!read) return "dashed";
  return isHolder(member, report) ? "strong" : "plain";
}

function identityRows({ container, column }: Member, room: number): readonly Row[] {
  // Arguments may hold secrets, and a drawing is made to be shown around: the program's name only.
  const main = container.processes.find(({ pid }) => pid === container.pid);
  const command = main === undefined ? "" : programOf(main);
  const facts = wrapText(column.facts.join(" · "), room, smallText);
  return [
    ...wrapName(container.name, room, nameText, true).map(({ text, full }): Row => [
      textPart(text, { size: nameText, bold: true, ...(full === null ? {} : { full }) }),
    ]),
    ...facts.map(({ text, full }): Row => [
      textPart(text, { tone: "dim", ...(full === null ? {} : { full }) }),
    ]),
    ...(command === "" || command === container.name ? [] : [[textPart(command, { tone: "dim" })]]),
  ];
}

/** A process that gives itself a title ("nginx: master process …") has it in place of its arguments. */
function programOf({ argv, comm }: ProcessReport): string {
  const [program = ""] = argv;
  return /^[^\s:]+$/.test(program) ? baseName(program) : comm.replace(/:$/, "");
}

/** The Linux namespaces that outlive the containers because this process is in them. */
function holderRows({ cells, container }: Member): readonly Row[] {
  const held = [...cells].flatMap(([type, { verdict, identity }]): Part[] => {
    if (verdict === "shared" && identity !== null) return [badgeOf(identity)];
    return verdict === "own" && container.expected[type] === "POD" ? [textPart(type)] : [];
  });
  return held.length === 0 ? [] : [[textPart(l10n.t("holds"), { bold: true }), ...held]];
}

function ownRows({ cells }: Member, report: AnyReport): readonly Row[] {
  const rows: Row[] = [];
  for (const [type, { reading, verdict }] of cells) {
    if (verdict !== "own" || reading.status !== "read") continue;
    rows.push([textPart(l10n.t("own {0}", type), { tone: "dim", least: 66 }), textPart(reading.inode)]);
    for (const hold of otherHolds(report, type, reading.inode)) rows.push(pinRow(holdWords(hold)));
  }
  return rows;
}

/** Something that holds a Linux namespace without being one of the containers. */
export function pinRow(words: string): Row {
  return [textPart("◆", { tone: "dim" }), textPart(words, { tone: "dim" })];
}

/** Only what is not the node's for everybody: that stands in the node's own words. */
function hostRows({ cells }: Member, everybody: readonly NamespaceType[]): readonly Row[] {
  return [...cells].flatMap(([type, { verdict, identity, value }]): Row[] =>
    verdict !== "host" || identity === null || everybody.includes(type)
      ? []
      : [[badgeOf(identity), textPart(value, { lead: type })]],
  );
}

/** Types with the same answer together. What this kernel does not have is nobody's. */
function unreadRows({ cells }: Member, room: number): readonly Row[] {
  const byValue = new Map<string, NamespaceType[]>();
  for (const [type, { reading, value }] of cells) {
    if (reading.status !== "read" && reading.status !== "unsupported")
      byValue.set(value, [...(byValue.get(value) ?? []), type]);
  }
  return [...byValue].flatMap(([value, types]) =>
    wrapText(l10n.t("{0}: {1}", types.join(", "), value), room, smallText).map(({ text }): Row => [
      textPart(text, { tone: "dim" }),
    ]),
  );
}

function markRows({ cells }: Member, room: number): readonly Row[] {
  return [...cells].flatMap(([type, { marks }]) =>
    marks.flatMap(({ severity, words }: Cell["marks"][number]) => {
      const tone = severity === "info" ? "dim" : severity;
      return wrapText(`${type}: ${words}`, room - 18, smallText).map(({ text, full }, index): Row => [
        textPart(index > 0 ? "" : severity === "info" ? "i" : "▲", { tone, bold: true, least: 13 }),
        textPart(text, { tone, ...(full === null ? {} : { full }) }),
      ]);
    }),
  );
}
