import type { SandboxReport } from "../core/report.ts";

/** The last report of each pod, of the pods inspected last. Keyed by UID: a new pod of the same name has none. */
export class RecentReports {
  readonly #limit: number;
  readonly #byUid = new Map<string, SandboxReport>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  put(report: SandboxReport): void {
    const { uid } = report.pod;
    // Deleting first moves it to the end: a Map keeps the order of insertion.
    this.#byUid.delete(uid);
    this.#byUid.set(uid, report);
    for (const oldest of this.#byUid.keys()) {
      if (this.#byUid.size <= this.#limit) break;
      this.#byUid.delete(oldest);
    }
  }

  of(context: string, uid: string): SandboxReport | undefined {
    const report = this.#byUid.get(uid);
    return report?.pod.context === context ? report : undefined;
  }

  clear(): void {
    this.#byUid.clear();
  }
}
