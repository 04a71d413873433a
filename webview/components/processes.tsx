import type { JSX } from "preact";
import type { ContainerReport, SandboxReport } from "../../extension/core/report.ts";
import { commandOf, processTree, stateWords, type TreeRow } from "../process-tree.ts";

/** A longer list starts closed. */
const openUpTo = 8;
/** Nobody reads more; the panel must stay quick with thousands. */
const shownAtMost = 500;
/** Deeper levels are not indented further. */
const deepest = 6;

export function Processes({ report }: { report: SandboxReport }): JSX.Element {
  return (
    <section aria-labelledby="processes">
      <h2 id="processes">Processes</h2>
      <p class="dim">PID on the node → PID inside the container</p>
      {report.containers.map((container) => (
        <ContainerProcesses container={container} />
      ))}
    </section>
  );
}

function ContainerProcesses({ container }: { container: ContainerReport }): JSX.Element {
  const { name, processes, state } = container;
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
  return (
    <details class="of-container" open={rows.length <= openUpTo}>
      <summary>
        {title}{" "}
        <span class="dim">{rows.length === 1 ? "1 process" : `${String(rows.length)} processes`}</span>
      </summary>
      <ul class="tree">
        {rows.slice(0, shownAtMost).map((row) => (
          <ProcessItem row={row} />
        ))}
      </ul>
      {left > 0 && <p class="dim">and {String(left)} more</p>}
    </details>
  );
}

function ProcessItem({ row: { process, depth } }: { row: TreeRow }): JSX.Element {
  const state = stateWords(process);
  return (
    <li class={`depth-${String(Math.min(depth, deepest))}`}>
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
      {depth > 0 && <span class="vh">, child of {String(process.ppid)}</span>}
      {state !== "" && <span class="state"> {state}</span>}
    </li>
  );
}
