import "./style.css";
import { render } from "preact";
import type { ComparisonMessage, ComparisonState } from "../../extension/protocol/pages.ts";
import { keepPlace } from "../kept.ts";
import { useLanguageOf } from "../language.ts";
import { connectPage } from "../page.ts";
import { Comparison } from "./comparison.tsx";

function start(root: HTMLElement): void {
  const host = connectPage<ComparisonState, ComparisonMessage>();
  const keep = keepPlace(root, host);
  host.onState(({ shown, compared }) => {
    render(<Comparison shown={shown} post={host.post} />, root);
    keep({ compared });
  });
  host.post({ type: "ready" });
}

useLanguageOf(document);
const root = document.getElementById("root");
if (root !== null) start(root);
