import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import {
  heldTogether,
  holderSentence,
  holdWords,
  lineageWords,
  type HeldTogether,
} from "../../extension/core/holder-words.ts";
import type { AnyReport } from "../../extension/core/report.ts";

/** So many rows, and so many holds of one Linux namespace, are shown at once; the rest behind a count. */
const rowsAtOnce = 6;
const holdsAtOnce = 6;

/** What keeps each of the sandbox's Linux namespaces alive; those with the same answer in one row. */
export function Holds({ report }: { report: AnyReport }): JSX.Element {
  const groups = heldTogether(report.sandbox.namespaces);
  const hidden = groups.slice(rowsAtOnce);
  return (
    <section class="holds" aria-labelledby="holds">
      <h2 id="holds">{l10n.t("What keeps each Linux namespace alive")}</h2>
      <p class="dim">{holderSentence(report)}</p>
      <HeldTable groups={groups.slice(0, rowsAtOnce)} report={report} />
      {hidden.length > 0 && (
        <details>
          <summary>{l10n.t("{0} more", hidden.length)}</summary>
          <HeldTable groups={hidden} report={report} />
        </details>
      )}
    </section>
  );
}

function HeldTable({
  groups,
  report,
}: {
  groups: readonly HeldTogether[];
  report: AnyReport;
}): JSX.Element | null {
  if (groups.length === 0) return null;
  return (
    <table aria-labelledby="holds">
      <thead>
        <tr>
          <th scope="col">{l10n.t("Linux namespace")}</th>
          <th scope="col">{l10n.t("Kept alive by")}</th>
        </tr>
      </thead>
      <tbody>
        {groups.map((group) => (
          <HeldRow group={group} report={report} />
        ))}
      </tbody>
    </table>
  );
}

function HeldRow({
  group: { namespaces, holds },
  report,
}: {
  group: HeldTogether;
  report: AnyReport;
}): JSX.Element {
  const hidden = holds.slice(holdsAtOnce);
  return (
    <tr>
      <th scope="row">
        <ul>
          {namespaces.map((held) => {
            const lineage = lineageWords(held, report);
            return (
              <li data-ns={`${held.type}:${held.inode}`}>
                {held.type} <span class="inode">{held.inode}</span>
                {lineage !== "" && <small>{lineage}</small>}
              </li>
            );
          })}
        </ul>
      </th>
      <td>
        {holds.length === 0 && <span class="dim">{l10n.t("nothing that was seen")}</span>}
        <HoldList holds={holds.slice(0, holdsAtOnce)} />
        {hidden.length > 0 && (
          <details>
            <summary>{l10n.t("{0} more", hidden.length)}</summary>
            <HoldList holds={hidden} />
          </details>
        )}
      </td>
    </tr>
  );
}

function HoldList({ holds }: { holds: HeldTogether["holds"] }): JSX.Element {
  return (
    <ul>
      {holds.map((hold) => (
        <li>{holdWords(hold)}</li>
      ))}
    </ul>
  );
}
