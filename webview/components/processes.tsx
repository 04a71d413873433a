import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import {
  dutyWords,
  elsewhereWords,
  isIdentity,
  stateWords,
  threadWords,
  uidMapLines,
} from "../../extension/core/inside.ts";
import type { AnyReport, ContainerReport, IdRange, ProcessReport } from "../../extension/core/report.ts";
import { commandOf, processTree, type TreeRow } from "../process-tree.ts";
import { processCount } from "../../extension/core/words.ts";
import { tokensOf, tokensOfThread } from "../lighting.ts";
import { momentWords } from "../time.ts";

/** A longer list starts closed. */
const openUpTo = 8;
/** Nobody reads more; the panel must stay quick with thousands. */
const shownAtMost = 500;
/** Of one process; a runaway one has thousands. */
const threadsAtMost = 5;
/** Deeper levels are not indented further. */
const deepest = 6;

export function Processes({ report }: { report: AnyReport }): JSX.Element {
  return (
    <section class="processes" aria-labelledby="processes">
      <h2 id="processes">{l10n.t("Inside")}</h2>
      <p class="dim">{l10n.t("PID on the node → PID inside, command, state, start")}</p>
      <div class="containers">
        {report.containers.map((container, index) => (
          <ContainerProcesses
            container={container}
            sameUsersAs={report.containers.slice(0, index).find((before) => sharesUsers(before, container))}
            takenAt={report.takenAt}
          />
        ))}
      </div>
    </section>
  );
}

/** One user namespace has one map: it need not be told twice. */
function sharesUsers(one: ContainerReport, other: ContainerReport): boolean {
  const [a, b] = [one.namespaces.user, other.namespaces.user];
  return one.uidMap !== null && a.status === "read" && b.status === "read" && a.inode === b.inode;
}

function ContainerProcesses({
  container,
  sameUsersAs,
  takenAt,
}: {
  container: ContainerReport;
  sameUsersAs: ContainerReport | undefined;
  takenAt: string;
}): JSX.Element {
  const { name, kind, processes, state, uidMap } = container;
  const rows = processTree(processes);
  const title = <span class="container">{name}</span>;
  if (rows.length === 0) {
    return (
      <p class="of-container">
        {title} <span class="dim">{l10n.t("no process ({0})", state)}</span>
      </p>
    );
  }
  const left = rows.length - shownAtMost;
  const mapped = uidMap !== null && !isIdentity(uidMap);
  const facts = [
    processCount(rows.length),
    ...(mapped && sameUsersAs !== undefined ? [l10n.t("same user IDs as {0}", sameUsersAs.name)] : []),
    ...(uidMap !== null && !mapped ? uidMapLines(uidMap) : []),
  ];
  return (
    <details class="of-container" data-keep={`inside ${kind} ${name}`} open={rows.length <= openUpTo}>
      <summary data-ns={tokensOf(container.namespaces)}>
        {title} <span class="dim">{facts.join(" · ")}</span>
      </summary>
      {mapped && sameUsersAs === undefined && <UidMap map={uidMap} />}
      <ul class="tree">
        {rows.slice(0, shownAtMost).map((row) => (
          <ProcessItem row={row} container={container} takenAt={takenAt} />
        ))}
      </ul>
      {left > 0 && <p class="dim">{l10n.t("and {0} more", left)}</p>}
    </details>
  );
}

function UidMap({ map }: { map: readonly IdRange[] }): JSX.Element {
  const [first = "", ...others] = uidMapLines(map);
  if (others.length === 0) return <p class="uid-map">{l10n.t("User IDs: {0}", first)}</p>;
  return (
    <div class="uid-map">
      <p>{l10n.t("User IDs:")}</p>
      <ul>
        {[first, ...others].map((line) => (
          <li>{line}</li>
        ))}
      </ul>
    </div>
  );
}

function ProcessItem({
  row: { process, depth },
  container,
  takenAt,
}: {
  row: TreeRow;
  container: ContainerReport;
  takenAt: string;
}): JSX.Element {
  const marks = marksOf(process, takenAt);
  return (
    <li class={`depth-${String(Math.min(depth, deepest))}`}>
      <div class="process" data-ns={tokensOf(container.namespaces, process.elsewhere)}>
        <span class="pids">
          {String(process.pid)}
          {process.nspid !== null && (
            <>
              <span aria-hidden="true"> → </span>
              <span class="vh">, {l10n.t("inside")} </span>
              {String(process.nspid)}
            </>
          )}
        </span>{" "}
        <span class="command">{commandOf(process)}</span>
        {depth > 0 && <span class="vh">, {l10n.t("child of {0}", process.ppid)}</span>}{" "}
        <span class="facts">
          {stateWords(process)} · {l10n.t("started")}{" "}
          <time dateTime={process.startTime}>{momentWords(process.startTime, takenAt)}</time>
        </span>
      </div>
      {marks.length > 0 && (
        <ul class="marks">
          {marks.map(({ words, tokens }) => (
            <li data-ns={tokens}>
              <span aria-hidden="true">ℹ </span>
              {words}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

interface ProcessMark {
  readonly words: string;
  /** The Linux namespaces that it speaks of, for lighting up. */
  readonly tokens?: string | undefined;
}

/** What is unusual about one process, each in words. */
function marksOf(process: ProcessReport, takenAt: string): readonly ProcessMark[] {
  const { zombie, threads } = process;
  const elsewhere = elsewhereWords(process);
  const left = threads.length - threadsAtMost;
  return [
    ...(zombie === null
      ? []
      : [
          {
            words: l10n.t(
              "{0}; seen ended since {1}",
              dutyWords(zombie),
              momentWords(zombie.seenSince, takenAt),
            ),
          },
        ]),
    ...(elsewhere === "" ? [] : [{ words: elsewhere }]),
    ...threads
      .slice(0, threadsAtMost)
      .map((thread) => ({ words: threadWords(thread), tokens: tokensOfThread(thread) })),
    ...(left > 0 ? [{ words: moreThreadsWords(left) }] : []),
  ];
}

function moreThreadsWords(count: number): string {
  return count === 1 ? l10n.t("1 more thread elsewhere") : l10n.t("{0} more threads elsewhere", count);
}
