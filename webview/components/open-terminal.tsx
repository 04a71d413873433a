import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import type { Post } from "../host.ts";

/** On the node that the report is of: not for one that is in a file. */
export function OpenTerminal({ post }: { post: Post }): JSX.Element {
  return (
    <button
      type="button"
      class="button"
      onClick={() => {
        post({ type: "openTerminal" });
      }}
    >
      {l10n.t("Open terminal in sandbox")}
    </button>
  );
}
