import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Side, SideBySide, SideGroup, SideRow } from "../../extension/core/side-by-side.ts";
import type { ComparisonMessage } from "../../extension/protocol/pages.ts";

/**
 * Two things in rows, side by side, with what differs marked by a sign and a word. The roles say what the elements are where a
 * narrow panel lays them out as blocks, which takes their own from them.
 */
export function Comparison({
  shown,
  post,
}: {
  shown: SideBySide;
  post: (message: ComparisonMessage) => void;
}): JSX.Element {
  const [onlyDifferences, setOnlyDifferences] = useState(false);
  const { left, right, comparable } = shown;
  const differences = shown.groups.flatMap(({ rows }) => rows).filter(({ differs }) => differs).length;
  const groups = shown.groups
    .map(({ title, rows }) => ({
      title,
      rows: onlyDifferences ? rows.filter(({ differs }) => differs) : rows,
    }))
    .filter(({ rows }) => rows.length > 0);
  return (
    <main>
      <h1>{l10n.t("{0} beside {1}", left.title, right.title)}</h1>
      <p class="summary" role="status">
        {differencesWords(differences)}
      </p>
      <p class="dim">{comparable}</p>
      <div class="buttons" role="group" aria-label={l10n.t("Actions")}>
        <label class="toggle">
          <input
            type="checkbox"
            data-keep="only-differences"
            checked={onlyDifferences}
            onChange={(event) => {
              setOnlyDifferences(event.currentTarget.checked);
            }}
          />
          {l10n.t("Only differences")}
        </label>
        <button
          type="button"
          class="button"
          onClick={() => {
            post({ type: "swap" });
          }}
        >
          {l10n.t("Swap sides")}
        </button>
        <button
          type="button"
          class="button"
          onClick={() => {
            post({ type: "copyMarkdown" });
          }}
        >
          {l10n.t("Copy as Markdown")}
        </button>
      </div>
      {groups.map((group) => (
        <Group key={group.title} group={group} left={left} right={right} />
      ))}
    </main>
  );
}

function differencesWords(count: number): string {
  if (count === 0) return l10n.t("Nothing differs.");
  return count === 1 ? l10n.t("1 row differs.") : l10n.t("{0} rows differ.", count);
}

function Group({ group, left, right }: { group: SideGroup; left: Side; right: Side }): JSX.Element {
  return (
    <table class="sides" role="table">
      <caption>{group.title}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <td role="cell" />
          <SideHeader side={left} />
          <SideHeader side={right} />
        </tr>
      </thead>
      <tbody role="rowgroup">
        {group.rows.map((row) => (
          <Row row={row} left={left} right={right} />
        ))}
      </tbody>
    </table>
  );
}

function SideHeader({ side: { title, takenAt } }: { side: Side }): JSX.Element {
  const moment = new Date(takenAt);
  return (
    <th scope="col" role="columnheader">
      {title}
      <small>
        <time dateTime={takenAt}>
          {l10n.t("read {0}", moment.toLocaleString(document.documentElement.lang))}
        </time>
      </small>
    </th>
  );
}

function Row({ row, left, right }: { row: SideRow; left: Side; right: Side }): JSX.Element {
  return (
    <tr role="row" class={row.differs ? "differs" : undefined}>
      <th scope="row" role="rowheader">
        {row.differs && (
          <span class="differing">
            <span aria-hidden="true">≠ </span>
            <span class="vh">{l10n.t("differs:")} </span>
          </span>
        )}
        {row.label}
        {row.note !== "" && <small>{row.note}</small>}
      </th>
      <Value text={row.left} side={left} />
      <Value text={row.right} side={right} />
    </tr>
  );
}

/** Where it is narrow, the sides stand below each other and each says whose it is. */
function Value({ text, side }: { text: string; side: Side }): JSX.Element {
  return (
    <td role="cell">
      <span class="whose" aria-hidden="true">
        {side.title}
      </span>
      {text === "" ? <span class="dim">{l10n.t("none")}</span> : text}
    </td>
  );
}
