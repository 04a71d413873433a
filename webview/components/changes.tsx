import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import type { AnyReport } from "../../extension/core/report.ts";
import { sinceSentence } from "../../extension/core/since.ts";
import { momentWords } from "../time.ts";

/** What is different from the reading before; nothing for a first reading. */
export function Changes({ report }: { report: AnyReport }): JSX.Element | null {
  const { since, takenAt, node } = report;
  if (since === null) return null;
  const sentence = sinceSentence(since, momentWords(since.takenAt, takenAt), node.name);
  return (
    <section class="changes" aria-label={l10n.t("Since the reading before")}>
      <p class={since.changes.length === 0 && since.comparable === "yes" ? "dim" : undefined}>{sentence}</p>
      {since.changes.length > 0 && (
        <ul>
          {since.changes.map(({ message }) => (
            <li>{message}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
