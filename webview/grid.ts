/** A place in the table: row 0 is that of the headers. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

/**
 * Where a key leads from a place, as in the ARIA practices' data grid: arrows by one, Home and End along the row, with
 * Ctrl to the table's corners. Null for every other key, and at the table's edge.
 *
 * @param size - numbers of rows and columns.
 */
export function placeAfter(
  { row, column }: Place,
  { key, ctrlKey, metaKey }: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey">,
  size: Place,
): Place | null {
  const to = ((): Place | null => {
    const far = ctrlKey || metaKey;
    switch (key) {
      case "ArrowLeft":
        return { row, column: column - 1 };
      case "ArrowRight":
        return { row, column: column + 1 };
      case "ArrowUp":
        return { row: row - 1, column };
      case "ArrowDown":
        return { row: row + 1, column };
      case "Home":
        return { row: far ? 1 : row, column: 0 };
      case "End":
        return { row: far ? size.row - 1 : row, column: size.column - 1 };
      default:
        return null;
    }
  })();
  return to !== null && to.row >= 0 && to.row < size.row && to.column >= 0 && to.column < size.column
    ? to
    : null;
}
