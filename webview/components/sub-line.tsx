import type { JSX } from "preact";
import type { SandboxReport } from "../../extension/core/report.ts";
import { holderWords, runtimeWords } from "../../extension/core/words.ts";
import type { Post } from "../host.ts";
import { Age } from "./age.tsx";
import { ReadButton } from "./read-button.tsx";

export function SubLine({
  report,
  reading,
  post,
}: {
  report: SandboxReport;
  reading: boolean;
  post: Post;
}): JSX.Element {
  return (
    <ul class="sub" aria-label="About this sandbox">
      <li>
        {report.pod.phase} on {report.node.name}
      </li>
      <li>{runtimeWords(report)}</li>
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
