import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildMatrix, cellText, type Cell, type Matrix } from "../../../extension/core/matrix.ts";
import { namespaceTypes, type NamespaceType } from "../../../extension/core/namespaces.ts";
import { anyComparison } from "../../fixtures/reports/arbitrary.ts";
import { insideSamples } from "../../fixtures/reports/inside-samples.ts";
import { otherSamples } from "../../fixtures/reports/other-samples.ts";
import { samples } from "../../fixtures/reports/samples.ts";

function inodeOf(cell: Cell | undefined): string | null {
  return cell?.reading.status === "read" ? cell.reading.inode : null;
}

function cellOf(matrix: Matrix, column: string, type: NamespaceType): Cell {
  const index = matrix.columns.findIndex(({ name }) => name === column);
  const cell = matrix.rows.find((row) => row.type === type)?.cells[index];
  if (cell === undefined) throw new Error(`no cell ${column} ${type}`);
  return cell;
}

describe("any report", () => {
  test("has a row for every type and a cell for every column, the node first, then infra", () => {
    fc.assert(
      fc.property(anyComparison, (report) => {
        const { columns, rows } = buildMatrix(report);
        expect(rows.map(({ type }) => type)).toEqual(namespaceTypes);
        expect(columns[0]?.kind).toBe("node");
        if (report.containers[0]?.kind === "infra") expect(columns[1]?.kind).toBe("infra");
        expect(
          columns
            .slice(1)
            .map(({ name }) => name)
            .toSorted(),
        ).toEqual(report.containers.map(({ name }) => name).toSorted());
        for (const { cells } of rows) expect(cells).toHaveLength(columns.length);
      }),
    );
  });

  test("the same letter means the same inode of the same type, and nothing else", () => {
    fc.assert(
      fc.property(anyComparison, (report) => {
        const seen = new Map<string, string>();
        for (const { type, cells } of buildMatrix(report).rows) {
          for (const a of cells) {
            if (a.identity !== null && a.identity.hue !== "host") {
              const place = `${type} ${String(inodeOf(a))}`;
              expect(seen.get(a.identity.letter) ?? place).toBe(place);
              seen.set(a.identity.letter, place);
            }
            for (const b of cells) {
              if (a === b) continue;
              const equal = inodeOf(a) !== null && inodeOf(a) === inodeOf(b);
              const sameLetter = a.identity !== null && a.identity.letter === b.identity?.letter;
              expect(sameLetter).toBe(equal);
              expect(a.identity?.hue === b.identity?.hue || !equal).toBe(true);
            }
          }
        }
      }),
    );
  });

  test("the verdict follows from the readings alone, and nothing unread is shared, own or the node's", () => {
    fc.assert(
      fc.property(anyComparison, (report) => {
        for (const { cells } of buildMatrix(report).rows) {
          for (const [index, cell] of cells.entries()) {
            const inode = inodeOf(cell);
            const others = cells.filter((_, other) => other !== index && other !== 0);
            const expected =
              inode === null
                ? "not visible"
                : index === 0 || inode === inodeOf(cells[0])
                  ? "host"
                  : others.some((other) => inodeOf(other) === inode)
                    ? "shared"
                    : "own";
            expect(cell.verdict).toBe(expected);
            expect(cell.sharedWith).toHaveLength(
              inode === null ? 0 : cells.filter((other) => inodeOf(other) === inode).length - 1,
            );
          }
        }
      }),
    );
  });

  test("bands fit together, and a broken one goes on behind every stranger between its ends", () => {
    fc.assert(
      fc.property(anyComparison, (report) => {
        for (const { cells } of buildMatrix(report).rows) {
          for (const [index, cell] of cells.entries()) {
            const same = (other: Cell | undefined): boolean =>
              cell.identity !== null && other?.identity?.letter === cell.identity.letter;
            const left = same(cells[index - 1]);
            const right = same(cells[index + 1]);
            expect(cell.band).toBe(left ? (right ? "middle" : "right") : right ? "left" : "single");
            const before = new Set(cells.slice(0, index).map(({ identity }) => identity?.letter));
            const after = new Set(cells.slice(index + 1).map(({ identity }) => identity?.letter));
            const broken = [...before].filter((one) => one !== undefined && after.has(one));
            expect(new Set(cell.behind.map(({ letter }) => letter))).toEqual(
              new Set(broken.filter((one) => one !== cell.identity?.letter)),
            );
          }
        }
      }),
    );
  });

  test("behind a sandboxed runtime nothing of a container is visible", () => {
    fc.assert(
      fc.property(anyComparison, (report) => {
        const sandbox = { ...report.sandbox, holder: { kind: "virtualised", pid: null, paths: [] } as const };
        for (const { cells } of buildMatrix({ ...report, sandbox }).rows) {
          for (const cell of cells.slice(1)) {
            expect(cell.verdict).toBe("not visible");
            expect(cellText(cell)).not.toMatch(/\b\d\b/);
          }
        }
      }),
    );
  });

  test("every cell says in words what it holds", () => {
    fc.assert(
      fc.property(anyComparison, (report) => {
        for (const { cells } of buildMatrix(report).rows) {
          for (const cell of cells) {
            expect(cellText(cell)).toContain(cell.value);
            if (cell.reading.status === "read") expect(cell.note).toMatch(/own|shared|node's/);
          }
        }
      }),
    );
  });
});

test("a plain pod: bands through pause, the rest its own or the node's", () => {
  const matrix = buildMatrix(samples.plain);
  expect(matrix.columns.map(({ name }) => name)).toEqual(["node", "pause", "nginx", "sidecar"]);
  expect(cellText(cellOf(matrix, "nginx", "net"))).toBe("A 4026532334, shared by the pod");
  expect(cellText(cellOf(matrix, "nginx", "pid"))).toBe("4026532540, its own");
  expect(cellText(cellOf(matrix, "nginx", "user"))).toBe("● 4026531837, the node's, for all");
  expect(cellOf(matrix, "nginx", "net").sharedWith).toEqual(["pause", "sidecar"]);
});

test("a debugger in its target's processes stands beside its target", () => {
  const matrix = buildMatrix(samples.targeted);
  expect(matrix.columns.map(({ name }) => name)).toEqual(["node", "pause", "nginx", "debugger", "sidecar"]);
  expect(cellOf(matrix, "debugger", "pid").note).toBe("shared by nginx and debugger");
});

test("a finding marks its cell with the reason, and only that", () => {
  const matrix = buildMatrix(samples.ephemeral);
  const marked = matrix.rows.flatMap(({ cells }) => cells.filter(({ marks }) => marks.length > 0));
  expect(marked).toEqual([cellOf(matrix, "debugger", "pid")]);
  expect(marked[0]?.marks).toEqual([{ severity: "warning", words: "should be nginx's" }]);
});

test("what ended stands last and says why it is empty, once", () => {
  const matrix = buildMatrix(samples.crashing);
  expect(matrix.columns.slice(-3).map(({ name }) => name)).toEqual(["migrate", "worker", "killed"]);
  expect(matrix.columns.find(({ name }) => name === "worker")?.facts).toEqual(["waiting: CrashLoopBackOff"]);
  const column = matrix.columns.findIndex(({ name }) => name === "worker");
  expect(matrix.rows.map(({ cells }) => cells[column]?.labelled)).toEqual([true, ...Array(7).fill(false)]);
});

test("beside a refused link nothing is said to be its own without a proviso", () => {
  const matrix = buildMatrix(samples.partlyDenied);
  expect(cellOf(matrix, "nginx", "pid").note).toBe("its own, as far as readable");
  expect(cellOf(matrix, "nginx", "net").note).toBe("shared by pause and nginx");
  expect(cellOf(matrix, "sidecar", "net")).toMatchObject({ value: "needs root", verdict: "not visible" });
});

test("processes and threads elsewhere are noted where their container is, outsiders where they are", () => {
  const matrix = buildMatrix(insideSamples.inside);
  expect(cellOf(matrix, "supervisor", "net").marks).toEqual([
    { severity: "info", words: "1 process elsewhere" },
    { severity: "info", words: "1 thread elsewhere" },
  ]);
  // As grave as the finding that says the same, and once for the whole band.
  expect(cellOf(matrix, "pause", "net").marks).toEqual([
    { severity: "warning", words: "and a process from outside" },
  ]);
  expect(cellOf(matrix, "supervisor", "mnt").marks).toEqual([
    { severity: "info", words: "1 thread elsewhere" },
  ]);
  expect(cellOf(matrix, "supervisor", "ipc").marks).toEqual([]);
});

test("a column says what it is where it is no container of a pod", () => {
  const facts = (name: keyof typeof otherSamples): unknown =>
    buildMatrix(otherSamples[name]).columns.map((column) => [column.name, ...column.facts]);
  expect(facts("unshared")).toEqual([
    ["node", "PID 1"],
    ["unshare", "no container", "PID 43000"],
  ]);
  expect(facts("dockerDemo")).toEqual([
    ["node", "PID 1"],
    ["pause", "infra cccccccc", "PID 40100"],
    ["nginx", "PID 40180"],
  ]);
  expect(cellOf(buildMatrix(otherSamples.dockerDemo), "nginx", "pid").note).toBe("shared by all");
});
