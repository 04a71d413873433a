import * as l10n from "@vscode/l10n";
import type { FindingCode } from "../core/finding-codes.ts";
import type { Comparison } from "../core/report.ts";
import { delay } from "../nodes/waiting.ts";

/** A reading that looks odd is repeated, for what it read may have been changing just then. */
const mostReadings = 3;
const pauseBetweenReadingsMs = 250;

export interface SettledReading<R extends Comparison> {
  /** Reads for the first, second, third time. */
  read(reading: number): Promise<R>;
  /** Before the next reading: whether that will be of the same sandbox, so that the two can be compared. */
  again(): Promise<boolean>;
  /** Findings that a sandbox in the middle of a change shows for a moment. */
  readonly maybePassing: readonly FindingCode[];
  readonly signal: AbortSignal;
}

/**
 * Reads until nothing looks odd, or two readings say the same. What differs in the last of three readings alone is
 * reported as not certain. Throws what `read` and `again` throw, and SandboxError `cancelled`.
 */
export async function readUntilSettled<R extends Comparison>(ports: SettledReading<R>): Promise<R> {
  const { maybePassing, signal } = ports;
  const oddities = ({ findings }: Comparison): string =>
    JSON.stringify(findings.filter(({ code }) => maybePassing.includes(code)));
  let before: R | undefined;
  for (let reading = 1; ; reading++) {
    const report = await ports.read(reading);
    const odd = report.findings.some(({ code }) => maybePassing.includes(code));
    if (!odd || (before !== undefined && oddities(before) === oddities(report))) return report;
    if (reading === mostReadings) return confirmed(report, before);
    before = report;
    await delay(pauseBetweenReadingsMs, signal);
    if (!(await ports.again())) before = undefined;
  }
}

/** The last reading of what never came to rest: what only this one saw to differ may have been passing. */
function confirmed<R extends Comparison>(report: R, before: R | undefined): R {
  const said = new Set(before?.findings.map((finding) => JSON.stringify(finding)));
  return {
    ...report,
    findings: report.findings.map((finding) =>
      finding.code !== "sharing-differs" || said.has(JSON.stringify(finding))
        ? finding
        : {
            ...finding,
            code: "sharing-unverified",
            severity: "info",
            message: l10n.t(
              "It was changing while it was read: whether {0}'s {1} Linux namespace is as it was to be is not certain.",
              finding.container ?? "",
              finding.namespaceType ?? "",
            ),
          },
    ),
  };
}
