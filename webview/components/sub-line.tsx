import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import type { AnyReport } from "../../extension/core/report.ts";
import { statusWords } from "../../extension/core/subject.ts";
import { holderWords, runtimeWords } from "../../extension/core/words.ts";
import type { PanelSource } from "../../extension/protocol/messages.ts";
import type { Post } from "../host.ts";
import { momentWords } from "../time.ts";
import { Age } from "./age.tsx";
import { ReadButton } from "./read-button.tsx";

export function SubLine({
  report,
  source,
  reading,
  post,
}: {
  report: AnyReport;
  source: PanelSource;
  reading: boolean;
  post: Post;
}): JSX.Element {
  const runtime = runtimeWords(report);
  return (
    <ul class="sub" aria-label={l10n.t("About this sandbox")}>
      <li>{statusWords(report)}</li>
      {runtime !== "" && <li>{runtime}</li>}
      <li>{holderWords(report)}</li>
      {source.kind === "file" ? (
        <li>{l10n.t("from {0}, taken at {1}", source.title, momentWords(report.takenAt, ""))}</li>
      ) : (
        <>
          <li>
            {reading ? l10n.t("reading again, shown:") : l10n.t("read")} <Age since={report.takenAt} />
          </li>
          <li>
            <ReadButton reading={reading} post={post} class="link" />
          </li>
        </>
      )}
    </ul>
  );
}
