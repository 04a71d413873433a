import * as l10n from "@vscode/l10n";
import { type NamespaceType, namespaceTypes } from "./namespaces.ts";
import type { ContainerReport, Finding, Holder, Reading, ZombieReport } from "./report.ts";
import type { NodeScan } from "./scan.ts";
import { inARow } from "./words.ts";

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
      message: l10n.t(
        "Could not be compared, because the other side was not readable: {0}.",
        inARow([...unverified]),
      ),
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
  const differs = (severity: Finding["severity"], wanted: string): Finding => ({
    code: "sharing-differs",
    severity,
    container: container.name,
    namespaceType: type,
    message: differingWords(
      container.name,
      type,
      wanted,
      onHost ? theNodes() : observedAs(input, container, type),
    ),
  });

  switch (container.expected[type]) {
    case "ANY":
      return "as-expected";
    case "NODE":
      if (host.status !== "read") return "unverified";
      return onHost ? "as-expected" : differs("warning", theNodes());
    case "CONTAINER": {
      if (onHost) return differs("error", l10n.t("its own"));
      return strangers(input, container, type).length > 0
        ? differs("warning", l10n.t("its own"))
        : verified(host);
    }
    case "POD": {
      if (onHost) return differs("error", l10n.t("the pod's"));
      if (container.kind === "infra") return verified(host);
      const reference = podReference(input, container, type);
      if (reference === undefined) return verified(host);
      if (reference.status !== "read") return "unverified";
      return same(own, reference) ? verified(host) : differs("warning", l10n.t("the pod's"));
    }
    case "TARGET": {
      const reading = input.containers.find(({ name }) => name === container.targets[type])?.namespaces[type];
      if (reading?.status !== "read") return "unverified";
      if (same(own, reading)) return "as-expected";
      const target = container.targets[type];
      return differs(
        onHost ? "error" : "warning",
        target === undefined ? l10n.t("its target's") : l10n.t("{0}'s", target),
      );
    }
  }
}

/** @param wanted - whose Linux namespace it was to be in; @param observed - whose it is in. */
function differingWords(name: string, type: NamespaceType, wanted: string, observed: string): string {
  return l10n.t("{0} was to be in {1} {2} Linux namespace but is in {3}.", name, wanted, type, observed);
}

function theNodes(): string {
  return l10n.t("the node's");
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
  return others.length === 0 ? l10n.t("one of its own") : l10n.t("the one of {0}", inARow(others));
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
      message: scan.hidden
        ? l10n.t(
            "The account on the node is not root and may not use sudo without a password, so the kernel hides other users' processes. What could be read is shown.",
          )
        : l10n.t(
            "The account on the node is not root and may not use sudo without a password, so the kernel hides other users' links to Linux namespaces. What could be read is shown.",
          ),
    });
  }
  for (const type of namespaceTypes) {
    if (containers.some(({ namespaces }) => namespaces[type].status === "unsupported")) {
      findings.push({
        code: "unsupported-type",
        severity: "info",
        container: null,
        namespaceType: type,
        message: l10n.t(
          "The node's kernel ({0}) has no Linux namespaces of type {1}.",
          scan.kernelRelease,
          type,
        ),
      });
    }
  }
  if (scan.raced.length > 0) {
    findings.push({
      code: "read-raced",
      severity: "info",
      container: null,
      namespaceType: null,
      message:
        scan.raced.length === 1
          ? l10n.t("1 process ended or changed while being read and is not shown.")
          : l10n.t("{0} processes ended or changed while being read and are not shown.", scan.raced.length),
    });
  }
  if (scan.truncated) {
    findings.push({
      code: "truncated",
      severity: "warning",
      container: null,
      namespaceType: null,
      message: l10n.t(
        "There are more processes than one reading takes; the first {0} were read.",
        scan.processes.length,
      ),
    });
  }
  if (scan.host.nested) {
    findings.push({
      code: "nested-node",
      severity: "info",
      container: null,
      namespaceType: null,
      message: l10n.t(
        "The node is itself a container: “the node's” means that container's, not the machine's below it.",
      ),
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
        message:
          pids.length === 1
            ? l10n.t(
                "1 process of {0} (PID {1}) is in another {2} Linux namespace than its main process.",
                name,
                some(pids),
                type,
              )
            : l10n.t(
                "{0} processes of {1} (PID {2}) are in another {3} Linux namespace than its main process.",
                pids.length,
                name,
                some(pids),
                type,
              ),
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
        message:
          tids.length === 1
            ? l10n.t(
                "1 thread of {0} (TID {1}) is in another {2} Linux namespace than the process that it belongs to.",
                name,
                some(tids),
                type,
              )
            : l10n.t(
                "{0} threads of {1} (TID {2}) are in another {3} Linux namespace than the process that they belong to.",
                tids.length,
                name,
                some(tids),
                type,
              ),
      },
    ];
  });
}

function dutyInWords(duty: ZombieReport["duty"]): string {
  switch (duty) {
    case "pause":
      return l10n.t("the pause process, as PID 1 of the PID namespace");
    case "main":
      return l10n.t("the container's own main process");
    case "process":
      return l10n.t("another process of the sandbox");
    case "outside":
      return l10n.t("a process outside of the sandbox");
    case "nobody":
      return l10n.t("nobody that was seen (a process whose other threads still run looks ended too)");
  }
}

function zombies({ name, processes }: ContainerReport): Finding[] {
  const all = processes.flatMap(({ zombie }) => (zombie === null ? [] : [zombie]));
  if (all.length === 0) return [];
  const duties = [...new Set(all.map(({ duty }) => duty))]
    .map(dutyInWords)
    .reduce((before, next) => l10n.t("{0}; {1}", before, next));
  return [
    {
      code: "zombies",
      severity: "info",
      container: name,
      namespaceType: null,
      message:
        all.length === 1
          ? l10n.t("{0} has 1 zombie: an ended process, not reaped yet. To be reaped by {1}.", name, duties)
          : l10n.t(
              "{0} has {1} zombies: ended processes, not reaped yet. To be reaped by {2}.",
              name,
              all.length,
              duties,
            ),
    },
  ];
}

function some(ids: readonly number[]): string {
  return `${ids[0] ?? ""}${ids.length > 1 ? ", …" : ""}`;
}
