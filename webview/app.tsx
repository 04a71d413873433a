import type { JSX } from "preact";
import { sinceInShort } from "../extension/core/since.ts";
import { titleOf } from "../extension/core/subject.ts";
import type { PanelState } from "../extension/protocol/messages.ts";
import { Actions } from "./components/actions.tsx";
import { Answer } from "./components/answer.tsx";
import { Changes } from "./components/changes.tsx";
import { CheckYourself } from "./components/check-yourself.tsx";
import { ErrorBanner } from "./components/error-banner.tsx";
import { Explanation } from "./components/explanation.tsx";
import { Findings } from "./components/findings.tsx";
import { Holds } from "./components/holds.tsx";
import { Identification } from "./components/identification.tsx";
import { Loading } from "./components/loading.tsx";
import { MatrixTable } from "./components/matrix-table.tsx";
import { Processes } from "./components/processes.tsx";
import { SubLine } from "./components/sub-line.tsx";
import type { Post } from "./host.ts";

/** The whole panel: a pure function of the host's state. */
export function App({ state, post }: { state: PanelState; post: Post }): JSX.Element {
  const { subject, report, reading, error } = state;
  const { name, place } = titleOf(subject);
  return (
    <main>
      <h1>
        {name} <span class="in">{place}</span>
      </h1>
      {report !== null && <SubLine report={report} reading={reading} post={post} />}
      {error !== null && <ErrorBanner error={error} report={report} reading={reading} post={post} />}
      {report === null && error === null && <Loading name={name} reading={reading} post={post} />}
      {report !== null && (
        <>
          <Answer report={report} />
          <Findings findings={report.findings} post={post} />
          <Changes report={report} />
          <MatrixTable report={report} />
          <Explanation report={report} />
          <Actions reading={reading} post={post} />
          <Processes report={report} />
          <div class="two">
            <Holds report={report} />
            <CheckYourself report={report} post={post} />
          </div>
          <Identification report={report} />
        </>
      )}
      <p class="vh" role="status">
        {statusOf(state)}
      </p>
    </main>
  );
}

/** For a screen reader, each time it changes. */
function statusOf({ reading, report }: PanelState): string {
  if (reading) return "Reading the sandbox.";
  return report === null ? "" : `The sandbox was read. ${sinceInShort(report.since)}`.trimEnd();
}
