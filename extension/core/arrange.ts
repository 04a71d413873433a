/**
 * How somebody wants the table's columns: kept by the names of containers, as a container that restarts, or a pod that
 * is made anew, keeps them. The node's column is not among them: it always comes first.
 */
export interface Arrangement {
  /** From left to right; empty for the order in which bands break least. Names that are not there are passed over. */
  readonly order: readonly string[];
  /** Columns that come first and stay in sight while the others scroll. */
  readonly pinned: readonly string[];
  readonly hidden: readonly string[];
}

/** Nothing moved, pinned or hidden. */
export const asIs: Arrangement = { order: [], pinned: [], hidden: [] };

export function isAsIs({ order, pinned, hidden }: Arrangement): boolean {
  return order.length + pinned.length + hidden.length === 0;
}

/** Pinned ones first, then as ordered; who is not spoken of comes last and keeps its place among those. */
export function arranged<T extends { readonly name: string }>(
  columns: readonly T[],
  { order, pinned }: Arrangement,
): readonly T[] {
  const places = new Map(order.map((name, index) => [name, index]));
  const isPinned = new Set(pinned);
  const block = ({ name }: T): number => (isPinned.has(name) ? 0 : 1);
  const place = ({ name }: T): number => places.get(name) ?? order.length;
  return columns.toSorted((a, b) => block(a) - block(b) || place(a) - place(b));
}

/**
 * Moves a column past its next neighbour in sight, or null where there is none on that side: a pinned column stays
 * among the pinned ones.
 *
 * @param names - of all columns as they are arranged now, hidden ones too.
 */
export function movedColumn(
  names: readonly string[],
  name: string,
  by: -1 | 1,
  arrangement: Arrangement,
): Arrangement | null {
  const { pinned, hidden } = arrangement;
  const unique = [...new Set(names)];
  const from = unique.indexOf(name);
  const candidates = by < 0 ? unique.slice(0, Math.max(from, 0)).toReversed() : unique.slice(from + 1);
  const past = candidates.find((other) => !hidden.includes(other));
  if (from < 0 || past === undefined || pinned.includes(past) !== pinned.includes(name)) return null;
  const order = unique.filter((other) => other !== name);
  order.splice(order.indexOf(past) + (by > 0 ? 1 : 0), 0, name);
  return { ...arrangement, order };
}

/** Pins a column, or lets a pinned one go. */
export function togglePinned(name: string, arrangement: Arrangement): Arrangement {
  return { ...arrangement, pinned: toggled(name, arrangement.pinned) };
}

/** Hides a column, or shows a hidden one. */
export function toggleHidden(name: string, arrangement: Arrangement): Arrangement {
  return { ...arrangement, hidden: toggled(name, arrangement.hidden) };
}

function toggled(name: string, names: readonly string[]): readonly string[] {
  return names.includes(name) ? names.filter((other) => other !== name) : [...names, name];
}
