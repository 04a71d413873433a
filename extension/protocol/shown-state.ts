import { visibleStrings } from "../core/plain-text.ts";
import { viewOf } from "../core/report-view.ts";
import type { PanelState, ShownState } from "./messages.ts";

/**
 * What is sent of a panel's state. Names and command lines, in a report as in a file's name or an error, are somebody else's text: nothing in them may
 * hide or reorder what stands beside it. The subject stays as it is, as the panel gives it back.
 */
export function shownState(state: PanelState): ShownState {
  const source = visibleStrings(state.source);
  const error = visibleStrings(state.error);
  if (state.report === null) return { ...state, source, error, view: null };
  const report = visibleStrings(state.report);
  return { ...state, source, error, report, view: viewOf(report, state.arrangement, state.asked) };
}
