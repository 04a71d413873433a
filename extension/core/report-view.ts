import { answerOf } from "./answer.ts";
import type { Arrangement } from "./arrange.ts";
import { checksOf, type Check } from "./checks.ts";
import { explainCell, type Explanation } from "./explain.ts";
import { buildMatrix, type Matrix } from "./matrix.ts";
import type { Run } from "./phrase.ts";
import type { NamespaceType } from "./namespaces.ts";
import type { AnyReport } from "./report.ts";

/** A cell of the table. `container` is null for the node: a container may be called "node" too. */
export interface CellId {
  readonly container: string | null;
  readonly type: NamespaceType;
}

/** What the panel shows of a report, made ready: the panel itself need not carry what makes it. Plain JSON. */
export interface ReportView {
  readonly answer: readonly Run[];
  readonly matrix: Matrix;
  readonly checks: readonly Check[];
  /** Of the cell that was asked about, or null. */
  readonly explained: (CellId & Explanation) | null;
}

export function viewOf(report: AnyReport, arrangement: Arrangement, asked: CellId | null): ReportView {
  return {
    answer: answerOf(report),
    matrix: buildMatrix(report, arrangement),
    checks: checksOf(report),
    explained: asked === null ? null : { ...asked, ...explainCell(report, asked.container, asked.type) },
  };
}
