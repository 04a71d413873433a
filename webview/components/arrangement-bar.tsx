import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import { asIs, toggleHidden, type Arrangement } from "../../extension/core/arrange.ts";

/** Names that are offered one by one; the rest comes back with all. */
const namedAtMost = 6;

/** What is out of sight and how to get it back; nothing where nobody has arranged anything. */
export function ArrangementBar({
  hidden,
  arrangement,
  onArrange,
}: {
  /** Names of the hidden columns. */
  hidden: readonly string[];
  arrangement: Arrangement;
  onArrange: (arrangement: Arrangement) => void;
}): JSX.Element | null {
  const inBestOrder = arrangement.order.length + arrangement.pinned.length === 0;
  if (hidden.length === 0 && inBestOrder) return null;
  return (
    <div class="arrangement" role="group" aria-label={l10n.t("Columns")}>
      {hidden.length > 0 && (
        <span class="dim">
          {hidden.length === 1
            ? l10n.t("1 column is hidden.")
            : l10n.t("{0} columns are hidden.", hidden.length)}
        </span>
      )}
      {[...new Set(hidden)].slice(0, namedAtMost).map((name) => (
        <button
          key={name}
          type="button"
          class="button small"
          onClick={() => {
            onArrange(toggleHidden(name, arrangement));
          }}
        >
          {l10n.t("Show {0}", name)}
        </button>
      ))}
      {hidden.length > 1 && (
        <button
          type="button"
          class="button small"
          onClick={() => {
            onArrange({ ...arrangement, hidden: [] });
          }}
        >
          {l10n.t("Show all")}
        </button>
      )}
      {!inBestOrder && (
        <button
          type="button"
          class="button small"
          onClick={() => {
            onArrange({ ...asIs, hidden: arrangement.hidden });
          }}
        >
          {l10n.t("Best order")}
        </button>
      )}
    </div>
  );
}
