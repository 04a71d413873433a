/** The steps of "Check node access", in order. */
export const accessSteps = [
  "way",
  "address",
  "connect",
  "host-key",
  "login",
  "command",
  "root",
  "machine",
  "proc",
  "tools",
  "clock",
] as const;

export type AccessCheckStep = (typeof accessSteps)[number];

/** One step's outcome; texts are plain, of untrusted parts, one line each. */
export interface AccessFinding {
  readonly step: AccessCheckStep;
  /** "no" = the node cannot be read; "partly" = it can, but not all; "skipped" = an earlier step failed or the way has none. */
  readonly outcome: "yes" | "no" | "partly" | "skipped";
  /** What was seen. */
  readonly says: string;
  /** How to mend it; undefined where nothing is to be mended. */
  readonly mend: string | undefined;
}

/** What came of checking the access to one node. */
export interface AccessReport {
  readonly takenAt: string;
  /** null for a host without a cluster. */
  readonly context: string | null;
  readonly node: string;
  readonly findings: readonly AccessFinding[];
}
