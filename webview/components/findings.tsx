import type { JSX } from "preact";
import type { Finding } from "../../extension/core/report.ts";
import { findingParts } from "../../extension/core/words.ts";
import type { Post } from "../host.ts";

/** So many are shown at once; the rest behind a count. */
const shownAtOnce = 5;

const order = { error: 0, warning: 1, info: 2 } as const;
const signs = { error: "✖", warning: "▲", info: "ℹ" } as const;
const words = { error: "Error", warning: "Warning", info: "Note" } as const;

export function Findings({
  findings,
  post,
}: {
  findings: readonly Finding[];
  post: Post;
}): JSX.Element | null {
  if (findings.length === 0) return null;
  const sorted = findings.toSorted((a, b) => order[a.severity] - order[b.severity]);
  const hidden = sorted.slice(shownAtOnce);
  return (
    <section aria-label="Findings" class="findings">
      <FindingList findings={sorted.slice(0, shownAtOnce)} post={post} />
      {hidden.length > 0 && (
        <details>
          <summary>{`${String(hidden.length)} more`}</summary>
          <FindingList findings={hidden} post={post} />
        </details>
      )}
    </section>
  );
}

function FindingList({ findings, post }: { findings: readonly Finding[]; post: Post }): JSX.Element {
  return (
    <ul>
      {findings.map((finding) => (
        <FindingItem finding={finding} post={post} />
      ))}
    </ul>
  );
}

function FindingItem({ finding, post }: { finding: Finding; post: Post }): JSX.Element {
  const { code, severity } = finding;
  const { subject, rest } = findingParts(finding);
  return (
    <li class={severity}>
      <span class="icon" aria-hidden="true">
        {signs[severity]}
      </span>
      <span>
        <span class="vh">{words[severity]}: </span>
        {subject !== "" && <strong>{subject}</strong>}
        {rest}{" "}
        <button
          type="button"
          class="link"
          onClick={() => {
            post({ type: "explainFinding", code });
          }}
        >
          Why this happens<span class="vh">{`: ${finding.message}`}</span>
        </button>
      </span>
    </li>
  );
}
