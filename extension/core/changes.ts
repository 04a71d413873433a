import * as l10n from "@vscode/l10n";
import type { FindingCode } from "./finding-codes.ts";
import { type NamespaceType, namespaceTypes } from "./namespaces.ts";
import type {
  AnyReport,
  Change,
  ContainerReport,
  Holder,
  ProcessReport,
  Reading,
  Since,
  ZombieReport,
} from "./report.ts";
import { inARow } from "./words.ts";

/**
 * The report with what is different from the one before of the same sandbox, and with the zombies that were seen then
 * already. Without one before it is as it was.
 */
export function withHistory<T extends AnyReport>(report: T, before: AnyReport | undefined): T {
  if (before === undefined) return report;
  const since = changesSince(before, report);
  return {
    ...report,
    since,
    containers: since.comparable === "yes" ? withOldZombies(report, before) : report.containers,
  };
}

/**
 * What has changed between two readings of one sandbox. PIDs and inodes are numbers of one boot of one node: across
 * these nothing is compared. An inode that is still the same may have been given to another namespace meanwhile, so that
 * only a difference says something.
 */
export function changesSince(before: AnyReport, after: AnyReport): Since {
  const { takenAt } = before;
  if (before.node.name !== after.node.name) return { takenAt, comparable: "other-node", changes: [] };
  if (before.node.bootId !== after.node.bootId) return { takenAt, comparable: "other-boot", changes: [] };
  const recreated = sandboxChanges(before, after);
  return {
    takenAt,
    comparable: "yes",
    changes: [
      ...recreated,
      ...(recreated.length > 0 ? [] : holderChanges(before, after)),
      // A new sandbox has a new pause container: that needs no second sentence.
      ...containerChanges(before, after).filter(
        ({ container }) => recreated.length === 0 || !isInfra(container, before, after),
      ),
    ],
  };
}

function isInfra(name: string | null, ...reports: readonly AnyReport[]): boolean {
  return reports.some(({ containers }) =>
    containers.some((container) => container.kind === "infra" && container.name === name),
  );
}

/** Where the container that others hang on is another one, but both are the same as before, nothing was replaced. */
function sandboxChanges(earlier: AnyReport, later: AnyReport): Change[] {
  const [{ sandbox: before }, { sandbox: after }] = [earlier, later];
  if (before.id === null || after.id === null || before.id === after.id) return [];
  if (later.containers.some(({ id }) => id === before.id)) return [];
  if (earlier.containers.some(({ id }) => id === after.id)) return [];
  return [
    {
      kind: "sandbox-recreated",
      container: null,
      namespaceType: null,
      message: l10n.t("The sandbox {0} was replaced by {1}.", before.id.slice(0, 12), after.id.slice(0, 12)),
    },
  ];
}

function holderChanges({ sandbox: before }: AnyReport, { sandbox: after }: AnyReport): Change[] {
  const [was, is] = [holderWords(before.holder), holderWords(after.holder)];
  if (was === is) return [];
  return [
    {
      kind: "holder-changed",
      container: null,
      namespaceType: null,
      message: l10n.t("What holds the sandbox's Linux namespaces was {0} and is now {1}.", was, is),
    },
  ];
}

function holderWords({ kind, pid, paths }: Holder): string {
  switch (kind) {
    case "process":
      return pid === null ? l10n.t("a process") : l10n.t("PID {0}", pid);
    case "pinned":
      return l10n.t("bind-mounted at {0}", inARow(paths.toSorted()));
    case "none":
      return l10n.t("nothing but the containers' own processes");
    case "virtualised":
      return l10n.t("a kernel of its own");
    case "unknown":
      return l10n.t("not to be seen");
  }
}

/** Whether a process that is not in the report may have been there all the same. */
function isIncomplete({ findings, containers }: AnyReport): boolean {
  const has = (code: FindingCode): boolean => findings.some((finding) => finding.code === code);
  const sawNone = containers.every(({ pid }) => pid === null);
  return has("truncated") || has("read-raced") || (has("needs-root") && sawNone);
}

function containerChanges(before: AnyReport, after: AnyReport): Change[] {
  const same = sameProcessOf(before, after);
  const unsure = isIncomplete(before) || isIncomplete(after);
  const [earlier, later] = [containersOf(before), containersOf(after)];
  const names = new Set([...earlier.keys(), ...later.keys()]);
  const changes = [...names].flatMap((name): Change[] => {
    const [was, is] = [earlier.get(name), later.get(name)];
    const about = (kind: Change["kind"], message: string): Change[] => [
      { kind, container: name, namespaceType: null, message },
    ];
    const [wasMain, isMain] = [mainOf(was), mainOf(is)];
    if (wasMain === undefined && isMain === undefined) return [];
    if (wasMain === undefined) {
      return unsure
        ? []
        : about("container-started", l10n.t("{0} has started (PID {1}).", name, isMain?.pid ?? 0));
    }
    if (was === undefined || is === undefined || isMain === undefined) {
      return unsure
        ? []
        : about("container-ended", l10n.t("{0}, which was PID {1}, has ended.", name, wasMain.pid));
    }
    if (was.id === is.id && same(wasMain, isMain)) return movedProcesses(was, is, same);
    // Where the main process could not be read, another one of the same run may have been taken for it.
    if (was.id === is.id && unsure) return [];
    return about(
      "container-restarted",
      l10n.t("{0} was started again: PID {1} has become PID {2}.", name, wasMain.pid, isMain.pid),
    );
  });
  return [...changes, ...looseChanges(before, after, same, unsure)];
}

