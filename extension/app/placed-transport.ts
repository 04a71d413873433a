import { asSandboxError, SandboxError } from "../core/errors.ts";
import { parseJson } from "../core/json.ts";
import type { TerminalTransport } from "../nodes/transport.ts";
import { type NodePlace, placeKey } from "./node-place.ts";

/** The same transport, whose errors tell where the node is: what may be done about them depends on it. */
export function placedTransport(transport: TerminalTransport, place: NodePlace): TerminalTransport {
  const placed = (thrown: unknown): never => {
    const error = asSandboxError(thrown);
    throw new SandboxError(error.reason, error.message, {
      cause: error,
      facts: { ...error.facts, place: placeKey(place) },
    });
  };
  return {
    run: async (request, limits) => transport.run(request, limits).catch(placed),
    terminal: async (request, limits) => transport.terminal(request, limits).catch(placed),
  };
}

/** Where the node is that an error of a placed transport is about; undefined for every other error. */
export function placeOf({ facts }: SandboxError): NodePlace | undefined {
  const key = parseJson(facts["place"] ?? "");
  if (!Array.isArray(key)) return undefined;
  const [context, node]: readonly unknown[] = key;
  return typeof node === "string" && (context === null || typeof context === "string")
    ? { context, node }
    : undefined;
}
