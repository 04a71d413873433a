import * as l10n from "@vscode/l10n";
import { namespaceTypes } from "./namespaces.ts";
import type { IdRange, ProcessReport, ThreadReport, ZombieReport } from "./report.ts";
import { listOf } from "./words.ts";

/** What the kernel's state letter means (proc_pid_stat(5)). */
export function stateWords({ state }: Pick<ProcessReport, "state">): string {
  switch (state) {
    case "R":
      return l10n.t("running");
    case "S":
      return l10n.t("sleeping");
    case "D":
      return l10n.t("waiting for I/O, cannot be interrupted");
    case "I":
      return l10n.t("idle");
    case "T":
      return l10n.t("stopped");
    case "t":
      return l10n.t("stopped by a debugger");
    case "Z":
      return l10n.t("zombie");
    case "X":
      return l10n.t("dead");
    default:
      return l10n.t("state {0}", state);
  }
}

/** "ended, to be reaped by pause, PID 30208" */
export function dutyWords({ duty, dutyPid }: ZombieReport): string {
  switch (duty) {
    case "pause":
      return dutyPid === null
        ? l10n.t("ended, to be reaped by pause")
        : l10n.t("ended, to be reaped by pause, PID {0}", dutyPid);
    case "main":
      return dutyPid === null
        ? l10n.t("ended, to be reaped by its container's main process")
        : l10n.t("ended, to be reaped by its container's main process, PID {0}", dutyPid);
    case "process":
      return dutyPid === null
        ? l10n.t("ended, to be reaped by its parent")
        : l10n.t("ended, to be reaped by its parent, PID {0}", dutyPid);
    case "outside":
      return dutyPid === null
        ? l10n.t("ended, to be reaped from outside the sandbox")
        : l10n.t("ended, to be reaped from outside the sandbox, PID {0}", dutyPid);
    case "nobody":
      return l10n.t("ended, nobody's to reap: its own threads still run, or its parent could not be read");
  }
}

/** "in another net and mnt Linux namespace than the main process"; "" where it is in the same ones. */
export function elsewhereWords({ elsewhere }: ProcessReport): string {
  return elsewhere.length === 0
    ? ""
    : l10n.t("in another {0} Linux namespace than the main process", listOf(elsewhere));
}

/** "thread 30250 sits elsewhere: net 4026532999" */
export function threadWords({ tid, namespaces }: ThreadReport): string {
  const places = namespaceTypes.flatMap((type) => {
    const { [type]: inode } = namespaces;
    return inode === undefined ? [] : [`${type} ${inode}`];
  });
  return l10n.t("thread {0} sits elsewhere: {1}", tid, listOf(places));
}

/** Each user ID is the same inside and outside: the whole range of 32 bits but the last, which means "none". */
export function isIdentity(map: readonly IdRange[]): boolean {
  const [only] = map;
  return map.length === 1 && only?.inside === 0 && only.outside === 0 && only.count >= 4_294_967_295;
}

/** A line for each range: "0–65535 inside = 100000–165535 on the node"; one line in words where there is no map. */
export function uidMapLines(map: readonly IdRange[]): readonly string[] {
  if (isIdentity(map)) return [l10n.t("same user IDs as the node")];
  if (map.length === 0) return [l10n.t("no user ID of the node exists inside")];
  return map.map(({ inside, outside, count }) =>
    l10n.t("{0} inside = {1} on the node", range(inside, count), range(outside, count)),
  );
}

function range(first: number, count: number): string {
  return count === 1 ? String(first) : `${String(first)}–${String(first + count - 1)}`;
}
