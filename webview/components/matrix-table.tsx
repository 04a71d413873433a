import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { buildMatrix, type Cell, type Column, type Row } from "../../extension/core/matrix.ts";
import { namespaceGloss } from "../../extension/core/namespaces.ts";
import type { AnyReport } from "../../extension/core/report.ts";

/** The table that is the picture: columns in the same Linux namespace run together into one band. */
export function MatrixTable({ report }: { report: AnyReport }): JSX.Element {
  const { columns, rows } = useMemo(() => buildMatrix(report), [report]);
  const table = useRef<HTMLTableElement>(null);
  // The table's least width depends on the number of columns; the CSP lets no style attribute say so.
  useLayoutEffect(() => {
    table.current?.style.setProperty("--columns", String(columns.length));
  }, [columns.length]);
  return (
    <div class="scroll" role="region" aria-label="Linux namespaces of each container" tabIndex={0}>
      <table ref={table} class="matrix">
        <caption>
          <span>Linux namespaces: cells that run together are the same Linux namespace</span>
        </caption>
        <thead>
          <tr>
            <td class="corner" />
            {columns.map((column) => (
              <ColumnHeader column={column} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <TableRow row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ColumnHeader({ column }: { column: Column }): JSX.Element {
  return (
    <th scope="col" class={column.alive ? undefined : "idle"}>
      <span class="name">{column.name}</span>
      {column.facts.map((fact) => (
        <small>{fact}</small>
      ))}
    </th>
  );
}

function TableRow({ row: { type, cells } }: { row: Row }): JSX.Element {
  return (
    <tr>
      <th scope="row">
        {type}
        <small>{namespaceGloss[type]}</small>
      </th>
      {cells.map((cell) => (
        <TableCell cell={cell} />
      ))}
    </tr>
  );
}

/** At most so many broken bands are drawn behind a cell. */
const linesBehind = 3;

function TableCell({ cell }: { cell: Cell }): JSX.Element {
  const { identity, band, labelled, behind, marks, reading, value, note } = cell;
  const classes = [
    "cell",
    band,
    reading.status === "read" ? "read" : "unread",
    identity === null ? "" : `group hue-${String(identity.hue)}`,
    behind.length > 0 ? "bead" : "",
    labelled ? "labelled" : "quiet",
    markClass(marks),
  ];
  return (
    <td>
      {behind.slice(0, linesBehind).map(({ hue }, index) => (
        <span class={`behind hue-${String(hue)} line-${String(index)}`} aria-hidden="true" />
      ))}
      <div class={classes.filter((name) => name !== "").join(" ")}>
        {/* Words in the middle of a band are there for screen readers and for copying; eyes need only the first. */}
        <span class="value">
          {identity !== null && <span class="letter">{identity.letter} </span>}
          <span class="inode">{value}</span>
        </span>
        {note !== "" && <span class="note">{note}</span>}
        {marks.map(({ severity, words }) => (
          <span class={`mark ${severity}`}>
            <span aria-hidden="true">{severity === "info" ? "ℹ" : "▲"} </span>
            <span class="vh">{severity === "info" ? "Note: " : "Finding: "}</span>
            {words}
          </span>
        ))}
      </div>
    </td>
  );
}

/** A note is no reason to frame a cell. */
function markClass(marks: Cell["marks"]): string {
  if (marks.some(({ severity }) => severity === "error")) return "marked error";
  return marks.some(({ severity }) => severity === "warning") ? "marked warning" : "";
}
