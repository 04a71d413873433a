import type { Row } from "./rows.ts";

/** A change waits this long for others to be drawn with it, in milliseconds: below what a person sees as a delay. */
const gatherMs = 100;

/** Rows to be drawn again, told together. */
export class GatheredRows {
  readonly #draw: (rows: Row[] | undefined) => void;
  /** "all" = the whole tree. */
  #waiting: Set<Row> | "all" = new Set();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param draw - undefined = the whole tree; else no row that another one of them is drawn with. */
  constructor(draw: (rows: Row[] | undefined) => void) {
    this.#draw = draw;
  }

  /** @param rows - undefined = the whole tree. */
  add(rows: readonly Row[] | undefined): void {
    if (rows === undefined) this.#waiting = "all";
    else if (this.#waiting !== "all") for (const row of rows) this.#waiting.add(row);
    if (this.#waiting === "all" || this.#waiting.size > 0) {
      this.#timer ??= setTimeout(() => this.#flush(), gatherMs);
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    this.#draw(waiting === "all" ? undefined : withoutCovered(waiting));
  }
}

/** A row is drawn with all that is below it: naming those as well would draw them twice. */
function withoutCovered(rows: ReadonlySet<Row>): Row[] {
  const isCovered = (row: Row): boolean => {
    const { parent } = row;
    return parent !== undefined && (rows.has(parent) || isCovered(parent));
  };
  return [...rows].filter((row) => !isCovered(row));
}
