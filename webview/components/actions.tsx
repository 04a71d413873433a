import type { JSX } from "preact";
import type { Post } from "../host.ts";
import { ReadButton } from "./read-button.tsx";

export function Actions({ reading, post }: { reading: boolean; post: Post }): JSX.Element {
  return (
    <div class="buttons" role="group" aria-label="Actions">
      <ReadButton reading={reading} post={post} class="button primary" />
      <button
        type="button"
        class="button"
        onClick={() => {
          post({ type: "copy", what: "markdown" });
        }}
      >
        Copy as Markdown
      </button>
      <button
        type="button"
        class="button"
        onClick={() => {
          post({ type: "copy", what: "json" });
        }}
      >
        Copy as JSON
      </button>
      <button
        type="button"
        class="button"
        onClick={() => {
          post({ type: "saveReport" });
        }}
      >
        Save report…
      </button>
    </div>
  );
}
