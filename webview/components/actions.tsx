import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import type { Post } from "../host.ts";
import { CopyNsenter } from "./copy-nsenter.tsx";
import { OpenTerminal } from "./open-terminal.tsx";
import { ReadButton } from "./read-button.tsx";
import { ShowInNode } from "./show-in-node.tsx";

export function Actions({
  live,
  reading,
  post,
}: {
  /** Whether it can be read again. */
  live: boolean;
  reading: boolean;
  post: Post;
}): JSX.Element {
  return (
    <div class="buttons" role="group" aria-label={l10n.t("Actions")}>
      {live && <ReadButton reading={reading} post={post} class="button primary" />}
      {live && <OpenTerminal post={post} />}
      {live && <CopyNsenter post={post} />}
      <button
        type="button"
        class="button"
        onClick={() => {
          post({ type: "copy", what: "markdown" });
        }}
      >
        {l10n.t("Copy as Markdown")}
      </button>
      <button
        type="button"
        class="button"
        onClick={() => {
          post({ type: "copy", what: "json" });
        }}
      >
        {l10n.t("Copy as JSON")}
      </button>
      <button
        type="button"
        class="button"
        onClick={() => {
          post({ type: "saveSnapshot" });
        }}
      >
        {l10n.t("Save snapshot…")}
      </button>
      <button
        type="button"
        class="button"
        onClick={() => {
          post({ type: "compareWith" });
        }}
      >
        {l10n.t("Compare with…")}
      </button>
      {live && <ShowInNode post={post} />}
    </div>
  );
}
