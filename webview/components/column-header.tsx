import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import type { Column } from "../../extension/core/matrix.ts";
import { inARow } from "../../extension/core/words.ts";

/** What the column is, and the button that opens its menu: not for the node's, which stays where it is. */
export function ColumnHeader({
  column: { kind, name, facts, alive, pinned },
  place,
  tabbable,
  menuOpen,
  onMenu,
}: {
  column: Column;
  /** For the keyboard's way through the table. */
  place: string;
  tabbable: boolean;
  menuOpen: boolean;
  onMenu: (button: HTMLElement) => void;
}): JSX.Element {
  const isPinned = kind !== "node" && pinned;
  const words = isPinned ? [name, l10n.t("pinned"), ...facts] : [name, ...facts];
  const classes = [alive ? "" : "idle", pinned ? "pinned" : ""].filter((one) => one !== "").join(" ");
  return (
    // Each cell is told with its column's header: without the words of the button that is in it.
    <th scope="col" abbr={name} aria-label={inARow(words)} class={classes === "" ? undefined : classes}>
      {kind !== "node" && (
        <button
          type="button"
          class="menu-button"
          data-place={place}
          tabIndex={tabbable ? 0 : -1}
          aria-haspopup="menu"
          aria-expanded={menuOpen}
          aria-label={l10n.t("Arrange column {0}", name)}
          onClick={({ currentTarget }) => {
            onMenu(currentTarget);
          }}
        >
          ⋮
        </button>
      )}
      <span class="name">{name}</span>
      {isPinned && <small>{l10n.t("pinned")}</small>}
      {facts.map((fact) => (
        <small>{fact}</small>
      ))}
    </th>
  );
}
