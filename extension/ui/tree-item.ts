import * as vscode from "vscode";
import type { Tone } from "../app/pod-state.ts";
import type { RowLook } from "./row-look.ts";
import type { RowMark } from "./row-mark.ts";
import { oneParagraph, sentence } from "./text.ts";

/** A row as VS Code shows it. */
export function drawn(
  row: { readonly id: string },
  look: RowLook,
  collapsible: vscode.TreeItemCollapsibleState,
): vscode.TreeItem {
  const item = new vscode.TreeItem(look.label, collapsible);
  item.id = row.id;
  item.description = look.description;
  item.iconPath = new vscode.ThemeIcon(
    look.icon,
    look.tone === undefined ? undefined : new vscode.ThemeColor(toneColour[look.tone]),
  );
  item.tooltip = tooltip(look);
  item.accessibilityInformation = { label: look.spoken, role: "treeitem" };
  return item;
}

/** What VS Code writes behind the row goes by its URI; who cannot see it hears it with the row. */
export function marked(
  item: vscode.TreeItem,
  look: RowLook,
  uri: vscode.Uri,
  mark: RowMark | undefined,
): vscode.TreeItem {
  item.resourceUri = uri;
  if (mark !== undefined) {
    item.accessibilityInformation = { label: sentence(look.spoken, mark.words), role: "treeitem" };
  }
  return item;
}

/** Everything in it comes from the cluster or from a node: it is appended as text, so that none of it is markup. */
function tooltip(look: RowLook): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  look.details.forEach(([name, value], index) => {
    if (index > 0) markdown.appendMarkdown("  \n");
    if (name !== "") {
      markdown.appendMarkdown("**");
      markdown.appendText(name);
      markdown.appendMarkdown("** ");
    }
    appendWords(markdown, oneParagraph(value));
  });
  return markdown;
}

/**
 * `appendText` makes every space one at which no line is broken, so that long text breaks within words. The first space
 * stays like that: behind it nothing can be a list or a heading.
 */
function appendWords(markdown: vscode.MarkdownString, text: string): void {
  const [first = "", second, ...more] = text.split(" ");
  markdown.appendText(second === undefined ? first : `${first} ${second}`);
  for (const word of more) {
    markdown.appendMarkdown(" ");
    markdown.appendText(word);
  }
}

const toneColour: Readonly<Record<Tone, string>> = {
  good: "testing.iconPassed",
  busy: "list.warningForeground",
  bad: "list.errorForeground",
  over: "disabledForeground",
  unknown: "disabledForeground",
};
