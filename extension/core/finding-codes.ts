/** The closed list of finding codes. Each has a paragraph of the same name in the README. */
export const findingCodes = [
  "sharing-differs",
  "sharing-unverified",
  "needs-root",
  "unsupported-type",
  "no-main-process",
  "read-raced",
  "truncated",
  "no-sandbox-found",
  "sandbox-inferred",
  "leftover-sandbox",
  "sandboxed-runtime",
  "process-elsewhere",
  "zombies",
  "nested-node",
  "other-machine",
  "thread-elsewhere",
  "outsider",
  "held-by-nothing",
  "unclaimed-sandbox",
  "unused-pin",
  "pod-without-sandbox",
] as const;

export type FindingCode = (typeof findingCodes)[number];
