import type { Identification } from "./identify.ts";
import { type NamespaceType, namespaceTypes } from "./namespaces.ts";
import type { Pod } from "./pod.ts";
import type { ContainerReport, Finding, Holder, Reading } from "./report.ts";
import type { Runtime } from "./runtime.ts";
import type { NodeScan } from "./scan.ts";

export interface FindingInput {
  readonly pod: Pod;
  readonly scan: NodeScan;
  readonly found: Identification;
  readonly holder: Holder;
  readonly runtime: Runtime;
  readonly containers: readonly ContainerReport[];
}

/** Everything worth saying about a pod's sandbox, the gravest first. */
export function findingsOf(input: FindingInput): readonly Finding[] {
  const order = { error: 0, warning: 1, info: 2 };
  return [
    ...sharingFindings(input),
    ...readingFindings(input),
    ...identityFindings(input),
    ...processFindings(input),
  ].toSorted((a, b) => order[a.severity] - order[b.severity]);
}

// ---- expected against observed

function sharingFindings(input: FindingInput): Finding[] {
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

function judge(input: FindingInput, container: ContainerReport, type: NamespaceType): Judgement {
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
      const name = input.pod.containers.find(
        (candidate) => candidate.name === container.name,
      )?.targetContainerName;
      const target = input.containers.find(
        (candidate) => candidate.name === name && candidate.kind !== "infra",
      );
      const reading = target?.namespaces[type];
      if (reading?.status !== "read") return "unverified";
      if (same(own, reading)) return "as-expected";
      return differs(onHost ? "error" : "warning", `${name ?? "its target"}'s`, observed);
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
  input: FindingInput,
  container: ContainerReport,
  type: NamespaceType,
): Reading | undefined {
  const infra = input.containers.find(({ kind }) => kind === "infra");
  if (infra !== undefined) return infra.namespaces[type];
  const pinned = input.scan.pins.find(
    ({ path }) => input.holder.paths.includes(path) && path.startsWith(`/run/${type}ns/`),
  );
  if (pinned !== undefined) return { status: "read", inode: pinned.inode };
  return input.containers.find(
    (other) =>
      other.name !== container.name &&
      other.expected[type] === "POD" &&
      other.namespaces[type].status === "read",
  )?.namespaces[type];
}

/** Containers in the same namespace that have no business in it: all but those that were to join this one. */
function strangers(input: FindingInput, container: ContainerReport, type: NamespaceType): ContainerReport[] {
  return input.containers.filter((other) => {
    if (other === container || !same(other.namespaces[type], container.namespaces[type])) return false;
    if (other.expected[type] !== "TARGET") return true;
    const target = input.pod.containers.find(({ name }) => name === other.name)?.targetContainerName;
    return target !== container.name;
  });
}

function observedAs(input: FindingInput, container: ContainerReport, type: NamespaceType): string {
  const others = input.containers
    .filter((other) => other !== container && same(other.namespaces[type], container.namespaces[type]))
    .map(({ name }) => name);
  return others.length === 0 ? "one of its own" : `the one of ${others.join(", ")}`;
}

// ---- what could not be read

function readingFindings({ scan, containers }: FindingInput): Finding[] {
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
      message: `The pod has more processes than one reading takes; the first ${scan.processes.length} were read.`,
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

// ---- what is what

function identityFindings({ found, holder, runtime, containers, pod, scan }: FindingInput): Finding[] {
  const findings: Finding[] = [];
  const about = (
    code: Finding["code"],
    severity: Finding["severity"],
    message: string,
    container: string | null = null,
  ): void => {
    findings.push({ code, severity, container, namespaceType: null, message });
  };
  if (found.virtualisedBy !== undefined) {
    about(
      "sandboxed-runtime",
      "info",
      `The pod runs in ${found.virtualisedBy} with a kernel of its own. What its containers share is decided in ` +
        "there and cannot be read from the node.",
    );
    return findings;
  }
  const running = containers.some(({ kind, pid }) => kind !== "infra" && pid !== null);
  if (holder.kind === "unknown" && running && !scan.hidden) {
    about(
      "no-sandbox-found",
      runtime.name === "cri-o" ? "info" : "warning",
      runtime.name === "cri-o"
        ? "No pause container and no pinned Linux namespace was found. CRI-O needs no pause container; what holds this " +
            "pod's Linux namespaces besides its own processes was not seen."
        : "No pause container was found among the pod's processes, so nothing is known to hold its Linux namespaces.",
    );
  }
  if (found.confidence === "likely") {
    about(
      "sandbox-inferred",
      "info",
      "Which process is the pause container was inferred, not read from the runtime.",
    );
  }
  for (const leftover of found.leftovers) {
    about(
      "leftover-sandbox",
      "info",
      `An older sandbox of this pod, ${leftover.id.slice(0, 12)}, still has a process (PID ${leftover.main.pid}).`,
    );
  }
  for (const unexplained of found.unexplained) {
    about(
      "no-main-process",
      "info",
      `A process of this pod (PID ${unexplained.main.pid}) belongs to ${unexplained.id.slice(0, 12)}, which the ` +
        "pod's status does not name (yet).",
    );
  }
  for (const container of pod.containers) {
    const report = containers.find(({ name, kind }) => name === container.name && kind !== "infra");
    if (container.state.kind === "running" && report?.pid === null && !scan.hidden) {
      about(
        "no-main-process",
        "warning",
        `${container.name} is running as the API says, but no process of it was found on the node.`,
        container.name,
      );
    }
  }
  return findings;
}

// ---- inside

function processFindings({ found, containers }: FindingInput): Finding[] {
  if (found.virtualisedBy !== undefined) return [];
  const findings: Finding[] = [];
  const groups = [...found.byName.entries()].map(([name, { main, processes }]) => ({
    name,
    main,
    processes,
  }));
  for (const { name, main, processes } of groups) {
    for (const type of namespaceTypes) {
      const elsewhere = processes.filter(
        ({ namespaces }) =>
          namespaces[type].status === "read" &&
          main.namespaces[type].status === "read" &&
          !same(namespaces[type], main.namespaces[type]),
      );
      const [first] = elsewhere;
      if (first === undefined) continue;
      findings.push({
        code: "process-elsewhere",
        severity: "info",
        container: name,
        namespaceType: type,
        message: `${count(elsewhere.length, "process", "processes")} of ${name} (PID ${first.pid}${elsewhere.length > 1 ? ", …" : ""}) ${elsewhere.length === 1 ? "is" : "are"} in another ${type} Linux namespace than its main process.`,
      });
    }
  }
  for (const container of containers) {
    const zombies = container.processes.filter(({ state }) => state === "Z");
    if (zombies.length === 0) continue;
    findings.push({
      code: "zombies",
      severity: "info",
      container: container.name,
      namespaceType: null,
      message: `${container.name} has ${count(zombies.length, "zombie", "zombies")}: ended processes that their parent has not reaped.`,
    });
  }
  return findings;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
