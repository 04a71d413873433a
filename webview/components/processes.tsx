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
import { counted } from "../../extension/core/words.ts";
import { commandOf, processTree, type TreeRow } from "../process-tree.ts";
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
      <h2 id="processes">Inside</h2>
      <p class="dim">PID on the node → PID inside, command, state, start</p>
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
  const { name, processes, state, uidMap } = container;
  const rows = processTree(processes);
  const title = <span class="container">{name}</span>;
  if (rows.length === 0) {
    return (
      <p class="of-container">
        {title} <span class="dim">no process ({state})</span>
      </p>
    );
  }
  const left = rows.length - shownAtMost;
  const mapped = uidMap !== null && !isIdentity(uidMap);
  const facts = [
    counted(rows.length, "process", "processes"),
    ...(mapped && sameUsersAs !== undefined ? [`same user IDs as ${sameUsersAs.name}`] : []),
    ...(uidMap !== null && !mapped ? uidMapLines(uidMap) : []),
  ];
  return (
    <details class="of-container" open={rows.length <= openUpTo}>
      <summary>
        {title} <span class="dim">{facts.join(" · ")}</span>
      </summary>
      {mapped && sameUsersAs === undefined && <UidMap map={uidMap} />}
      <ul class="tree">
        {rows.slice(0, shownAtMost).map((row) => (
          <ProcessItem row={row} takenAt={takenAt} />
        ))}
      </ul>
      {left > 0 && <p class="dim">and {String(left)} more</p>}
    </details>
  );
}

function UidMap({ map }: { map: readonly IdRange[] }): JSX.Element {
  const [first = "", ...others] = uidMapLines(map);
  if (others.length === 0) return <p class="uid-map">User IDs: {first}</p>;
  return (
    <div class="uid-map">
      <p>User IDs:</p>
      <ul>
        {[first, ...others].map((line) => (
          <li>{line}</li>
        ))}
      </ul>
    </div>
  );
}

function ProcessItem({ row: { process, depth }, takenAt }: { row: TreeRow; takenAt: string }): JSX.Element {
  const marks = marksOf(process, takenAt);
  return (
    <li class={`depth-${String(Math.min(depth, deepest))}`}>
      <div class="process">
        <span class="pids">
          {String(process.pid)}
          {process.nspid !== null && (
            <>
              <span aria-hidden="true"> → </span>
              <span class="vh">, inside </span>
              {String(process.nspid)}
            </>
          )}
        </span>{" "}
        <span class="command">{commandOf(process)}</span>
        {depth > 0 && <span class="vh">, child of {String(process.ppid)}</span>}{" "}
        <span class="facts">
          {stateWords(process)} · started{" "}
          <time dateTime={process.startTime}>{momentWords(process.startTime, takenAt)}</time>
        </span>
      </div>
      {marks.length > 0 && (
        <ul class="marks">
          {marks.map((mark) => (
            <li>
              <span aria-hidden="true">ℹ </span>
              {mark}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

/** What is unusual about one process, each in words. */
function marksOf(process: ProcessReport, takenAt: string): readonly string[] {
  const { zombie, threads } = process;
  const elsewhere = elsewhereWords(process);
  const left = threads.length - threadsAtMost;
  return [
    ...(zombie === null
      ? []
      : [`${dutyWords(zombie)}; seen ended since ${momentWords(zombie.seenSince, takenAt)}`]),
    ...(elsewhere === "" ? [] : [elsewhere]),
    ...threads.slice(0, threadsAtMost).map(threadWords),
    ...(left > 0 ? [`${counted(left, "more thread", "more threads")} elsewhere`] : []),
  ];
}
