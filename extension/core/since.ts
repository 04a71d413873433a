import type { Since } from "./report.ts";
import { counted } from "./words.ts";

/** What is there to say beside the list of changes; `when` is the reading before, in the reader's own form. */
export function sinceSentence({ comparable, changes }: Since, when: string, node: string): string {
  switch (comparable) {
    case "other-node":
      return `The reading at ${when} was of another node: PIDs and inodes of two nodes cannot be compared.`;
    case "other-boot":
      return `${node} was restarted since the reading at ${when}: PIDs and inodes from before mean nothing now.`;
    case "yes":
      return changes.length === 0
        ? `Since the reading at ${when} nothing changed.`
        : `Since the reading at ${when}:`;
  }
}

/** For somebody who does not see the list: "2 changes since the reading before". "" for a first reading. */
export function sinceInShort(since: Since | null): string {
  if (since === null) return "";
  switch (since.comparable) {
    case "other-node":
      return "It is on another node than before.";
    case "other-boot":
      return "The node was restarted since the reading before.";
    case "yes":
      return since.changes.length === 0
        ? "Nothing changed since the reading before."
        : `${counted(since.changes.length, "change", "changes")} since the reading before.`;
  }
}
