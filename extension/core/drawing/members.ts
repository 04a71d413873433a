import { buildMatrix, type Cell, type Column } from "../matrix.ts";
import { namespaceTypes, type NamespaceType } from "../namespaces.ts";
import type { AnyReport, ContainerReport } from "../report.ts";
import type { Joined } from "./model.ts";

/** A container with what the table says of it. */
export interface Member {
  /** Index into the report's containers. */
  readonly index: number;
  readonly container: ContainerReport;
  readonly column: Column;
  readonly cells: ReadonlyMap<NamespaceType, Cell>;
}

/** Linux namespaces that the very same containers share. */
export interface Sharing {
  readonly joined: readonly Joined[];
  /** Indices into the report's containers, ascending. */
  readonly members: readonly number[];
}

/** The containers in the table's order, with the table's letters. */
export function membersOf(report: AnyReport): readonly Member[] {
  const { columns, rows } = buildMatrix(report);
  return columns.flatMap((column, at) => {
    const index = column.container;
    const container = index === null ? undefined : report.containers[index];
    if (index === null || container === undefined) return [];
    const cells = new Map<NamespaceType, Cell>();
    for (const { type, cells: ofRow } of rows) {
      const cell = ofRow[at];
      if (cell !== undefined) cells.set(type, cell);
    }
    return [{ index, container, column, cells }];
  });
}

/** What is shared among containers but not with the node; those that more containers share come first. */
export function sharingsOf(members: readonly Member[]): readonly Sharing[] {
  const sharings = new Map<string, { joined: Joined[]; members: readonly number[] }>();
  for (const type of namespaceTypes) {
    for (const [inode, { indices, joined }] of identitiesOf(type, members)) {
      const sorted = indices.toSorted((a, b) => a - b);
      const key = sorted.join(" ");
      const sharing = sharings.get(key) ?? { joined: [], members: sorted };
      sharing.joined.push({ ...joined, inode });
      sharings.set(key, sharing);
    }
  }
  return [...sharings.values()].toSorted((a, b) => b.members.length - a.members.length);
}

function identitiesOf(
  type: NamespaceType,
  members: readonly Member[],
): ReadonlyMap<string, { readonly indices: number[]; readonly joined: Omit<Joined, "inode"> }> {
  const found = new Map<string, { readonly indices: number[]; readonly joined: Omit<Joined, "inode"> }>();
  for (const { index, cells } of members) {
    const cell = cells.get(type);
    if (cell?.reading.status !== "read" || cell.verdict !== "shared" || cell.identity === null) continue;
    const { inode } = cell.reading;
    const known = found.get(inode) ?? { indices: [], joined: { type, identity: cell.identity } };
    known.indices.push(index);
    found.set(inode, known);
  }
  return found;
}

/** Whether areas can show it: of any two, one lies in the other or they have nothing in common. */
export function isNested(sharings: readonly Sharing[]): boolean {
  return sharings.every((one, at) =>
    sharings.slice(at + 1).every((other) => {
      const common = other.members.filter((member) => one.members.includes(member)).length;
      return common === 0 || common === Math.min(one.members.length, other.members.length);
    }),
  );
}
