/** Where one YAML document of a file begins and ends, in UTF-16 code units. */
export interface DocumentSlice {
  readonly start: number;
  readonly end: number;
}

/**
 * Cuts a file at its document markers, without parsing it: a line that begins with `---` or `...` and a blank is a
 * marker wherever it stands (YAML 1.2, production c-forbidden), even inside a scalar. So the document under the cursor
 * can be parsed alone, and a broken one spoils no other.
 */
export function splitDocuments(text: string): readonly DocumentSlice[] {
  const slices: DocumentSlice[] = [];
  let start = 0;
  for (const { 0: marker, index } of text.matchAll(/^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm)) {
    if (index > start) slices.push({ start, end: index });
    // `---` stays with its document, for content may follow on the same line.
    start = marker === "---" ? index : index + marker.length;
  }
  if (text.length > start) slices.push({ start, end: text.length });
  return slices;
}
