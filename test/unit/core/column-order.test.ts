import fc from "fast-check";
import { expect, test } from "vitest";
import { breaks, orderColumns, type Signature } from "../../../extension/core/column-order.ts";

const identity = fc.option(fc.constantFrom("a", "b", "c"), { nil: null });
const signature = (rows: number): fc.Arbitrary<Signature> =>
  fc.array(identity, { minLength: rows, maxLength: rows });

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}

test("the order is a permutation and no other order breaks less", () => {
  fc.assert(
    fc.property(fc.array(signature(3), { maxLength: 6 }), signature(3), (columns, start) => {
      const order = orderColumns(columns, start);
      const given = [...columns.keys()];
      expect(order.toSorted((a, b) => a - b)).toEqual(given);
      const least = Math.min(...permutations(given).map((one) => breaks(one, columns, start)));
      expect(breaks(order, columns, start)).toBe(least);
    }),
    { numRuns: 150 },
  );
});

test("the given order stays where no other is better", () => {
  fc.assert(
    fc.property(fc.array(signature(3), { maxLength: 8 }), signature(3), (columns, start) => {
      const given = [...columns.keys()];
      const order = orderColumns(columns, start);
      if (breaks(order, columns, start) === breaks(given, columns, start)) expect(order).toEqual(given);
    }),
  );
});

test("a container joins its neighbour of the same Linux namespace; the others keep their order", () => {
  const [nginx, sidecar, debug]: Signature[] = [
    ["net", "pid"],
    ["net", null],
    ["net", "pid"],
  ];
  expect(orderColumns([nginx ?? [], sidecar ?? [], debug ?? []], ["net", null])).toEqual([0, 2, 1]);
});

test("sixty containers that all differ are ordered at once, and no worse than given", () => {
  fc.assert(
    fc.property(fc.array(signature(8), { minLength: 60, maxLength: 60 }), (columns) => {
      const start = Array.from({ length: 8 }, () => null);
      const order = orderColumns(columns, start);
      expect(order.toSorted((a, b) => a - b)).toEqual([...columns.keys()]);
      expect(breaks(order, columns, start)).toBeLessThanOrEqual(breaks([...columns.keys()], columns, start));
    }),
    { numRuns: 10 },
  );
});
