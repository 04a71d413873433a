import "./style.css";
import { render } from "preact";
import type { ComparisonMessage, ComparisonState } from "../../extension/protocol/pages.ts";
import { useLanguageOf } from "../language.ts";
import { connectPage } from "../page.ts";
import { Comparison } from "./comparison.tsx";

function start(root: HTMLElement): void {
  const host = connectPage<ComparisonState, ComparisonMessage>();
  host.onState(({ shown, compared }) => {
    host.save({ compared });
    render(<Comparison shown={shown} post={host.post} />, root);
  });
  host.post({ type: "ready" });
}

useLanguageOf(document);
const root = document.getElementById("root");
if (root !== null) start(root);
