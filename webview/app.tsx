import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import { sinceInShort } from "../extension/core/since.ts";
import { titleOf } from "../extension/core/subject.ts";
import { sentencesOf } from "../extension/core/words.ts";
import type { ShownState } from "../extension/protocol/messages.ts";
import { Actions } from "./components/actions.tsx";
import { Answer } from "./components/answer.tsx";
import { Changes } from "./components/changes.tsx";
import { CheckYourself } from "./components/check-yourself.tsx";
import { DrawingSection } from "./components/drawing-section.tsx";
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
import { useLighting } from "./lighting.ts";

/** The whole panel: a pure function of the host's state. */
export function App({ state, post }: { state: ShownState; post: Post }): JSX.Element {
  const { subject, report, view, reading, error, source, arrangement } = state;
  const root = useLighting(post);
  const { name, place } = titleOf(subject);
  return (
    <main ref={root}>
      <h1>
        {name} <span class="in">{place}</span>
      </h1>
      {report !== null && <SubLine report={report} source={source} reading={reading} post={post} />}
      {error !== null && <ErrorBanner error={error} report={report} reading={reading} post={post} />}
      {report === null && error === null && <Loading name={name} reading={reading} post={post} />}
      {report !== null && view !== null && (
        <>
          <Answer answer={view.answer} />
          <Findings report={report} whys={view.whys} post={post} />
          <Changes report={report} />
          <MatrixTable report={report} view={view} arrangement={arrangement} post={post} />
          <Explanation report={report} />
          <DrawingSection report={report} post={post} />
          <Actions live={source.kind === "live"} reading={reading} post={post} />
          <Processes report={report} />
          <div class="two">
            <Holds report={report} />
            <CheckYourself report={report} checks={view.checks} post={post} />
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
function statusOf({ reading, report }: ShownState): string {
  if (reading) return l10n.t("Reading the sandbox.");
  return report === null ? "" : sentencesOf([l10n.t("The sandbox was read."), sinceInShort(report.since)]);
}
