import fc from "fast-check";
import { expect, test } from "vitest";
import {
  arranged,
  asIs,
  movedColumn,
  toggleHidden,
  togglePinned,
  type Arrangement,
} from "../../../extension/core/arrange.ts";
import { buildMatrix } from "../../../extension/core/matrix.ts";
import { anyComparison } from "../../fixtures/reports/arbitrary.ts";
import { samples } from "../../fixtures/reports/samples.ts";

const columns = ["pause", "a", "b", "c"].map((name) => ({ name }));

function names(arrangement: Arrangement): readonly string[] {
  return arranged(columns, arrangement).map(({ name }) => name);
}

test("pinned columns come first, then the order, then who is not spoken of", () => {
  expect(names(asIs)).toEqual(["pause", "a", "b", "c"]);
  expect(names({ order: ["gone", "b"], pinned: ["c"], hidden: [] })).toEqual(["c", "b", "pause", "a"]);
});

test("a column moves past its neighbour in sight, and a pinned one stays among the pinned", () => {
  const hidden: Arrangement = { ...asIs, hidden: ["b"] };
  const right = movedColumn(names(hidden), "a", 1, hidden);
  expect(right?.order).toEqual(["pause", "b", "c", "a"]);
  expect(movedColumn(names(asIs), "c", 1, asIs)).toBeNull();
  expect(movedColumn(names(asIs), "nobody", -1, asIs)).toBeNull();
  const pinned = togglePinned("c", asIs);
  expect(movedColumn(names(pinned), "pause", -1, pinned)).toBeNull();
  expect(togglePinned("c", pinned)).toEqual(asIs);
  expect(toggleHidden("b", hidden)).toEqual(asIs);
});

const anyNames = fc.array(fc.oneof(fc.constantFrom("pause", "nginx", "sidecar"), fc.string()), {
  maxLength: 5,
});

test("whatever is arranged, each column says the same of its Linux namespaces", () => {
  fc.assert(
    fc.property(
      anyComparison,
      fc.record({ order: anyNames, pinned: anyNames, hidden: anyNames }),
      (report, { order, pinned }) => {
        const hidden = report.containers.slice(0, 1).map(({ name }) => name);
        const best = buildMatrix(report);
        const matrix = buildMatrix(report, { order, pinned, hidden });
        expect(matrix.columns[0]?.kind).toBe("node");
        for (const [row, { cells }] of matrix.rows.entries()) {
          expect(cells).toHaveLength(matrix.columns.length);
          for (const [at, cell] of cells.entries()) {
            const column = matrix.columns[at];
            const same = best.columns.flatMap(({ kind, name }, index) =>
              kind === column?.kind && name === column.name ? [best.rows[row]?.cells[index]] : [],
            );
            const { verdict, identity, note, value } = cell;
            expect(same).toContainEqual(expect.objectContaining({ verdict, identity, note, value }));
          }
        }
      },
    ),
  );
});

test("who shares with a hidden column alone is not said to be on its own; bands are those in sight", () => {
  const matrix = buildMatrix(samples.plain, { order: [], pinned: ["sidecar"], hidden: ["pause"] });
  expect(matrix.columns.map(({ name }) => name)).toEqual(["node", "sidecar", "nginx"]);
  expect(matrix.hidden).toEqual(["pause"]);
  expect(matrix.order).toEqual(["sidecar", "pause", "nginx"]);
  const net = matrix.rows[0]?.cells;
  expect(net?.map(({ band }) => band)).toEqual(["single", "left", "right"]);
  expect(net?.[1]?.sharedWith).toEqual(["pause", "nginx"]);
  const alone = buildMatrix(samples.plain, { order: [], pinned: [], hidden: ["pause", "sidecar"] });
  expect(alone.rows[0]?.cells[1]).toMatchObject({ verdict: "shared", band: "single" });
});
