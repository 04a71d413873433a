import type { JSX } from "preact";
import type { Post } from "../host.ts";
import { ReadButton } from "./read-button.tsx";

/** Before the first report. */
export function Loading({
  podName,
  reading,
  post,
}: {
  podName: string;
  reading: boolean;
  post: Post;
}): JSX.Element {
  return (
    <section class="loading" aria-label="Reading">
      {reading ? (
        <>
          <div class="progress" aria-hidden="true" />
          <p>Reading the Linux namespaces of {podName} from its node…</p>
        </>
      ) : (
        <p>The sandbox of {podName} has not been read.</p>
      )}
      <ReadButton reading={reading} post={post} class="button" />
    </section>
  );
}
