import { type NamespaceType, namespaceTypes } from "./namespaces.ts";
import type { ContainerReport, Finding, Holder, Reading, ZombieReport } from "./report.ts";
import type { NodeScan } from "./scan.ts";

export interface ComparisonInput {
  readonly containers: readonly ContainerReport[];
  readonly scan: NodeScan;
  readonly holder: Holder;
  /** "gVisor", "a virtual machine"; undefined where the kernel is the node's. */
  readonly virtualisedBy: string | undefined;
}

/** What there is to say about a comparison, of a pod as of every other sandbox, the gravest first. */
export function comparisonFindings(input: ComparisonInput): readonly Finding[] {
  return gravestFirst([
    ...sharingFindings(input),
    ...readingFindings(input),
    ...(input.virtualisedBy === undefined ? insideFindings(input.containers) : []),
  ]);
}

/** The gravest first, otherwise as they came. */
export function gravestFirst(findings: readonly Finding[]): readonly Finding[] {
  const order = { error: 0, warning: 1, info: 2 };
  return findings.toSorted((a, b) => order[a.severity] - order[b.severity]);
}

// ---- expected against observed

function sharingFindings(input: ComparisonInput): Finding[] {
  const { containers, scan } = input;
  const findings: Finding[] = [];
  const unverified = new Set<NamespaceType>();
  for (const container of containers) {
    if (container.pid === null) continue;
    for (const type of namespaceTypes) {
      const verdict = judge(input, container, type);
      if (verdict === "unverified") unverified.add(type);
      else if (verdict !== "as-expected") findings.push(verdict);
    }
  }
  // Without root nothing can be verified, which `needs-root` already says.
  if (unverified.size > 0 && scan.readerUid === 0) {
    findings.push({
      code: "sharing-unverified",
      severity: "info",
      container: null,
      namespaceType: null,
      message: `Could not be compared, because the other side was not readable: ${[...unverified].join(", ")}.`,
    });
  }
  return findings;
}

type Judgement = "as-expected" | "unverified" | Finding;

function judge(input: ComparisonInput, container: ContainerReport, type: NamespaceType): Judgement {
  const own = container.namespaces[type];
  if (own.status !== "read") return own.status === "denied" ? "unverified" : "as-expected";
  const host = input.scan.host.namespaces[type];
  const onHost = same(own, host);
  const differs = (severity: Finding["severity"], wanted: string, observed: string): Finding => ({
    code: "sharing-differs",
    severity,
    container: container.name,
    namespaceType: type,
    message: `${container.name} was to be in ${wanted} ${type} Linux namespace but is in ${observed}.`,
  });
  const observed = onHost ? "the node's" : observedAs(input, container, type);

  switch (container.expected[type]) {
    case "ANY":
      return "as-expected";
    case "NODE":
      if (host.status !== "read") return "unverified";
      return onHost ? "as-expected" : differs("warning", "the node's", observed);
    case "CONTAINER": {
      if (onHost) return differs("error", "its own", observed);
      return strangers(input, container, type).length > 0
        ? differs("warning", "its own", observed)
        : verified(host);
    }
    case "POD": {
      if (onHost) return differs("error", "the pod's", observed);
      if (container.kind === "infra") return verified(host);
      const reference = podReference(input, container, type);
      if (reference === undefined) return verified(host);
      if (reference.status !== "read") return "unverified";
      return same(own, reference) ? verified(host) : differs("warning", "the pod's", observed);
    }
    case "TARGET": {
      const reading = input.containers.find(({ name }) => name === container.targets[type])?.namespaces[type];
      if (reading?.status !== "read") return "unverified";
      if (same(own, reading)) return "as-expected";
      return differs(onHost ? "error" : "warning", `${container.targets[type] ?? "its target"}'s`, observed);
    }
  }
}

/** "Not the node's" needs the node's own link. */
function verified(host: Reading): Judgement {
  return host.status === "read" ? "as-expected" : "unverified";
}

function same(a: Reading, b: Reading): boolean {
  return a.status === "read" && b.status === "read" && a.inode === b.inode;
}

/**
 * Whose namespace is the pod's: the infra container's; without one, that of the first container that was to be in it
 * (they hold each other's place: one that differs is the stranger, whichever it is). undefined = there is none other.
 */
function podReference(
  input: ComparisonInput,
  container: ContainerReport,
  type: NamespaceType,
): Reading | undefined {
  const infra = input.containers.find(({ kind }) => kind === "infra");
  if (infra !== undefined) return infra.namespaces[type];
  const pinned = input.scan.pins.find((pin) => pin.type === type && input.holder.paths.includes(pin.path));
  if (pinned !== undefined) return { status: "read", inode: pinned.inode };
  return input.containers.find(
    (other) =>
      other.name !== container.name &&
      other.expected[type] === "POD" &&
      other.namespaces[type].status === "read",
  )?.namespaces[type];
}

/**
 * Containers in the same namespace that have no business in it: all but those that were to join this one, and those of
 * which nobody knows.
 */
function strangers(
  input: ComparisonInput,
  container: ContainerReport,
  type: NamespaceType,
): ContainerReport[] {
  return input.containers.filter(
    (other) =>
      other !== container &&
      same(other.namespaces[type], container.namespaces[type]) &&
      other.expected[type] !== "ANY" &&
      !joins(input, other, container, type),
  );
}

