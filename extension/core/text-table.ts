/** A column of a table of text. */
export interface TextColumn {
  readonly heading: string;
  /** Numbers stand at the right of their column. */
  readonly right?: boolean;
}

/** The lines of a table: headings, then rows, two spaces between columns, as ps(1) has them. */
export function textTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const widths = columns.map(({ heading }, at) =>
    rows.reduce((widest, row) => Math.max(widest, (row[at] ?? "").length), heading.length),
  );
  const line = (row: readonly string[]): string =>
    columns
      .map(({ right }, at) => {
        const text = row[at] ?? "";
        const width = widths[at] ?? 0;
        return right === true ? text.padStart(width) : text.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [columns.map(({ heading }) => heading), ...rows].map(line);
}
