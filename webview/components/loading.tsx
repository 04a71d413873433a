import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import type { Post } from "../host.ts";
import { ReadButton } from "./read-button.tsx";

/** Before the first report. */
export function Loading({
  name,
  reading,
  post,
}: {
  name: string;
  reading: boolean;
  post: Post;
}): JSX.Element {
  return (
    <section class="loading" aria-label={l10n.t("Reading")}>
      {reading ? (
        <>
          <div class="progress" aria-hidden="true" />
          <p>{l10n.t("Reading the Linux namespaces of {0} from its node…", name)}</p>
        </>
      ) : (
        <p>{l10n.t("The sandbox of {0} has not been read.", name)}</p>
      )}
      <ReadButton reading={reading} post={post} class="button" />
    </section>
  );
}
