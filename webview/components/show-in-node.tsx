import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import type { Post } from "../host.ts";

export function ShowInNode({ post }: { post: Post }): JSX.Element {
  return (
    <button
      type="button"
      class="button"
      onClick={() => {
        post({ type: "showInNode" });
      }}
    >
      {l10n.t("Show in node")}
    </button>
  );
}
