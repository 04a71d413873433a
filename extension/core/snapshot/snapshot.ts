import * as l10n from "@vscode/l10n";
import type * as z from "zod/mini";
import { SandboxError } from "../errors.ts";
import { fieldOf } from "../json.ts";
import type { NodeView } from "../node-view.ts";
import type { AnyReport } from "../report.ts";
import { longestList, mostEntries, reportSchema, snapshotSchema } from "./schema.ts";

/** What a snapshot is of. */
export type SnapshotContent =
  | { readonly kind: "report"; readonly report: AnyReport }
  | { readonly kind: "node"; readonly view: NodeView };

/** A report or a whole node in a file, to be looked at again without any cluster. Plain JSON. */
export interface Snapshot {
  readonly kind: "pod-sandbox-snapshot";
  readonly version: 1;
  /** ISO 8601, on the clock of the machine that saved it. */
  readonly savedAt: string;
  /** Program and version: "pod-sandbox-explorer 0.1.0". */
  readonly savedBy: string;
  readonly content: SnapshotContent;
}

/** Characters. What is longer is no snapshot of ours, and would take long to look at. */
export const longestFile = 50_000_000;

/** The text of a snapshot's file: indented JSON, whose form media/snapshot.schema.json tells. */
export function writeSnapshot(content: SnapshotContent, savedAt: Date, savedBy: string): string {
  const snapshot: Snapshot = {
    kind: "pod-sandbox-snapshot",
    version: 1,
    savedAt: savedAt.toISOString(),
    savedBy,
    content,
  };
  return `${JSON.stringify(snapshot, undefined, 2)}\n`;
}

/**
 * Reads the text of a snapshot's file, or a report alone as "Copy as JSON" gives it. It is hostile until then, and its
 * strings stay so.
 *
 * @param file - what it is called, for the error.
 * @throws SandboxError `snapshot-invalid`, with the facts `file` and `detail`.
 */
export function parseSnapshot(text: string, file = ""): Snapshot {
  const read = readSnapshot(text);
  if (typeof read !== "string") return read;
  throw new SandboxError("snapshot-invalid", read, { facts: { file, detail: read } });
}

/** The snapshot, or in a few words why it is none. */
function readSnapshot(text: string): Snapshot | string {
  if (text.length > longestFile) return l10n.t("it is too large");
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/u, ""));
  } catch (thrown) {
    return notJson(text, String(thrown));
  }
  if (isTooLong(json)) return l10n.t("it is too large");
  if (fieldOf(json, "kind") !== "pod-sandbox-snapshot") return bareReport(json);
  const version = fieldOf(json, "version");
  if (typeof version === "number" && version > 1) {
    return l10n.t("it was saved by a newer version of the extension");
  }
  const read = snapshotSchema.safeParse(json);
  return read.success ? read.data : misfit(read.error);
}

/**
 * Whether one list, or all together, have more entries than those of a snapshot may have. To be known before the schema
 * is asked, which would tell of each of millions of entries what is wrong with it.
 */
function isTooLong(json: unknown): boolean {
  const left: unknown[] = [json];
  let entries = 0;
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) {
      entries += value.length;
      if (value.length > longestList || entries > mostEntries) return true;
    }
    for (const one of Object.values(value)) left.push(one);
  }
  return false;
}

function bareReport(json: unknown): Snapshot | string {
  if (fieldOf(json, "schemaVersion") === undefined) return l10n.t("it is JSON of another kind");
  const read = reportSchema.safeParse(json);
  if (!read.success) return misfit(read.error);
  return {
    kind: "pod-sandbox-snapshot",
    version: 1,
    savedAt: read.data.takenAt,
    savedBy: "",
    content: { kind: "report", report: read.data },
  };
}

/** V8 tells most places, but not all. */
function notJson(text: string, message: string): string {
  const position = /position (\d+)/.exec(message)?.[1];
  return position === undefined
    ? l10n.t("it is not valid JSON")
    : l10n.t("line {0} is not valid JSON", text.slice(0, Number(position)).split("\n").length);
}

/** The first thing that is not as it should be: "content.report.node is not as expected". */
function misfit(error: z.core.$ZodError): string {
  const place = deepest(error.issues).map(String).join(".");
  return place === "" ? l10n.t("it is not as expected") : l10n.t("{0} is not as expected", place);
}

/** Where something is none of several kinds, it was most likely meant to be the one that fits the farthest. */
function deepest(issues: readonly z.core.$ZodIssue[]): readonly PropertyKey[] {
  const [first] = issues;
  if (first === undefined) return [];
  if (first.code !== "invalid_union") return first.path;
  const inside = first.errors.map(deepest).reduce((best, one) => (one.length > best.length ? one : best), []);
  return [...first.path, ...inside];
}
