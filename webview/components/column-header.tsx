import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import type { Column } from "../../extension/core/matrix.ts";

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
  const classes = [alive ? "" : "idle", pinned ? "pinned" : ""].filter((one) => one !== "").join(" ");
  return (
    <th scope="col" abbr={name} class={classes === "" ? undefined : classes}>
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
      {kind !== "node" && pinned && <small>{l10n.t("pinned")}</small>}
      {facts.map((fact) => (
        <small>{fact}</small>
      ))}
    </th>
  );
}
