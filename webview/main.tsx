import "./style.css";
import { render } from "preact";
import { visibleStrings } from "../extension/core/plain-text.ts";
import type { PanelState } from "../extension/protocol/messages.ts";
import { App } from "./app.tsx";
import { Boundary } from "./components/boundary.tsx";
import { connectHost } from "./host.ts";
import { useLanguageOf } from "./language.ts";

/** Milliseconds without scrolling after which the position is kept. */
const scrollSettled = 150;

function start(root: HTMLElement): void {
  const host = connectHost();
  let restoreTo = host.savedScrollTop();
  let subject: PanelState["subject"] | undefined;
  const save = (): void => {
    // Until there is a report to scroll in, the saved position is still the one to go to.
    if (subject !== undefined) host.save({ subject, scrollTop: restoreTo > 0 ? restoreTo : window.scrollY });
  };

  host.onState(({ state, revision }) => {
    // As the host does with the report: the subject is kept as it is, to be given back.
    render(
      <Boundary attempt={revision}>
        <App state={{ ...state, subject: visibleStrings(state.subject) }} post={host.post} />
      </Boundary>,
      root,
    );
    if (state.report !== null && restoreTo > 0) {
      window.scrollTo(0, restoreTo);
      restoreTo = 0;
    }
    subject = state.subject;
    save();
  });

  let settling = 0;
  window.addEventListener(
    "scroll",
    () => {
      clearTimeout(settling);
      settling = setTimeout(save, scrollSettled);
    },
    { passive: true },
  );
  host.post({ type: "ready" });
}

useLanguageOf(document);
const root = document.getElementById("root");
if (root !== null) start(root);
