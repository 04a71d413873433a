import * as z from "zod/mini";
import type { NodeView } from "../core/node-view.ts";
import type { Compared, SideBySide } from "../core/side-by-side.ts";
import { reportSchema } from "../core/snapshot/schema.ts";

// Messages of the small pages: two things side by side, and a node's snapshot.

/** Host -> page. `revision` grows by one with each change. */
export interface PageMessage<State> {
  readonly type: "state";
  readonly revision: number;
  readonly state: State;
}

export interface ComparisonState {
  readonly shown: SideBySide;
  /** What the page keeps, for the time when VS Code is not running. */
  readonly compared: Compared;
}

export type ComparisonMessage =
  | { readonly type: "ready" }
  | { readonly type: "swap" }
  | { readonly type: "copyMarkdown" };

export type SnapshotState =
  | { readonly kind: "node"; readonly title: string; readonly savedAt: string; readonly view: NodeView }
  /** A file that holds no snapshot. */
  | { readonly kind: "failed"; readonly title: string; readonly next: string };

export type SnapshotMessage = { readonly type: "ready" } | { readonly type: "openAsText" };

const comparisonMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ready") }),
  z.strictObject({ type: z.literal("swap") }),
  z.strictObject({ type: z.literal("copyMarkdown") }),
]);

/** A message as the page sends it, or undefined for anything else: never throws. */
export function parseComparisonMessage(data: unknown): ComparisonMessage | undefined {
  return comparisonMessage.safeParse(data).data;
}

const snapshotMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ready") }),
  z.strictObject({ type: z.literal("openAsText") }),
]);

/** The same for the page of a snapshot. */
export function parseSnapshotMessage(data: unknown): SnapshotMessage | undefined {
  return snapshotMessage.safeParse(data).data;
}

const savedComparison = z.object({
  compared: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("reports"), left: reportSchema, right: reportSchema }),
    z.object({
      kind: z.literal("node"),
      report: reportSchema,
      container: z.int().check(z.nonnegative()),
      nodeFirst: z.boolean(),
    }),
  ]),
});

/** What a page compared when VS Code was closed, or undefined for anything else: never throws. */
export function parseSavedComparison(data: unknown): Compared | undefined {
  return savedComparison.safeParse(data).data?.compared;
}
