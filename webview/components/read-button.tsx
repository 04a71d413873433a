import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import type { Post } from "../host.ts";

/** One button that starts and stops the reading, so that focus stays where it is when the reading ends. */
export function ReadButton({
  reading,
  post,
  class: className,
}: {
  reading: boolean;
  post: Post;
  class: string;
}): JSX.Element {
  const onClick = (event: MouseEvent): void => {
    // The second half of a double click would take back what the first has started.
    if (event.detail > 1) return;
    post({ type: reading ? "cancel" : "readAgain" });
  };
  return (
    <button type="button" class={className} onClick={onClick}>
      {reading ? l10n.t("Cancel reading") : l10n.t("Read again")}
    </button>
  );
}
