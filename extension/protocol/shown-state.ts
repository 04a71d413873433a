import { visibleStrings } from "../core/plain-text.ts";
import { viewOf } from "../core/report-view.ts";
import type { PanelState, ShownState } from "./messages.ts";

/**
 * What is sent of a panel's state. Names and command lines in a report are somebody else's text: nothing in them may
 * hide or reorder what stands beside it. The subject stays as it is, as the panel gives it back.
 */
export function shownState(state: PanelState): ShownState {
  if (state.report === null) return { ...state, view: null };
  const report = visibleStrings(state.report);
  return { ...state, report, view: viewOf(report, state.arrangement, state.asked) };
}
