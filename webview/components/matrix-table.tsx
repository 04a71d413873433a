import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { movedColumn, toggleHidden, togglePinned, type Arrangement } from "../../extension/core/arrange.ts";
import type { Column } from "../../extension/core/matrix.ts";
import { namespaceGloss } from "../../extension/core/namespaces.ts";
import type { AnyReport } from "../../extension/core/report.ts";
import type { CellId, ReportView } from "../../extension/core/report-view.ts";
import { placeAfter, type Place } from "../grid.ts";
import type { Post } from "../host.ts";
import { ArrangementBar } from "./arrangement-bar.tsx";
import { CellExplanation } from "./cell-explanation.tsx";
import { ColumnHeader } from "./column-header.tsx";
import { ColumnMenu } from "./column-menu.tsx";
import { TableCell } from "./table-cell.tsx";

/**
 * The table that is the picture: columns in the same Linux namespace run together into one band. It stays a table for
 * screen readers; for the keyboard it is one stop, with arrow keys from there.
 */
export function MatrixTable({
  report,
  view: { matrix, explained },
  arrangement,
  post,
}: {
  report: AnyReport;
  view: ReportView;
  arrangement: Arrangement;
  post: Post;
}): JSX.Element {
  const { columns, rows } = matrix;
  const keys = useMemo(() => keysOf(columns), [columns]);
  const [active, setActive] = useState({ row: 1, key: nodeKey });
  const [menu, setMenu] = useState<{ readonly key: string; readonly button: HTMLElement }>();
  const [said, setSaid] = useState("");
  const refocus = useRef(false);
  const around = useRef<HTMLElement>(null);
  const region = useRef<HTMLDivElement>(null);

  // The table's least width and its stuck columns depend on numbers; the CSP lets no style attribute say them.
  const stuck = columns.filter(({ pinned }) => pinned).length;
  useLayoutEffect(() => {
    region.current?.style.setProperty("--columns", String(columns.length));
    region.current?.style.setProperty("--stuck", String(stuck));
  }, [columns.length, stuck]);

  const column = Math.max(keys.indexOf(active.key), 0);
  const row = column === 0 ? Math.max(active.row, 1) : active.row;
  const focusOn = (to: Place): void => {
    around.current?.querySelector<HTMLElement>(`[data-place="${placeName(to)}"]`)?.focus();
  };
  // What had the focus may be gone when the columns come as they were arranged, or have lost it on its way.
  useLayoutEffect(() => {
    const lost = document.activeElement === null || document.activeElement === document.body;
    if (refocus.current && lost) focusOn({ row, column });
    refocus.current = false;
  }, [columns]);

  const arrange = (next: Arrangement, words: string): void => {
    refocus.current = true;
    post({ type: "arrange", arrangement: next });
    setSaid(words);
  };
  const explain = (cell: CellId | null): void => {
    post({ type: "explainCell", cell });
  };
  const close = (): void => {
    explain(null);
    focusOn({ row, column });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && explained !== null && menu === undefined) {
      close();
      return;
    }
    const from = placeOf(event.target);
    if (from === null || event.altKey || event.shiftKey) return;
    const to = placeAfter(from, event, { row: rows.length + 1, column: columns.length });
    if (to === null) return;
    event.preventDefault();
    focusOn(to);
  };
  const onFocus = ({ target }: FocusEvent): void => {
    const place = placeOf(target);
    if (place !== null) setActive({ row: place.row, key: keys[place.column] ?? nodeKey });
  };
  const actionsOf = (name: string, at: number) => {
    const move = (by: -1 | 1): (() => void) | undefined => {
      const next = movedColumn(matrix.order, name, by, arrangement);
      return next === null
        ? undefined
        : () => {
            arrange(next, by < 0 ? l10n.t("{0} moved left.", name) : l10n.t("{0} moved right.", name));
          };
    };
    const pinned = arrangement.pinned.includes(name);
    return [
      { label: l10n.t("Move left"), act: move(-1) },
      { label: l10n.t("Move right"), act: move(1) },
      {
        label: pinned ? l10n.t("Unpin") : l10n.t("Pin: keep in sight"),
        act: () => {
          arrange(
            togglePinned(name, arrangement),
            pinned ? l10n.t("{0} is no longer pinned.", name) : l10n.t("{0} is pinned.", name),
          );
        },
      },
      {
        label: l10n.t("Hide"),
        act: () => {
          setActive({ row: at > 1 ? 0 : 1, key: keys[at - 1] ?? nodeKey });
          arrange(toggleHidden(name, arrangement), l10n.t("{0} is hidden.", name));
        },
      },
    ];
  };

  const menuAt = menu === undefined ? -1 : keys.indexOf(menu.key);
  const menuName = columns[menuAt]?.name;
  const explainedAt =
    explained === null ? -1 : columns.findIndex((one) => one.container === explained.container);
  const explainedColumn = columns[explainedAt];
  const explainedCell = rows.find(({ type }) => type === explained?.type)?.cells[explainedAt];
  return (
    <section ref={around} class="comparison" onKeyDown={onKeyDown} onFocusIn={onFocus}>
      <ArrangementBar
        hidden={matrix.hidden}
        arrangement={arrangement}
        onArrange={(next) => {
          arrange(next, l10n.t("The columns were arranged."));
        }}
      />
      <div
        ref={region}
        class="scroll"
        role="region"
        aria-label={l10n.t("Linux namespaces of each container")}
        tabIndex={0}
        onScroll={({ currentTarget }) => {
          currentTarget.toggleAttribute("data-scrolled", currentTarget.scrollLeft > 0);
        }}
      >
        <table class="matrix">
          <caption>
            <span>{l10n.t("Linux namespaces: cells that run together are the same Linux namespace")}</span>
          </caption>
          <thead>
            <tr>
              <td class="corner" />
              {columns.map((one, at) => (
                <ColumnHeader
                  key={keys[at]}
                  column={one}
                  place={placeName({ row: 0, column: at })}
                  tabbable={row === 0 && at === column}
                  menuOpen={at === menuAt}
                  onMenu={(button) => {
                    setMenu({ key: keys[at] ?? nodeKey, button });
                  }}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ type, cells }, index) => (
              <tr>
                <th scope="row">
                  {type}
                  <small>{namespaceGloss(type)}</small>
                </th>
                {cells.map((cell, at) => (
                  <TableCell
                    key={keys[at]}
                    type={type}
                    cell={cell}
                    pinned={columns[at]?.pinned ?? false}
                    place={placeName({ row: index + 1, column: at })}
                    tabbable={row === index + 1 && at === column}
                    explained={at === explainedAt && type === explained?.type}
                    onExplain={() => {
                      const again = at === explainedAt && type === explained?.type;
                      const container = columns[at]?.container ?? null;
                      explain(again ? null : { container, type });
                    }}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {menu !== undefined && menuName !== undefined && (
        <ColumnMenu
          name={menuName}
          button={menu.button}
          actions={actionsOf(menuName, menuAt)}
          onClose={() => {
            setMenu(undefined);
          }}
        />
      )}
      <div class="explained" aria-live="polite">
        {explained !== null && explainedColumn !== undefined && explainedCell !== undefined && (
          <CellExplanation
            report={report}
            explained={explained}
            column={explainedColumn}
            cell={explainedCell}
            post={post}
            onClose={close}
          />
        )}
      </div>
      <p class="vh" role="status">
        {said}
      </p>
    </section>
  );
}

const nodeKey = "node";

/** Tells columns apart, also containers of one name, and stays with a column that moves. */
function keysOf(columns: readonly Column[]): readonly string[] {
  const seen = new Map<string, number>();
  return columns.map(({ kind, name }) => {
    if (kind === "node") return nodeKey;
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return `${String(before)}/${name}`;
  });
}

function placeName({ row, column }: Place): string {
  return `${String(row)} ${String(column)}`;
}

function placeOf(target: EventTarget | null): Place | null {
  if (!(target instanceof HTMLElement)) return null;
  const [row, column] = (target.dataset["place"] ?? "").split(" ").map(Number);
  return row === undefined || column === undefined ? null : { row, column };
}
