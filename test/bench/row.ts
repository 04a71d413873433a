import { writeFileSync } from "node:fs";
import { writeRows } from "./rows-file.ts";

/** One measured figure. */
export interface Row {
  /** Stays the same from run to run: kebab-case, `scenario-figure`. */
  readonly id: string;
  readonly what: string;
  readonly value: number;
  /** "ms", "MB", "ratio", "bytes", "%" ... */
  readonly unit: string;
  /** At most this; null where the figure has no goal. */
  readonly goal: number | null;
  /** null where the figure has no goal. */
  readonly met: boolean | null;
}

export function row(id: string, what: string, value: number, unit: string, goal: number | null = null): Row {
  const rounded = Number(value.toPrecision(4));
  return { id, what, value: rounded, unit, goal, met: goal === null ? null : value <= goal };
}

/** The middle one; of an even number the higher of the two. NaN of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** One line for people. */
export function lineOf({ what, value, unit, goal, met }: Row): string {
  const sign = met === null ? " " : met ? "✓" : "✗";
  const wanted = goal === null ? "" : `  (at most ${goal})`;
  return `${sign} ${what}: ${value} ${unit}${wanted}`;
}

/**
 * Runs one scenario: prints its rows, and writes them as JSON to the file that BENCH_ROWS names, where it does (the
 * whole bench gives each scenario a process and a file of its own).
 */
export async function scenario(measure: () => Promise<readonly Row[]>): Promise<void> {
  const rows = await measure();
  for (const one of rows) console.log(lineOf(one));
  const file = process.env["BENCH_ROWS"];
  if (file !== undefined) writeFileSync(file, writeRows(rows));
}
