import { namespaceTypes } from "../namespaces.ts";
import { type Audit, containersOf, notReadOf } from "./audit.ts";

const columns = [
  "node",
  "outcome",
  "why",
  "namespace",
  "pod",
  "uid",
  "container",
  "kind",
  "image",
  "privileged",
  ...namespaceTypes,
  "notAsAsked",
  "whyUnknown",
] as const;

/**
 * One line for each container, and one for each node that was not read (RFC 4180, UTF-8). Of each type it says "node",
 * "not the node's" or "unknown". Nothing in it is taken for a formula by a spreadsheet.
 */
export function auditCsv(audit: Audit): string {
  const read = [...containersOf(audit)].map((one) => [
    one.node,
    "read",
    "",
    one.namespace,
    one.pod,
    one.uid,
    one.name,
    one.kind,
    one.image,
    one.privileged ? "yes" : "no",
    ...namespaceTypes.map((type) =>
      one.host.includes(type) ? "node" : one.unknown.includes(type) ? "unknown" : "not the node's",
    ),
    one.differs.join(" "),
    one.whyUnknown,
  ]);
  const others = notReadOf(audit).map(({ name, outcome, why }) => [
    name,
    outcome,
    why,
    ...Array.from({ length: columns.length - 3 }, () => ""),
  ]);
  return [columns, ...read, ...others].map((line) => `${line.map(field).join(",")}\r\n`).join("");
}

/** Spreadsheets run what begins with one of these (OWASP, "CSV Injection"); an apostrophe makes it text. */
const formula = /^[=+\-@\t\r]/;

function field(text: string): string {
  const harmless = formula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
