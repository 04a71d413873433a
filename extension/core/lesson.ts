import * as l10n from "@vscode/l10n";
import type { NamespaceType } from "./namespaces.ts";
import { oneLine } from "./one-line.ts";
import type { Comparison, ContainerReport, ProcessReport } from "./report.ts";

/** The lesson "What is the pause container?", in the order of its steps. */
export const lessonSteps = ["start", "join", "find", "compare", "share", "reap", "survive"] as const;

export type LessonStep = (typeof lessonSteps)[number];

/** What the lesson's containers are called; a pod's infra container is the first one whatever its name. */
export const pauseName = "demo-pause";
export const appName = "demo-nginx";

/** One run of one process: a PID is given again, the moment of its start is not. */
export interface SeenProcess {
  readonly pid: number;
  /** Start in milliseconds since the node booted. */
  readonly startedMs: number;
}

/** What earlier checks have seen and later ones go by. It counts for as long as it is the same pause process. */
export interface LessonMemory {
  readonly pause: SeenProcess | null;
  /** Inode of the pause process's network. */
  readonly net: string | null;
  readonly app: SeenProcess | null;
  /** A process that had lost its parent, and had pause for one. */
  readonly orphan: (SeenProcess & { readonly comm: string }) | null;
}

export const nothingSeen: LessonMemory = { pause: null, net: null, app: null, orphan: null };

/** What was read for a check. */
export interface LessonReading {
  /** The sandbox that the lesson's pause container is in; null where there is none. */
  readonly sandbox: Pick<Comparison, "node" | "containers"> | null;
  /** Whether the other container runs in another sandbox. */
  readonly apart: boolean;
}

export interface LessonResult {
  readonly done: boolean;
  /** What was seen, with its numbers, and where it is not done, what is missing. */
  readonly sentence: string;
  readonly memory: LessonMemory;
}

/**
 * Whether a step of the lesson is done.
 *
 * @param answer - what the reader has found by themselves: PIDs for "find", the inode for "compare"; else nothing.
 */
export function checkLesson(
  step: LessonStep,
  reading: LessonReading,
  before: LessonMemory,
  answer: readonly string[] = [],
): LessonResult {
  const demo = demoOf(reading);
  if (demo === undefined) return { ...noPause(step, before), memory: before };
  const memory = remembered(demo, before, step);
  switch (step) {
    case "start":
      return { ...started(demo), memory };
    case "join":
      return { ...joined(demo, "net"), memory };
    case "find":
      return { ...found(demo, answer), memory };
    case "compare":
      return { ...compared(demo, answer), memory };
    case "share":
      return { ...shared(demo), memory };
    case "reap":
      return reaped(demo, memory);
    case "survive":
      return { ...survived(demo, memory), memory };
  }
}

type Verdict = Pick<LessonResult, "done" | "sentence">;

/** What the lesson is about, as it is now. */
interface Demo {
  readonly pause: Running;
  /** undefined while it does not run in the sandbox of the pause container. */
  readonly app: Running | undefined;
  readonly apart: boolean;
  readonly containers: readonly ContainerReport[];
  readonly node: Comparison["node"];
}

interface Running extends SeenProcess {
  readonly name: string;
  readonly container: ContainerReport;
}

function demoOf({ sandbox, apart }: LessonReading): Demo | undefined {
  if (sandbox === null) return undefined;
  const { containers, node } = sandbox;
  const pause = running(
    containers.find(({ name }) => name === pauseName) ?? containers.find(({ kind }) => kind === "infra"),
    node,
  );
  const app = running(
    containers.find(({ name }) => name === appName),
    node,
  );
  return pause === undefined ? undefined : { pause, app, apart, containers, node };
}

function running(container: ContainerReport | undefined, node: Comparison["node"]): Running | undefined {
  const main = container?.processes.find(({ pid }) => pid === container.pid);
  if (container === undefined || main === undefined) return undefined;
  return { ...seen(main, node), name: oneLine(container.name, 60), container };
}

function seen({ pid, startTime }: ProcessReport, { bootedAt }: Comparison["node"]): SeenProcess {
  // Both count from the same moment, which each reading knows to a second only.
  return { pid, startedMs: Date.parse(startTime) - Date.parse(bootedAt) };
}

function isSame(a: SeenProcess | null, b: SeenProcess | null | undefined): boolean {
  return (
    a !== null && b !== null && b !== undefined && a.pid === b.pid && Math.abs(a.startedMs - b.startedMs) < 5
  );
}

