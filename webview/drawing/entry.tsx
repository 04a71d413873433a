import { render } from "preact";
import type { AnyReport } from "../../extension/core/report.ts";
import type { Post } from "../host.ts";
import { useLanguageOf } from "../language.ts";
import { DrawingView } from "./drawing-view.tsx";

/** A bundle of its own, which the panel loads when somebody opens the drawing (load-drawing.ts). */
export function show(place: HTMLElement, report: AnyReport, post: Post): void {
  render(<DrawingView report={report} post={post} />, place);
}

export function close(place: HTMLElement): void {
  render(null, place);
}

useLanguageOf(document);
