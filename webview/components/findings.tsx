import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import type { AnyReport, Finding } from "../../extension/core/report.ts";
import type { ReportView } from "../../extension/core/report-view.ts";
import { findingParts } from "../../extension/core/words.ts";
import type { Post } from "../host.ts";
import { tokensOfFinding } from "../lighting.ts";

/** So many are shown at once; the rest behind a count. */
const shownAtOnce = 5;

const order = { error: 0, warning: 1, info: 2 } as const;
const signs = { error: "✖", warning: "▲", info: "ℹ" } as const;

export function Findings({
  report,
  whys,
  post,
}: {
  report: AnyReport;
  whys: ReportView["whys"];
  post: Post;
}): JSX.Element | null {
  const { findings } = report;
  if (findings.length === 0) return null;
  const sorted = findings.toSorted((a, b) => order[a.severity] - order[b.severity]);
  // What is the same for all of a kind is said with the first.
  const firsts = new Map(sorted.toReversed().map((finding) => [finding.code, finding]));
  const items = sorted.map((finding) => (
    <FindingItem
      finding={finding}
      why={firsts.get(finding.code) === finding ? whys[finding.code] : undefined}
      report={report}
      post={post}
    />
  ));
  const hidden = items.slice(shownAtOnce);
  return (
    <section aria-label={l10n.t("Findings")} class="findings">
      <ul>{items.slice(0, shownAtOnce)}</ul>
      {hidden.length > 0 && (
        <details data-keep="findings">
          <summary>{l10n.t("{0} more", hidden.length)}</summary>
          <ul>{hidden}</ul>
        </details>
      )}
    </section>
  );
}

function FindingItem({
  finding,
  why,
  report,
  post,
}: {
  finding: Finding;
  why: string | undefined;
  report: AnyReport;
  post: Post;
}): JSX.Element {
  const { code, severity } = finding;
  const { subject, rest } = findingParts(finding);
  return (
    <li class={severity} data-ns={tokensOfFinding(finding, report)}>
      <span class="icon" aria-hidden="true">
        {signs[severity]}
      </span>
      <span>
        <span class="vh">{severityWords(severity)} </span>
        {subject !== "" && <strong>{subject}</strong>}
        {rest}{" "}
        <button
          type="button"
          class="link"
          onClick={() => {
            post({ type: "explainFinding", code });
          }}
        >
          {l10n.t("Why this happens")}
          <span class="vh">{`: ${finding.message}`}</span>
        </button>
        {why !== undefined && <small class="why">{why}</small>}
      </span>
    </li>
  );
}

function severityWords(severity: Finding["severity"]): string {
  switch (severity) {
    case "error":
      return l10n.t("Error:");
    case "warning":
      return l10n.t("Warning:");
    case "info":
      return l10n.t("Note:");
  }
}
