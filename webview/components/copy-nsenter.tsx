import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import type { Post } from "../host.ts";

/** The host makes the command from the report that it has. */
export function CopyNsenter({ post }: { post: Post }): JSX.Element {
  return (
    <button
      type="button"
      class="button"
      onClick={() => {
        post({ type: "copyNsenter" });
      }}
    >
      {l10n.t("Copy nsenter")}
    </button>
  );
}
