import { fieldOf, parseJson, textOf } from "./json.ts";
import { type NamespaceType, namespaceTypes } from "./namespaces.ts";
import type { OciNamespace } from "./scan.ts";

/** The OCI's names of the types that it calls by other names than the kernel (runtime-spec, config-linux.md). */
const otherNames: ReadonlyMap<string, NamespaceType> = new Map([
  ["network", "net"],
  ["mount", "mnt"],
]);

/**
 * Parses the value of `linux.namespaces` in an OCI runtime configuration: a JSON list of `{"type", "path"?}`.
 * undefined when it is not one; types that the kernel did not have when this was written are passed over.
 */
export function parseOciNamespaces(json: string): readonly OciNamespace[] | undefined {
  const list = parseJson(json);
  if (!Array.isArray(list)) return undefined;
  const found = new Map<NamespaceType, OciNamespace>();
  for (const entry of list as readonly unknown[]) {
    const name = textOf(entry, "type");
    if (name === undefined) return undefined;
    const path = fieldOf(entry, "path");
    if (path !== undefined && typeof path !== "string") return undefined;
    const type = namespaceTypes.find((candidate) => candidate === (otherNames.get(name) ?? name));
    if (type === undefined) continue;
    // The specification forbids a type that is listed twice: then neither can be believed.
    if (found.has(type)) return undefined;
    found.set(type, { type, path: path === "" ? undefined : path });
  }
  return [...found.values()];
}
