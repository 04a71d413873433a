import * as l10n from "@vscode/l10n";
import type { Since } from "./report.ts";

/** What is there to say beside the list of changes; `when` is the reading before, in the reader's own form. */
export function sinceSentence({ comparable, changes }: Since, when: string, node: string): string {
  switch (comparable) {
    case "other-node":
      return l10n.t(
        "The reading at {0} was of another node: PIDs and inodes of two nodes cannot be compared.",
        when,
      );
    case "other-boot":
      return l10n.t(
        "{0} was restarted since the reading at {1}: PIDs and inodes from before mean nothing now.",
        node,
        when,
      );
    case "yes":
      return changes.length === 0
        ? l10n.t("Since the reading at {0} nothing changed.", when)
        : l10n.t("Since the reading at {0}:", when);
  }
}

/** For somebody who does not see the list: "2 changes since the reading before". "" for a first reading. */
export function sinceInShort(since: Since | null): string {
  if (since === null) return "";
  switch (since.comparable) {
    case "other-node":
      return l10n.t("It is on another node than before.");
    case "other-boot":
      return l10n.t("The node was restarted since the reading before.");
    case "yes":
      return changeCount(since.changes.length);
  }
}

function changeCount(count: number): string {
  if (count === 0) return l10n.t("Nothing changed since the reading before.");
  return count === 1
    ? l10n.t("1 change since the reading before.")
    : l10n.t("{0} changes since the reading before.", count);
}