function isLoose({ kind, processes }: ContainerReport): boolean {
  return kind === "processes" && processes.length > 0;
}

function containersOf({ containers }: AnyReport): ReadonlyMap<string, ContainerReport> {
  return new Map(containers.filter(({ kind }) => kind !== "processes").map((one) => [one.name, one]));
}

/**
 * Of processes of no container, which are told together by the Linux namespaces that they are in: those of one column
 * are known again by any of them, since neither its name nor which one is the oldest need last.
 */
function looseChanges(before: AnyReport, after: AnyReport, same: SameProcess, unsure: boolean): Change[] {
  const [earlier, later] = [before.containers.filter(isLoose), after.containers.filter(isLoose)];
  const wasIn = (process: ProcessReport): ContainerReport | undefined =>
    earlier.find(({ processes }) => processes.some((other) => same(other, process)));
  const isAnywhere = (process: ProcessReport): boolean =>
    later.some(({ processes }) => processes.some((other) => same(process, other)));
  const about = (kind: Change["kind"], container: string, message: string): Change => ({
    kind,
    container,
    namespaceType: null,
    message,
  });
  const moved = later.flatMap((is) =>
    is.processes.flatMap((process) => {
      const was = wasIn(process);
      if (was === undefined) return [];
      return namespaceTypes
        .filter((type) => differ(was.namespaces[type], is.namespaces[type]))
        .map((type) => movedTo(process, is.name, type));
    }),
  );
  if (unsure) return moved;
  const come = later
    .filter(({ processes }) => processes.every((process) => wasIn(process) === undefined))
    .map(({ name }) => about("container-started", name, l10n.t("{0} was not there before.", name)));
  const gone = earlier
    .filter(({ processes }) => !processes.some(isAnywhere))
    .map(({ name }) => about("container-ended", name, l10n.t("{0} is no longer there.", name)));
  return [...come, ...gone, ...moved];
}

function movedTo({ pid, comm }: ProcessReport, name: string, type: NamespaceType): Change {
  return {
    kind: "process-moved",
    container: name,
    namespaceType: type,
    message: l10n.t("{0} (PID {1}) of {2} has moved to another {3} Linux namespace.", comm, pid, name, type),
  };
}

function mainOf(container: ContainerReport | undefined): ProcessReport | undefined {
  return container?.processes.find(({ pid }) => pid === container.pid);
}

/** Whether a process of a reading is one of a later reading of the same boot. */
type SameProcess = (before: ProcessReport, after: ProcessReport) => boolean;

/**
 * A PID is given again, but not at the same time. Start times are clock ticks since boot (usually 10 ms), and when the
 * node booted is known but to a second: so the time since boot is compared, to within what rounding it twice costs.
 */
function sameProcessOf(before: AnyReport, after: AnyReport): SameProcess {
  const [booted, bootedAgain] = [Date.parse(before.node.bootedAt), Date.parse(after.node.bootedAt)];
  return (a, b) => {
    const [started, startedAgain] = [Date.parse(a.startTime) - booted, Date.parse(b.startTime) - bootedAgain];
    return a.pid === b.pid && Math.abs(started - startedAgain) < 5;
  };
}

function movedProcesses(was: ContainerReport, is: ContainerReport, same: SameProcess): Change[] {
  return namespaceTypes.flatMap((type) => {
    const [from, to] = [was.namespaces[type], is.namespaces[type]];
    if (differ(from, to)) {
      return [
        {
          kind: "process-moved",
          container: is.name,
          namespaceType: type,
          message: l10n.t(
            "The main process of {0} (PID {1}) has moved to another {2} Linux namespace.",
            is.name,
            is.pid ?? 0,
            type,
          ),
        },
      ];
    }
    // The others are told by where their main process is, which has stayed.
    return is.processes
      .filter((process) => {
        const earlier = was.processes.find((other) => same(other, process));
        return earlier !== undefined && earlier.elsewhere.includes(type) !== process.elsewhere.includes(type);
      })
      .map((process) => movedTo(process, is.name, type));
  });
}

function differ(a: Reading, b: Reading): boolean {
  return a.status === "read" && b.status === "read" && a.inode !== b.inode;
}

function withOldZombies(report: AnyReport, before: AnyReport): readonly ContainerReport[] {
  const same = sameProcessOf(before, report);
  const old = before.containers.flatMap(({ processes }) => processes);
  const known = (process: ProcessReport, zombie: ZombieReport): ZombieReport => {
    const seen = old.find((other) => same(other, process))?.zombie;
    return seen === undefined || seen === null ? zombie : { ...zombie, seenSince: seen.seenSince };
  };
  return report.containers.map((container) => ({
    ...container,
    processes: container.processes.map((process) =>
      process.zombie === null ? process : { ...process, zombie: known(process, process.zombie) },
    ),
  }));
}
