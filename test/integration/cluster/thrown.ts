import { inspect } from "node:util";
import { SandboxError } from "../../../extension/core/errors.ts";

/** The SandboxError that the promise fails with; anything else fails the test. */
export async function thrownBy(promise: Promise<unknown>): Promise<SandboxError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof SandboxError) return error;
    throw error;
  }
  throw new Error("It did not fail.");
}

/** All that a log could ever show of an error: message, stack, facts, causes. */
export function everythingOf(error: unknown): string {
  return inspect(error, { depth: 20, showHidden: true });
}
