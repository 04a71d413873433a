import "./style.css";
import { render } from "preact";
import type { SnapshotMessage, SnapshotState } from "../../extension/protocol/pages.ts";
import { keepPlace } from "../kept.ts";
import { useLanguageOf } from "../language.ts";
import { connectPage } from "../page.ts";
import { SnapshotPage } from "./snapshot-page.tsx";

function start(root: HTMLElement): void {
  const host = connectPage<SnapshotState, SnapshotMessage>();
  const keep = keepPlace(root, host);
  host.onState((state) => {
    render(<SnapshotPage state={state} post={host.post} />, root);
    keep({});
  });
  host.post({ type: "ready" });
}

useLanguageOf(document);
const root = document.getElementById("root");
if (root !== null) start(root);
