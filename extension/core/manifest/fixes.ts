import type { Path } from "./pod-template.ts";
import { type Field, type TextRange, YamlReader } from "./yaml-reader.ts";

/** What is to become of one field of a document. */
export interface Change {
  /** What a person reads before choosing it. */
  readonly title: string;
  readonly field: Field;
  readonly path: Path;
  /** The new value as JSON, or that the field goes. */
  readonly to: { readonly value: boolean | number | string } | "removed";
}

/** One edit of a text. */
export interface Fix {
  readonly title: string;
  readonly range: TextRange;
  readonly newText: string;
}

/**
 * The changes as edits of this document's text. A change is left out unless the document, read again after its edit, says
 * what it said before in all but that one place: anchors, merge keys, doubled keys and unusual ways of writing make an
 * edit that looks right do something else.
 */
export function fixesOf(text: string, changes: readonly Change[]): readonly Fix[] {
  const before = YamlReader.open(text);
  const json = before?.toJson();
  if (before === undefined || json === undefined) return [];
  const { aliased } = before;
  return changes.flatMap((change) => {
    const edit = change.to === "removed" ? removal(text, change.field) : replacement(text, change);
    if (edit === undefined || aliased.some((range) => meet(range, edit.range))) return [];
    const [start, end] = edit.range;
    const after = YamlReader.open(text.slice(0, start) + edit.newText + text.slice(end))?.toJson();
    if (after === undefined || after !== changed(json, change)) return [];
    return [{ title: change.title, ...edit }];
  });
}

type Edit = Omit<Fix, "title">;

function replacement(text: string, { field, to }: Change): Edit | undefined {
  if (to === "removed" || field.valueRange === undefined) return undefined;
  const quoted = /^["']/.test(text.slice(...field.valueRange));
  const { value } = to;
  const isWord = typeof value === "string" && !quoted && /^[a-z][-a-z0-9]*$/i.test(value);
  return { range: field.valueRange, newText: isWord ? value : JSON.stringify(value) };
}

/** Without the field's lines, or its part of a line; a comment behind it stays where it is. */
function removal(text: string, { map, index, key: [start] }: Field): Edit | undefined {
  const end = endOf(text, map.items[index]?.value?.range?.[1]);
  if (end === undefined) return undefined;
  const next = map.items[index + 1]?.key.range?.[0];
  if (map.flow === true) {
    if (next !== undefined) return onlyBetween(text, end, next, /^\s*,\s*$/, [start, next]);
    const previous = endOf(text, map.items[index - 1]?.value?.range?.[1]);
    if (previous === undefined) return undefined;
    return onlyBetween(text, previous, start, /^\s*,\s*$/, [previous, end]);
  }
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const rest = /^([ \t]*)(#[^\n]*)?(\r?\n|$)/.exec(text.slice(end));
  if (rest === null) return undefined;
  const [line, blanks = "", comment] = rest;
  if (/^[ \t]*$/.test(text.slice(lineStart, start))) {
    return comment === undefined
      ? { range: [lineStart, end + line.length], newText: "" }
      : { range: [start, end + blanks.length], newText: "" };
  }
  // The first field of a list's item: the second takes its place behind the dash.
  return next === undefined ? undefined : onlyBetween(text, end, next, /^[ \t]*\r?\n[ \t]*$/, [start, next]);
}

function onlyBetween(
  text: string,
  from: number,
  to: number,
  allowed: RegExp,
  range: TextRange,
): Edit | undefined {
  return allowed.test(text.slice(from, to)) ? { range, newText: "" } : undefined;
}

/** Without the line ends and blanks that the parser counts to a value that is a block. */
function endOf(text: string, end: number | undefined): number | undefined {
  return end === undefined ? undefined : text.slice(0, end).trimEnd().length;
}

function meet([start, end]: TextRange, [from, to]: TextRange): boolean {
  return start < to && from < end;
}

/** The document as JSON after the change; undefined where the path leads nowhere. */
function changed(json: string, { path, to }: Change): string | undefined {
  const root: unknown = JSON.parse(json);
  const last = path.at(-1);
  const holder = path.slice(0, -1).reduce<unknown>((value, step) => stepInto(value, step), root);
  if (last === undefined || typeof holder !== "object" || holder === null) return undefined;
  if (!Object.hasOwn(holder, last)) return undefined;
  if (to === "removed") Reflect.deleteProperty(holder, last);
  else Reflect.set(holder, last, to.value);
  return JSON.stringify(root);
}

function stepInto(value: unknown, step: string | number): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, step)
    ? Reflect.get(value, step)
    : undefined;
}
