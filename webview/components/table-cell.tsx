import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import type { Cell } from "../../extension/core/matrix.ts";
import type { NamespaceType } from "../../extension/core/namespaces.ts";
import { tokenOf } from "../lighting.ts";

/** At most so many broken bands are drawn behind a cell. */
const linesBehind = 3;

/** A cell, which is a button: it opens its explanation. */
export function TableCell({
  type,
  cell: { identity, band, labelled, behind, marks, reading, value, note },
  pinned,
  place,
  tabbable,
  explained,
  onExplain,
}: {
  type: NamespaceType;
  cell: Cell;
  pinned: boolean;
  /** For the keyboard's way through the table. */
  place: string;
  tabbable: boolean;
  explained: boolean;
  onExplain: () => void;
}): JSX.Element {
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
    <td class={pinned ? "pinned" : undefined}>
      {behind.slice(0, linesBehind).map(({ hue }, index) => (
        <span class={`behind hue-${String(hue)} line-${String(index)}`} aria-hidden="true" />
      ))}
      <button
        type="button"
        class={classes.filter((name) => name !== "").join(" ")}
        data-ns={tokenOf(type, reading)}
        data-place={place}
        tabIndex={tabbable ? 0 : -1}
        aria-expanded={explained}
        onClick={onExplain}
      >
        {/* Words in the middle of a band are there for screen readers and for copying; eyes need only the first. */}
        <span class="value">
          {identity !== null && (
            // The node's is a sign and no letter; its words follow.
            <span class="letter" aria-hidden={identity.hue === "host" || undefined}>
              {identity.letter}{" "}
            </span>
          )}
          <span class="inode">{value}</span>
        </span>
        {note !== "" && <span class="note">{note}</span>}
        {marks.map(({ severity, words }) => (
          <span class={`mark ${severity}`}>
            <span aria-hidden="true">{severity === "info" ? "ℹ" : "▲"} </span>
            <span class="vh">{severity === "info" ? l10n.t("Note:") : l10n.t("Finding:")} </span>
            {words}
          </span>
        ))}
      </button>
    </td>
  );
}

/** A note is no reason to frame a cell. */
function markClass(marks: Cell["marks"]): string {
  if (marks.some(({ severity }) => severity === "error")) return "marked error";
  return marks.some(({ severity }) => severity === "warning") ? "marked warning" : "";
}
