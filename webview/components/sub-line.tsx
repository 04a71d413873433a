import type { JSX } from "preact";
import type { AnyReport } from "../../extension/core/report.ts";
import { statusWords } from "../../extension/core/subject.ts";
import { holderWords, runtimeWords } from "../../extension/core/words.ts";
import type { Post } from "../host.ts";
import { Age } from "./age.tsx";
import { ReadButton } from "./read-button.tsx";

export function SubLine({
  report,
  reading,
  post,
}: {
  report: AnyReport;
  reading: boolean;
  post: Post;
}): JSX.Element {
  const runtime = runtimeWords(report);
  return (
    <ul class="sub" aria-label="About this sandbox">
      <li>{statusWords(report)}</li>
      {runtime !== "" && <li>{runtime}</li>}
      <li>{holderWords(report)}</li>
      <li>
        {reading ? "reading again, shown: " : "read "}
        <Age since={report.takenAt} />
      </li>
      <li>
        <ReadButton reading={reading} post={post} class="link" />
      </li>
    </ul>
  );
}
