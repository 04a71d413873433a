import { SandboxError } from "../../extension/core/errors.ts";

/** Takes from a list in order, the last one again and again; an error is thrown. */
export function inTurn<T>(list: readonly (T | SandboxError)[]): () => T {
  let next = 0;
  return () => {
    const item = list[Math.min(next++, list.length - 1)];
    if (item === undefined) throw new Error("nothing given");
    if (item instanceof SandboxError) throw item;
    return item;
  };
}
