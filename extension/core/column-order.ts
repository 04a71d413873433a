/**
 * What decides whether two columns run together: for each row the Linux namespace that the column shares with at
 * least one other, or null where it is alone.
 */
export type Signature = readonly (string | null)[];

/**
 * The best order is searched among at most so many different signatures, which takes 2^n * n^2 steps.
 * Real pods have two or three; beyond the limit equal columns are only brought together.
 */
const searchLimit = 8;

/**
 * An order of the columns in which bands break least, to be shown after the column `start`.
 * A row's runs are one more than its unequal neighbours, so the fewest breaks are the shortest path through all
 * columns. Of equally good orders the one nearest to the given order is taken: it stays unless another is better.
 * Returns indices into `columns`.
 */
export function orderColumns(columns: readonly Signature[], start: Signature): readonly number[] {
  const kinds = new Map<string, { readonly signature: Signature; readonly members: number[] }>();
  for (const [index, signature] of columns.entries()) {
    const key = JSON.stringify(signature);
    const kind = kinds.get(key) ?? { signature, members: [] };
    kind.members.push(index);
    kinds.set(key, kind);
  }
  const grouped = [...kinds.values()];
  const order =
    grouped.length <= searchLimit
      ? shortestPath(
          grouped.map(({ signature }) => signature),
          start,
        )
      : grouped.keys();
  const better = [...order].flatMap((kind) => grouped[kind]?.members ?? []);
  const given = [...columns.keys()];
  return breaks(better, columns, start) < breaks(given, columns, start) ? better : given;
}

/** Unequal neighbours in all rows together. */
export function breaks(order: readonly number[], columns: readonly Signature[], start: Signature): number {
  let total = 0;
  let previous = start;
  for (const index of order) {
    const signature = columns[index] ?? [];
    total += distance(previous, signature);
    previous = signature;
  }
  return total;
}

function distance(left: Signature, right: Signature): number {
  return left.reduce((sum, shared, row) => sum + (shared === null || shared !== right[row] ? 1 : 0), 0);
}

/** Held and Karp's dynamic programme over the sets of columns not yet placed; the first of equals wins. */
function shortestPath(columns: readonly Signature[], start: Signature): readonly number[] {
  const count = columns.length;
  const memo = new Map<number, number>();

  const stepTo = (from: Signature, placed: number, next: number): number =>
    distance(from, columns[next] ?? []) + cheapest(placed | (1 << next), next);

  const openAfter = (placed: number): number[] =>
    [...columns.keys()].filter((index) => (placed & (1 << index)) === 0);

  const cheapest = (placed: number, last: number): number => {
    const key = placed * count + last;
    const known = memo.get(key);
    if (known !== undefined) return known;
    const steps = openAfter(placed).map((next) => stepTo(columns[last] ?? [], placed, next));
    const cost = steps.length === 0 ? 0 : Math.min(...steps);
    memo.set(key, cost);
    return cost;
  };

  const path: number[] = [];
  let placed = 0;
  let from = start;
  while (path.length < count) {
    const steps = openAfter(placed).map((next) => ({ next, cost: stepTo(from, placed, next) }));
    const least = Math.min(...steps.map(({ cost }) => cost));
    const chosen = steps.find(({ cost }) => cost === least);
    if (chosen === undefined) break;
    path.push(chosen.next);
    placed |= 1 << chosen.next;
    from = columns[chosen.next] ?? [];
  }
  return path;
}
