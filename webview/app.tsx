import type { JSX } from "preact";
import type { PanelState } from "../extension/protocol/messages.ts";
import { Actions } from "./components/actions.tsx";
import { Answer } from "./components/answer.tsx";
import { CheckYourself } from "./components/check-yourself.tsx";
import { ErrorBanner } from "./components/error-banner.tsx";
import { Explanation } from "./components/explanation.tsx";
import { Findings } from "./components/findings.tsx";
import { Identification } from "./components/identification.tsx";
import { Loading } from "./components/loading.tsx";
import { MatrixTable } from "./components/matrix-table.tsx";
import { Processes } from "./components/processes.tsx";
import { SubLine } from "./components/sub-line.tsx";
import type { Post } from "./host.ts";

/** The whole panel: a pure function of the host's state. */
export function App({ state, post }: { state: PanelState; post: Post }): JSX.Element {
  const { pod, report, reading, error } = state;
  return (
    <main>
      <h1>
        {pod.name} <span class="in">in {pod.namespace}</span>
      </h1>
      {report !== null && <SubLine report={report} reading={reading} post={post} />}
      {error !== null && <ErrorBanner error={error} report={report} reading={reading} post={post} />}
      {report === null && error === null && <Loading podName={pod.name} reading={reading} post={post} />}
      {report !== null && (
        <>
          <Answer report={report} />
          <Findings findings={report.findings} post={post} />
          <MatrixTable report={report} />
          <Explanation />
          <Actions reading={reading} post={post} />
          <div class="two">
            <Processes report={report} />
            <CheckYourself report={report} post={post} />
          </div>
          <Identification report={report} />
        </>
      )}
      <p class="vh" role="status">
        {reading ? "Reading the sandbox." : report === null ? "" : "The sandbox was read."}
      </p>
    </main>
  );
}
