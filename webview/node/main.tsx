import "./style.css";
import { render } from "preact";
import type { SnapshotMessage, SnapshotState } from "../../extension/protocol/pages.ts";
import { useLanguageOf } from "../language.ts";
import { connectPage } from "../page.ts";
import { SnapshotPage } from "./snapshot-page.tsx";

function start(root: HTMLElement): void {
  const host = connectPage<SnapshotState, SnapshotMessage>();
  host.onState((state) => {
    render(<SnapshotPage state={state} post={host.post} />, root);
  });
  host.post({ type: "ready" });
}

useLanguageOf(document);
const root = document.getElementById("root");
if (root !== null) start(root);
