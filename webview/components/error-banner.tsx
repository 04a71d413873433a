import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import type { AnyReport } from "../../extension/core/report.ts";
import type { PanelState } from "../../extension/protocol/messages.ts";
import type { Post } from "../host.ts";
import { Age } from "./age.tsx";
import { ReadButton } from "./read-button.tsx";

type Offer = NonNullable<PanelState["error"]>["offers"][number];

function offerWords(offer: Offer): string {
  switch (offer) {
    case "chooseWay":
      return l10n.t("Reach it another way…");
    case "checkAccess":
      return l10n.t("Check node access");
  }
}

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
    <section class="banner" aria-label={l10n.t("Reading failed")}>
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
          {l10n.t("Below is what was read before:")} <Age since={report.takenAt} />
        </p>
      )}
      {error.detail !== "" && (
        <details>
          <summary>{l10n.t("Technical detail")}</summary>
          <pre tabIndex={0} role="region" aria-label={l10n.t("Technical detail")}>
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
            {offerWords(type)}
          </button>
        ))}
        <button
          type="button"
          class="button"
          onClick={() => {
            post({ type: "showLog" });
          }}
        >
          {l10n.t("Show log")}
        </button>
        <button
          type="button"
          class="button"
          onClick={() => {
            post({ type: "openSettings" });
          }}
        >
          {l10n.t("Open settings")}
        </button>
      </div>
    </section>
  );
}
