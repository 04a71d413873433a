import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import { holdWords } from "../../extension/core/holder-words.ts";
import { threadWords } from "../../extension/core/inside.ts";
import type { Cell, Column } from "../../extension/core/matrix.ts";
import type { AnyReport } from "../../extension/core/report.ts";
import type { ReportView } from "../../extension/core/report-view.ts";
import type { Post } from "../host.ts";
import { CheckItem } from "./check-yourself.tsx";

/** Of a runaway process there are thousands; "Inside" has them too. */
const shownAtMost = 6;

/** Why a cell is as it is, what keeps its Linux namespace alive, who strays from it, and how to see it for oneself. */
export function CellExplanation({
  report,
  explained: { container, type, sentence, checks },
  column,
  cell,
  post,
  onClose,
}: {
  report: AnyReport;
  explained: NonNullable<ReportView["explained"]>;
  column: Column;
  cell: Cell;
  post: Post;
  onClose: () => void;
}): JSX.Element {
  const { reading } = cell;
  const holds =
    report.sandbox.namespaces.find(
      (held) => held.type === type && reading.status === "read" && held.inode === reading.inode,
    )?.holds ?? [];
  const processes = container === null ? [] : (report.containers[container]?.processes ?? []);
  const threads = processes
    .flatMap((process) => process.threads)
    .filter(({ namespaces }) => namespaces[type] !== undefined);
  return (
    <>
      <p class="title">
        <strong>{l10n.t("{0} of {1}", type, column.name)}</strong>{" "}
        <button type="button" class="link" onClick={onClose}>
          {l10n.t("Close")}
        </button>
      </p>
      <p>{sentence}</p>
      <Few label={l10n.t("Kept alive by:")} words={holds.map(holdWords)} />
      <Few label={l10n.t("Threads that are elsewhere:")} words={threads.map(threadWords)} />
      {checks.length > 0 && (
        <ul class="checks" aria-label={l10n.t("How do I check this myself?")}>
          {checks.map((check) => (
            <CheckItem check={check} post={post} />
          ))}
        </ul>
      )}
    </>
  );
}

/** The first of some words, and how many more there are. */
function Few({ label, words }: { label: string; words: readonly string[] }): JSX.Element | null {
  if (words.length === 0) return null;
  const left = words.length - shownAtMost;
  return (
    <div class="few">
      <p class="dim">{label}</p>
      <ul>
        {words.slice(0, shownAtMost).map((one) => (
          <li>{one}</li>
        ))}
        {left > 0 && <li class="dim">{l10n.t("and {0} more", left)}</li>}
      </ul>
    </div>
  );
}