/** Whether a container was to be in another one's namespace, maybe by way of a third one's. */
function joins(
  { containers }: ComparisonInput,
  container: ContainerReport,
  wanted: ContainerReport,
  type: NamespaceType,
): boolean {
  const passed = new Set<ContainerReport>();
  let at: ContainerReport | undefined = container;
  while (at !== undefined && at.expected[type] === "TARGET" && !passed.has(at)) {
    passed.add(at);
    const target: string | undefined = at.targets[type];
    if (target === wanted.name) return true;
    at = containers.find(({ name }) => name === target);
  }
  return false;
}

function observedAs(input: ComparisonInput, container: ContainerReport, type: NamespaceType): string {
  const others = input.containers
    .filter((other) => other !== container && same(other.namespaces[type], container.namespaces[type]))
    .map(({ name }) => name);
  return others.length === 0 ? "one of its own" : `the one of ${others.join(", ")}`;
}

// ---- what could not be read

function readingFindings({ scan, containers }: ComparisonInput): Finding[] {
  const findings: Finding[] = [];
  const denied = containers.some(({ namespaces }) =>
    namespaceTypes.some((type) => namespaces[type].status === "denied"),
  );
  if ((denied || scan.hidden) && scan.readerUid !== 0) {
    findings.push({
      code: "needs-root",
      severity: "warning",
      container: null,
      namespaceType: null,
      message:
        "The account on the node is not root and may not use sudo without a password, so the kernel hides other " +
        `users' ${scan.hidden ? "processes" : "links to Linux namespaces"}. What could be read is shown.`,
    });
  }
  for (const type of namespaceTypes) {
    if (containers.some(({ namespaces }) => namespaces[type].status === "unsupported")) {
      findings.push({
        code: "unsupported-type",
        severity: "info",
        container: null,
        namespaceType: type,
        message: `The node's kernel (${scan.kernelRelease}) has no Linux namespaces of type ${type}.`,
      });
    }
  }
  if (scan.raced.length > 0) {
    findings.push({
      code: "read-raced",
      severity: "info",
      container: null,
      namespaceType: null,
      message: `${count(scan.raced.length, "process", "processes")} ended or changed while being read and ${scan.raced.length === 1 ? "is" : "are"} not shown.`,
    });
  }
  if (scan.truncated) {
    findings.push({
      code: "truncated",
      severity: "warning",
      container: null,
      namespaceType: null,
      message: `There are more processes than one reading takes; the first ${scan.processes.length} were read.`,
    });
  }
  if (scan.host.nested) {
    findings.push({
      code: "nested-node",
      severity: "info",
      container: null,
      namespaceType: null,
      message:
        "The node is itself a container: “the node's” means that container's, not the machine's below it.",
    });
  }
  return findings;
}

// ---- inside

function insideFindings(containers: readonly ContainerReport[]): Finding[] {
  return containers.flatMap((container) => [
    ...processesElsewhere(container),
    ...threadsElsewhere(container),
    ...zombies(container),
  ]);
}

function processesElsewhere({ name, processes }: ContainerReport): Finding[] {
  return namespaceTypes.flatMap((type): Finding[] => {
    const pids = processes.filter((process) => process.elsewhere.includes(type)).map(({ pid }) => pid);
    if (pids.length === 0) return [];
    return [
      {
        code: "process-elsewhere",
        severity: "info",
        container: name,
        namespaceType: type,
        message: `${count(pids.length, "process", "processes")} of ${name} (PID ${some(pids)}) ${pids.length === 1 ? "is" : "are"} in another ${type} Linux namespace than its main process.`,
      },
    ];
  });
}

function threadsElsewhere({ name, processes }: ContainerReport): Finding[] {
  return namespaceTypes.flatMap((type): Finding[] => {
    const tids = processes.flatMap(({ threads }) =>
      threads.filter(({ namespaces }) => namespaces[type] !== undefined).map(({ tid }) => tid),
    );
    if (tids.length === 0) return [];
    return [
      {
        code: "thread-elsewhere",
        severity: "info",
        container: name,
        namespaceType: type,
        message: `${count(tids.length, "thread", "threads")} of ${name} (TID ${some(tids)}) ${tids.length === 1 ? "is" : "are"} in another ${type} Linux namespace than the process that ${tids.length === 1 ? "it belongs" : "they belong"} to.`,
      },
    ];
  });
}

const dutyInWords: Readonly<Record<ZombieReport["duty"], string>> = {
  pause: "the pause process, as PID 1 of the PID namespace",
  main: "the container's own main process",
  process: "another process of the sandbox",
  outside: "a process outside of the sandbox",
  nobody: "nobody that was seen (a process whose other threads still run looks ended too)",
};

function zombies({ name, processes }: ContainerReport): Finding[] {
  const all = processes.flatMap(({ zombie }) => (zombie === null ? [] : [zombie]));
  if (all.length === 0) return [];
  const duties = [...new Set(all.map(({ duty }) => duty))].map((duty) => dutyInWords[duty]);
  return [
    {
      code: "zombies",
      severity: "info",
      container: name,
      namespaceType: null,
      message: `${name} has ${count(all.length, "zombie", "zombies")}: ended ${all.length === 1 ? "process" : "processes"} not yet reaped. Whose duty that is: ${duties.join("; ")}.`,
    },
  ];
}

function some(ids: readonly number[]): string {
  return `${ids[0] ?? ""}${ids.length > 1 ? ", …" : ""}`;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
