import * as z from "zod/mini";
import type { NodePlace } from "../app/node-place.ts";
import { SandboxError } from "../core/errors.ts";

const text = z.string().check(z.minLength(1), z.maxLength(1000));
const place = z.object({ context: z.nullable(text), node: text });
const rowOfNode = z.object({ place });
const rowOfOther = z.object({ kind: z.literal("other"), place, other: z.object({ key: text, title: text }) });

/** The node that a command was given a row of. Throws SandboxError `bad-argument`. */
export function parseNodeTarget(argument: unknown): NodePlace {
  const row = rowOfNode.safeParse(argument).data;
  if (row === undefined) throw noRow("no row of a node");
  return row.place;
}

/** Whether it may be a row of the Nodes view. */
export function hasPlace(argument: unknown): boolean {
  return rowOfNode.safeParse(argument).success;
}

/** Whether it is the row of a sandbox that is no pod. */
export function isOtherRow(argument: unknown): boolean {
  return rowOfOther.safeParse(argument).success;
}

/** The sandbox that a command was given the row of. Throws SandboxError `bad-argument`. */
export function parseOtherTarget(argument: unknown): NodePlace & {
  readonly key: string;
  readonly title: string;
} {
  const row = rowOfOther.safeParse(argument).data;
  if (row === undefined) throw noRow("no row of a sandbox on a node");
  return { ...row.place, ...row.other };
}

function noRow(actual: string): SandboxError {
  return new SandboxError("bad-argument", `the argument is ${actual}`, { facts: { actual } });
}
