import type { JSX } from "preact";
import type { AnyReport } from "../../extension/core/report.ts";
import type { PanelState } from "../../extension/protocol/messages.ts";
import type { Post } from "../host.ts";
import { Age } from "./age.tsx";
import { ReadButton } from "./read-button.tsx";

const offerWords = {
  chooseWay: "Reach it another way…",
  checkAccess: "Check node access",
} as const;

export function ErrorBanner({
  error,
  report,
  reading,
  post,
}: {
  error: NonNullable<PanelState["error"]>;
  report: AnyReport | null;
  reading: boolean;
  post: Post;
}): JSX.Element {
  return (
    <section class="banner" aria-label="Reading failed">
      <div role="alert">
        <p class="title">
          <span class="icon" aria-hidden="true">
            ✖
          </span>{" "}
          {error.title}
        </p>
        <p>{error.next}</p>
      </div>
      {report !== null && (
        <p class="dim">
          Below is what was read <Age since={report.takenAt} />.
        </p>
      )}
      {error.detail !== "" && (
        <details>
          <summary>Technical detail</summary>
          <pre tabIndex={0} role="region" aria-label="Technical detail">
            {error.detail}
          </pre>
        </details>
      )}
      <div class="buttons">
        <ReadButton reading={reading} post={post} class="button primary" />
        {error.offers.map((type) => (
          <button
            key={type}
            type="button"
            class="button"
            disabled={reading}
            onClick={() => {
              post({ type });
            }}
          >
            {offerWords[type]}
          </button>
        ))}
        <button
          type="button"
          class="button"
          onClick={() => {
            post({ type: "showLog" });
          }}
        >
          Show log
        </button>
        <button
          type="button"
          class="button"
          onClick={() => {
            post({ type: "openSettings" });
          }}
        >
          Open settings
        </button>
      </div>
    </section>
  );
}
