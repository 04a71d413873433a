import { answerOf } from "./answer.ts";
import type { Arrangement } from "./arrange.ts";
import { checksOf, type Check } from "./checks.ts";
import { explainCell, type Explanation } from "./explain.ts";
import { explainFinding } from "./explain-finding.ts";
import type { FindingCode } from "./finding-codes.ts";
import { buildMatrix, type Matrix } from "./matrix.ts";
import type { Run } from "./phrase.ts";
import type { NamespaceType } from "./namespaces.ts";
import type { AnyReport } from "./report.ts";

/** A cell of the table. */
export interface CellId {
  /** Index into the report's containers, as two may have the same name; null for the node. */
  readonly container: number | null;
  readonly type: NamespaceType;
}

/** What the panel shows of a report, made ready: the panel itself need not carry what makes it. Plain JSON. */
export interface ReportView {
  readonly answer: readonly Run[];
  readonly matrix: Matrix;
  readonly checks: readonly Check[];
  /** Why each kind of finding that there is is worth saying, as one sentence. */
  readonly whys: Readonly<Partial<Record<FindingCode, string>>>;
  /** Of the cell that was asked about, or null. */
  readonly explained: (CellId & Explanation) | null;
}

export function viewOf(report: AnyReport, arrangement: Arrangement, asked: CellId | null): ReportView {
  return {
    answer: answerOf(report),
    matrix: buildMatrix(report, arrangement),
    checks: checksOf(report),
    whys: Object.fromEntries(report.findings.map((finding) => [finding.code, explainFinding(finding)])),
    explained: asked === null ? null : explained(report, asked),
  };
}

function explained(report: AnyReport, asked: CellId): ReportView["explained"] {
  const container = asked.container === null ? null : report.containers[asked.container];
  return container === undefined ? null : { ...asked, ...explainCell(report, container, asked.type) };
}

/** What was asked of one report, asked of the next; null where that has another container in the same place. */
export function askedAgain(asked: CellId | null, before: AnyReport | null, now: AnyReport): CellId | null {
  if (asked === null || asked.container === null) return asked;
  const [one, other] = [before?.containers[asked.container], now.containers[asked.container]];
  return one?.name === other?.name && one?.kind === other?.kind ? asked : null;
}
