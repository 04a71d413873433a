import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import type { Audit } from "../../extension/core/audit/audit.ts";
import { namespaceTypes } from "../../extension/core/namespaces.ts";

// Makes media/audit.schema.json, which documents the JSON export of "Read all nodes":
//   node test/support/audit-schema.ts

const target = join(import.meta.dirname, "../../media/audit.schema.json");

const types = z.array(z.enum(namespaceTypes));
const container = z.strictObject({
  namespace: z.string(),
  pod: z.string(),
  uid: z.string(),
  name: z.string(),
  kind: z.enum(["infra", "app", "init", "sidecar", "ephemeral", "processes"]),
  image: z.string(),
  privileged: z.boolean(),
  host: types.check(z.meta({ description: "Types in which it is in the node's Linux namespace." })),
  asked: types.check(
    z.meta({ description: "Of those, the types in which its pod's spec does not forbid that." }),
  ),
  differs: types.check(z.meta({ description: "Types in which it is not where its pod's spec asks for." })),
  unknown: types.check(z.meta({ description: "Types that were not seen: nothing is said of these." })),
  whyUnknown: z.string(),
});

/** What an export holds. */
export const auditSchema: z.ZodMiniType<Audit> = z.strictObject({
  schemaVersion: z.literal(1),
  context: z.string().check(z.meta({ description: "The kubeconfig context." })),
  begunAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  nodes: z.array(
    z.union([
      z.strictObject({
        name: z.string(),
        outcome: z.literal("read"),
        takenAt: z.iso.datetime(),
        containers: z.array(container),
      }),
      z.strictObject({
        name: z.string(),
        outcome: z.enum(["failed", "cancelled", "unfit"]),
        why: z.string().check(z.meta({ description: "One sentence." })),
      }),
    ]),
  ),
});

/** The text that the file is to have. */
export function auditSchemaText(): string {
  const schema = z.toJSONSchema(auditSchema, { target: "draft-7", reused: "ref" });
  const title = "What the containers of a cluster share with their nodes, by Pod Sandbox Explorer";
  return `${JSON.stringify({ ...schema, title }, undefined, 2)}\n`;
}

/** The text that the file has. */
export async function savedAuditSchema(): Promise<string> {
  return readFile(target, "utf8");
}

if (import.meta.main) await writeFile(target, auditSchemaText());
