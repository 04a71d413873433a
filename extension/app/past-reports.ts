import type { AnyReport } from "../core/report.ts";
import { Recent } from "./recent.ts";

/** Sandboxes, and readings of each. */
const mostSandboxes = 50;
const mostReadings = 10;

/** The last few readings of each sandbox, to be compared with. In memory only. */
export class PastReports {
  readonly #bySandbox = new Recent<readonly AnyReport[]>(mostSandboxes);

  keep(report: AnyReport): void {
    const key = keyOf(report);
    this.#bySandbox.put(key, [report, ...(this.#bySandbox.get(key) ?? [])].slice(0, mostReadings));
  }

  /** Readings of the same sandbox before this one, the latest first. */
  before(report: AnyReport): readonly AnyReport[] {
    return (this.#bySandbox.get(keyOf(report)) ?? []).filter(({ takenAt }) => takenAt < report.takenAt);
  }
}

/** A pod that was made anew under the same name counts as the same: it is what one wants to compare. */
function keyOf(report: AnyReport): string {
  return "pod" in report
    ? JSON.stringify(["pod", report.pod.context, report.pod.namespace, report.pod.name])
    : JSON.stringify(["other", report.other.node, report.other.key]);
}
