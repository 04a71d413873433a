import type { ProcessReport } from "../extension/core/report.ts";

export interface TreeRow {
  readonly process: ProcessReport;
  /** 0 for a process whose parent is not among the container's. */
  readonly depth: number;
}

/**
 * A container's processes as a tree, depth first, each exactly once: also where PIDs were reused between two reads
 * and the parents go round in a circle.
 */
export function processTree(processes: readonly ProcessReport[]): readonly TreeRow[] {
  const known = new Set(processes.map(({ pid }) => pid));
  const children = new Map<number, ProcessReport[]>();
  for (const process of processes) {
    const siblings = children.get(process.ppid);
    if (siblings === undefined) children.set(process.ppid, [process]);
    else siblings.push(process);
  }
  const rows: TreeRow[] = [];
  const open = new Set(processes);
  const descend = (root: ProcessReport): void => {
    const stack: TreeRow[] = [{ process: root, depth: 0 }];
    for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
      if (!open.delete(row.process)) continue;
      rows.push(row);
      const below = children.get(row.process.pid) ?? [];
      for (const process of below.toReversed()) stack.push({ process, depth: row.depth + 1 });
    }
  };
  for (const process of processes) if (!known.has(process.ppid)) descend(process);
  for (const process of processes) if (open.has(process)) descend(process);
  return rows;
}

/** The command line, or the kernel's short name in brackets as ps does where there is none. */
export function commandOf({ argv, comm }: ProcessReport): string {
  return argv.length === 0 ? `[${comm}]` : argv.join(" ");
}
