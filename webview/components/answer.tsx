import type { JSX } from "preact";
import { answerOf } from "../../extension/core/answer.ts";
import type { AnyReport } from "../../extension/core/report.ts";

export function Answer({ report }: { report: AnyReport }): JSX.Element {
  return (
    <p class="answer">
      {answerOf(report).map(({ text, strong }) => (strong ? <strong>{text}</strong> : text))}
    </p>
  );
}
