import * as l10n from "@vscode/l10n";
import type { NodeNamespace, NodeView } from "./node-view.ts";
import { oneLine } from "./one-line.ts";
import type { Hold } from "./report.ts";
import { type TextColumn, textTable } from "./text-table.ts";
import { inARow } from "./words.ts";

const columns: readonly TextColumn[] = [
  { heading: "TYPE" },
  { heading: "INODE" },
  { heading: "PROCESSES", right: true },
  { heading: "HELD BY" },
  { heading: "USED BY" },
  { heading: "PARENT" },
  { heading: "OWNER" },
];

/** What stands where there is nothing, or where the node does not tell. */
const nothing = "-";
const mostHolds = 2;
const mostUsers = 4;
/** Characters. */
const longestName = 80;
const longestPath = 48;

/** A node's Linux namespaces as plain text in columns, as lsns(8) has them, with what each is held by and who uses it. */
export function nodeTable({ node, takenAt, namespaces }: NodeView): string {
  const name = oneLine(node.name, longestName);
  const kernel = oneLine(node.kernelRelease, longestName);
  return [
    kernel === ""
      ? l10n.t("Linux namespaces of {0}, read {1}", name, takenAt)
      : l10n.t("Linux namespaces of {0}, read {1}, kernel {2}", name, takenAt, kernel),
    "",
    ...textTable(columns, namespaces.map(cells)),
    "",
  ].join("\n");
}

function cells({ type, inode, processes, holds, parent, owner, usedBy, host }: NodeNamespace): string[] {
  const users = [...(host ? [l10n.t("the node")] : []), ...usedBy.map((user) => oneLine(user, longestName))];
  return [
    type,
    inode,
    String(processes),
    someOf(holds.map(holdWords), mostHolds),
    someOf(users, mostUsers),
    parent ?? nothing,
    owner ?? nothing,
  ];
}

function someOf(words: readonly string[], most: number): string {
  const more = words.length - most;
  const shown = inARow(words.slice(0, most));
  return more > 0 ? l10n.t("{0}, {1} more", shown, more) : shown || nothing;
}

function holdWords(hold: Hold): string {
  switch (hold.kind) {
    case "process":
      return `${hold.pid} ${oneLine(hold.comm, longestName)}`;
    case "pinned":
      return endOf(hold.path);
    case "descriptor":
      return l10n.t("descriptor {0} of {1} {2}", hold.fd, hold.pid, oneLine(hold.comm, longestName));
  }
}

/** The end of a path tells more than its beginning. */
function endOf(path: string): string {
  const characters = Array.from(oneLine(path, 4096));
  return characters.length > longestPath
    ? `…${characters.slice(1 - longestPath).join("")}`
    : characters.join("");
}