function remembered(demo: Demo, before: LessonMemory, step: LessonStep): LessonMemory {
  const { pause, app } = demo;
  const known = isSame(before.pause, pause) ? before : nothingSeen;
  // The last step asks what has become of the one seen before.
  const keeps = step === "survive" && known.app !== null;
  return {
    pause: { pid: pause.pid, startedMs: pause.startedMs },
    net: known.net ?? inodeOf(pause, "net") ?? null,
    app: keeps || app === undefined ? known.app : { pid: app.pid, startedMs: app.startedMs },
    orphan: known.orphan,
  };
}

// ---- the steps

function noPause(step: LessonStep, { pause }: LessonMemory): Verdict {
  if (step !== "start" && pause !== null) {
    return notYet(
      l10n.t(
        "Not yet: {0}, which was PID {1}, does not run there any more, and its Linux namespaces went with it. Begin again with the first step.",
        pauseName,
        pause.pid,
      ),
    );
  }
  return notYet(l10n.t("Not yet: no container {0} runs there.", pauseName));
}

function started({ pause, node }: Demo): Verdict {
  const inode = inodeOf(pause, "net");
  if (inode === undefined) return unread(pause, "net");
  const host = node.namespaces.net;
  if (host.status === "read" && host.inode === inode) {
    return notYet(
      l10n.t(
        "Not yet: {0} is PID {1}, but in the node's own network, {2}. Start it without --net=host.",
        pause.name,
        pause.pid,
        link("net", inode),
      ),
    );
  }
  return done(
    host.status === "read"
      ? l10n.t(
          "Done: {0} is PID {1} and holds a network of its own, {2}; the node's is {3}.",
          pause.name,
          pause.pid,
          link("net", inode),
          link("net", host.inode),
        )
      : l10n.t("Done: {0} is PID {1}, in {2}.", pause.name, pause.pid, link("net", inode)),
  );
}

/** That both are in the same Linux namespace of a type. */
function joined({ pause, app, apart }: Demo, type: "net" | "pid"): Verdict {
  if (app === undefined) {
    return notYet(
      apart
        ? l10n.t(
            "Not yet: {0} runs, but in a sandbox of its own. Remove it, and start it with --net=container:{1}.",
            appName,
            pauseName,
          )
        : l10n.t("Not yet: {0} is PID {1}, but {2} does not run beside it.", pause.name, pause.pid, appName),
    );
  }
  const [one, other] = [inodeOf(pause, type), inodeOf(app, type)];
  if (one === undefined) return unread(pause, type);
  if (other === undefined) return unread(app, type);
  return one === other
    ? done(
        l10n.t(
          "Done: {0} is PID {1}, {2} is PID {3}: both {4}.",
          pause.name,
          pause.pid,
          app.name,
          app.pid,
          link(type, one),
        ),
      )
    : notYet(
        l10n.t(
          "Not yet: {0} is PID {1} in {2}, {3} is PID {4} in {5}.",
          pause.name,
          pause.pid,
          link(type, one),
          app.name,
          app.pid,
          link(type, other),
        ),
      );
}

function found(demo: Demo, answer: readonly string[]): Verdict {
  const { pause, app } = demo;
  const beside = joined(demo, "net");
  if (app === undefined || !beside.done) return beside;
  const wrong = answer.filter((pid) => pid !== String(pause.pid) && pid !== String(app.pid));
  const right = [pause, app].filter(({ pid }) => answer.includes(String(pid))).length;
  const names = [pause.name, pause.pid, app.name, app.pid] as const;
  if (wrong.length === 0 && right === 2) {
    return done(l10n.t("Done: {0} is PID {1} and {2} is PID {3} on the node, as you found.", ...names));
  }
  return notYet(
    wrong.length === 0
      ? l10n.t("Not yet: find the PIDs of both, {0} and {1}.", pause.name, app.name)
      : l10n.t(
          "Not yet: you found {4}, but on this node {0} is PID {1} and {2} is PID {3}.",
          ...names,
          oneLine(answer.join(", "), 60),
        ),
  );
}

function compared(demo: Demo, answer: readonly string[]): Verdict {
  const { pause, app } = demo;
  const beside = joined(demo, "net");
  if (app === undefined || !beside.done) return beside;
  const inode = inodeOf(pause, "net") ?? "";
  const values = [pause.pid, app.pid, link("net", inode)] as const;
  return answer.length > 0 && answer.every((number) => number === inode)
    ? done(
        l10n.t(
          "Done: the links of PID {0} and PID {1} both read {2}. The same number is the same Linux namespace.",
          ...values,
        ),
      )
    : notYet(
        answer.length === 0
          ? l10n.t("Not yet: read the links of PID {0} and PID {1}.", pause.pid, app.pid)
          : l10n.t(
              "Not yet: you read {3}, but the links of PID {0} and PID {1} both say {2}.",
              ...values,
              oneLine(answer.join(", "), 60),
            ),
      );
}

