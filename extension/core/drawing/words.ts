import * as l10n from "@vscode/l10n";
import { holdWords } from "../holder-words.ts";
import { namespaceTypes, type NamespaceType } from "../namespaces.ts";
import type { AnyReport, Hold } from "../report.ts";
import { namedIn, titleOf } from "../subject.ts";
import type { Member, Sharing } from "./members.ts";

export function drawingTitle(report: AnyReport): string {
  const { name, place } = titleOf(namedIn(report));
  return `${name} ${place}`;
}

/** What the node shares with every container whose link of that type was read. */
export function sharedByAll(members: readonly Member[]): readonly NamespaceType[] {
  return namespaceTypes.filter((type) => {
    const read = members.flatMap(({ cells }) => {
      const cell = cells.get(type);
      return cell?.reading.status === "read" ? [cell] : [];
    });
    return read.length > 0 && read.every(({ verdict }) => verdict === "host");
  });
}

/** Holds of a Linux namespace that are no container's: bind mounts, descriptors, processes from outside. */
export function otherHolds(report: AnyReport, type: NamespaceType, inode: string): readonly Hold[] {
  const held = report.sandbox.namespaces.find((one) => one.type === type && one.inode === inode);
  return (held?.holds ?? []).filter((hold) => hold.kind !== "process" || hold.container === null);
}

/** The container that holds the sandbox, if one does. */
export function isHolder({ container }: Member, { sandbox: { holder } }: AnyReport): boolean {
  return holder.kind === "process" && container.pid !== null && container.pid === holder.pid;
}

/** The whole drawing in sentences, in the order in which an eye would go. */
export function describe(
  report: AnyReport,
  members: readonly Member[],
  sharings: readonly Sharing[],
): string {
  const named = new Map(members.map(({ index, container }) => [index, container.name]));
  const everybody = sharedByAll(members);
  return [
    ...(everybody.length === 0
      ? []
      : [l10n.t("Node {0}; its containers share with it: {1}.", report.node.name, everybody.join(", "))]),
    ...sharings.map((sharing) =>
      l10n.t(
        "{0} shared by {1}.",
        sharing.joined.map(({ type, inode, identity }) => `${identity.letter} ${type} ${inode}`).join(", "),
        sharing.members.map((index) => named.get(index) ?? "").join(", "),
      ),
    ),
    ...sharings.flatMap(({ joined }) =>
      joined.flatMap(({ type, inode }) =>
        otherHolds(report, type, inode).map((hold) =>
          l10n.t("{0} is held by {1} too.", `${type} ${inode}`, holdWords(hold)),
        ),
      ),
    ),
    ...members.flatMap((member) => describeMember(member, members, report, everybody)),
  ].join(" ");
}

/** Whether somebody whose link was refused, the node included, may be in a Linux namespace that seems to be one's own. */
export function isDoubtful(type: NamespaceType, members: readonly Member[], { node }: AnyReport): boolean {
  const readings = [node.namespaces[type], ...members.map(({ cells }) => cells.get(type)?.reading)];
  return readings.some((reading) => reading?.status === "denied");
}

function describeMember(
  member: Member,
  members: readonly Member[],
  report: AnyReport,
  everybody: readonly NamespaceType[],
): readonly string[] {
  const { container, column, cells } = member;
  const { name } = container;
  const who = column.facts.length === 0 ? name : `${name} (${column.facts.join(", ")})`;
  const own = [...cells].filter(([, { verdict }]) => verdict === "own");
  const ownWords = own.map(([type, { value }]) => `${type} ${value}`).join(", ");
  const host = [...cells].filter(([type, { verdict }]) => verdict === "host" && !everybody.includes(type));
  const marks = [...cells].flatMap(([type, cell]) => cell.marks.map(({ words }) => `${type}: ${words}`));
  const read = [...cells.values()].some(({ reading }) => reading.status === "read");
  return [
    ...(isHolder(member, report) ? [l10n.t("{0} holds the sandbox.", who)] : []),
    ...(read ? [] : [l10n.t("{0} is in no Linux namespace that can be seen.", who)]),
    ...(own.length === 0
      ? []
      : [
          own.some(([type]) => isDoubtful(type, members, report))
            ? l10n.t("{0} has its own, as far as readable: {1}.", who, ownWords)
            : l10n.t("{0} has its own: {1}.", who, ownWords),
        ]),
    ...(host.length === 0
      ? []
      : [l10n.t("{0} is in the node's: {1}.", who, host.map(([type]) => type).join(", "))]),
    ...(marks.length === 0 ? [] : [l10n.t("Finding about {0}: {1}.", name, marks.join("; "))]),
  ];
}
