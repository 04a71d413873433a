import "./style.css";
import { render } from "preact";
import { visibleStrings } from "../extension/core/plain-text.ts";
import { App } from "./app.tsx";
import { Boundary } from "./components/boundary.tsx";
import { connectHost } from "./host.ts";
import { keepPlace } from "./kept.ts";
import { useLanguageOf } from "./language.ts";

function start(root: HTMLElement): void {
  const host = connectHost();
  // Kept is which sandbox it is, so that the host can bring it back. The report is not: the host sends it again. Nor is the
  // revision, as a host that started anew counts from the beginning.
  const keep = keepPlace(root, host);
  host.onState(({ state, revision }) => {
    // As the host does with the report: the subject is kept as it is, to be given back.
    render(
      <Boundary attempt={revision}>
        <App state={{ ...state, subject: visibleStrings(state.subject) }} post={host.post} />
      </Boundary>,
      root,
    );
    keep({ subject: state.subject });
  });
  host.post({ type: "ready" });
}

useLanguageOf(document);
const root = document.getElementById("root");
if (root !== null) start(root);