function shared(demo: Demo): Verdict {
  const both = joined(demo, "pid");
  const { pause, app } = demo;
  if (!both.done || app === undefined) return both;
  const [first, second] = [insideOf(pause), insideOf(app)];
  if (first === null || second === null) return both;
  return done(
    l10n.t(
      "Done: {0} (PID {1}) and {2} (PID {3}) are both in {4}. Inside, {0} is PID {5} and {2} is PID {6}.",
      pause.name,
      pause.pid,
      app.name,
      app.pid,
      link("pid", inodeOf(pause, "pid") ?? ""),
      first,
      second,
    ),
  );
}

function reaped(demo: Demo, memory: LessonMemory): LessonResult {
  const { pause, node } = demo;
  const sharing = joined(demo, "pid");
  // Whether the other container still runs is no matter of what pause has reaped.
  if (memory.orphan === null && !sharing.done) return { ...sharing, memory };
  const children = demo.containers
    .filter(({ pid }) => pid !== pause.pid)
    .flatMap(({ processes, pid: main }) => processes.filter(({ pid }) => pid !== main))
    .filter(({ ppid }) => ppid === pause.pid);
  const { orphan } = memory;
  const still = children.find((child) => isSame(orphan, seen(child, node)));
  if (orphan !== null && still === undefined) {
    return {
      ...done(
        l10n.t(
          "Done: {0} (PID {1}) has ended and left no zombie: {2} (PID {3}), its parent in place of the one it had lost, has reaped it.",
          orphan.comm,
          orphan.pid,
          pause.name,
          pause.pid,
        ),
      ),
      memory,
    };
  }
  const child = still ?? children.find(({ zombie }) => zombie === null);
  if (child === undefined) {
    const sentence = l10n.t(
      "Not yet: no process has {0} (PID {1}) for its parent. Leave one behind, and check again before you end it.",
      pause.name,
      pause.pid,
    );
    return { ...notYet(sentence), memory };
  }
  const values = [oneLine(child.comm, 60), child.pid, pause.name, pause.pid] as const;
  const sentence =
    child.zombie === null
      ? l10n.t(
          "Half done: {0} (PID {1}) lost its parent, and {2} (PID {3}) has taken its place. Now end it, and check again.",
          ...values,
        )
      : l10n.t(
          "Not yet: {0} (PID {1}) has ended, but {2} (PID {3}) has not waited for it: it is a zombie.",
          ...values,
        );
  return { ...notYet(sentence), memory: { ...memory, orphan: { ...seen(child, node), comm: values[0] } } };
}

function survived({ pause, app, containers }: Demo, { app: was, net }: LessonMemory): Verdict {
  if (was === null) {
    return notYet(
      l10n.t(
        "Not yet: {0} was not seen beside this {1} (PID {2}) before. Begin again with the step that joins it.",
        appName,
        pause.name,
        pause.pid,
      ),
    );
  }
  const left = containers.find(
    ({ pid, name }) =>
      pid !== null && pid !== pause.pid && !(name === appName && app !== undefined && !isSame(was, app)),
  );
  if (left !== undefined) {
    return notYet(l10n.t("Not yet: {0} still runs, as PID {1}.", oneLine(left.name, 60), left.pid ?? ""));
  }
  const inode = inodeOf(pause, "net");
  if (inode === undefined) return unread(pause, "net");
  const values = [appName, was.pid, pause.name, pause.pid, link("net", inode)] as const;
  if (inode !== net) return notYet(l10n.t("Not yet: {2} (PID {3}) is in {4} now.", ...values));
  return done(
    app === undefined
      ? l10n.t("Done: {0} (PID {1}) has ended, and {2} is still PID {3} and still holds {4}.", ...values)
      : l10n.t(
          "Done: {0} was PID {1} and is PID {5} now, and {2} is still PID {3} and still holds {4}.",
          ...values,
          app.pid,
        ),
  );
}

// ---- words

function done(sentence: string): Verdict {
  return { done: true, sentence };
}

function notYet(sentence: string): Verdict {
  return { done: false, sentence };
}

function unread({ name, pid, container }: Running, type: NamespaceType): Verdict {
  const reading = container.namespaces[type];
  return notYet(
    l10n.t(
      "Not yet: {0} is PID {1}, but its link {2} could not be read: {3}.",
      name,
      pid,
      `/proc/${String(pid)}/ns/${type}`,
      reading.status === "read" ? "" : oneLine(reading.reason, 200),
    ),
  );
}

function inodeOf({ container }: Running, type: NamespaceType): string | undefined {
  const reading = container.namespaces[type];
  return reading.status === "read" ? reading.inode : undefined;
}

function insideOf({ container, pid }: Running): number | null {
  return container.processes.find((process) => process.pid === pid)?.nspid ?? null;
}

function link(type: NamespaceType, inode: string): string {
  return `${type}:[${inode}]`;
}
