import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Frame } from "playwright-core";
import * as z from "zod/mini";

const resultSchema = z.object({
  passes: z.array(z.object({ id: z.string() })),
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
});

/**
 * What axe finds wrong in a document: rule and offending element, one string each.
 *
 * @throws when axe examined nothing, which would look like a document without a fault.
 */
export async function axeViolations(frame: Frame): Promise<readonly string[]> {
  await frame.evaluate(await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
  const { passes, violations } = resultSchema.parse(await frame.evaluate("axe.run()"));
  if (passes.length === 0) {
    throw new Error("axe examined nothing.");
  }
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
