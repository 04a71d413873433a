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
    <section class="loading" aria-label="Reading">
      {reading ? (
        <>
          <div class="progress" aria-hidden="true" />
          <p>Reading the Linux namespaces of {name} from its node…</p>
        </>
      ) : (
        <p>The sandbox of {name} has not been read.</p>
      )}
      <ReadButton reading={reading} post={post} class="button" />
    </section>
  );
}
