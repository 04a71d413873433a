import * as z from "zod/mini";
import type { Row } from "./row.ts";

const rowSchema = z.object({
  id: z.string(),
  what: z.string(),
  value: z.number(),
  unit: z.string(),
  goal: z.nullable(z.number()),
  met: z.nullable(z.boolean()),
});
const fileSchema = z.object({ rows: z.array(rowSchema) });

/** @throws when it is no file of rows. */
export function readRows(text: string): readonly Row[] {
  return fileSchema.parse(JSON.parse(text)).rows;
}

export function writeRows(rows: readonly Row[]): string {
  return `${JSON.stringify({ rows }, null, 2)}\n`;
}

/** How a figure has moved, for the end of a line; nothing where it moved by less than noise does. */
export function changeOf(before: Row, now: Row): string {
  const change = now.value / before.value - 1;
  if (!Number.isFinite(change) || Math.abs(change) < 0.1) return "";
  return `  ${change > 0 ? "+" : "−"}${Math.abs(change * 100).toFixed(0)} % (was ${before.value})`;
}
