import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { snapshotSchema } from "../../extension/core/snapshot/schema.ts";

// Makes media/snapshot.schema.json, by which VS Code checks and explains *.sandbox.json, from the schema that reads them:
//   node test/support/snapshot-schema.ts

const target = join(import.meta.dirname, "../../media/snapshot.schema.json");

/** The text that the file is to have. */
export function snapshotSchemaText(): string {
  // Draft 7 is what VS Code knows best. What is unknown is let in, as it is when a snapshot is read.
  const schema = z.toJSONSchema(snapshotSchema, { io: "input", target: "draft-7", reused: "ref" });
  return `${JSON.stringify({ ...schema, title: "Snapshot of Pod Sandbox Explorer" }, undefined, 2)}\n`;
}

/** The text that the file has. */
export async function savedSnapshotSchema(): Promise<string> {
  return readFile(target, "utf8");
}

if (import.meta.main) await writeFile(target, snapshotSchemaText());
