import { type NamespaceType, namespaceTypes, perNamespace } from "../namespaces.ts";
import type { ContainerReport, Expected, Reading } from "../report.ts";
import type { NodeScan } from "../scan.ts";
import { olderFirst, type OtherContainer } from "./containers.ts";
import { followPath } from "./joined.ts";

/** What there is to know of a sandbox for telling what its containers were started to share. */
export interface BundleContext {
  readonly containers: readonly OtherContainer[];
  readonly infra: OtherContainer | undefined;
  /** The name that each container goes by in the report. */
  readonly names: ReadonlyMap<OtherContainer, string>;
  readonly scan: NodeScan;
}

interface Rule {
  readonly expected: Expected;
  readonly target?: string | undefined;
}

/**
 * Whose Linux namespace of each type a container was started in, as its bundle's `linux.namespaces` says (OCI runtime
 * specification, config-linux.md): with a path, that one; without a path, a new one; not listed, the runtime's own. ANY
 * where there is no bundle, or where what it names is no longer there to be compared with.
 */
export function expectedByBundle(
  container: OtherContainer,
  context: BundleContext,
): Pick<ContainerReport, "expected" | "targets"> {
  const rules = perNamespace((type) => ruleFor(type, container, context));
  const targets = namespaceTypes.flatMap((type) => {
    const { target } = rules[type];
    return target === undefined ? [] : [[type, target] as const];
  });
  return { expected: perNamespace((type) => rules[type].expected), targets: Object.fromEntries(targets) };
}

function ruleFor(type: NamespaceType, container: OtherContainer, context: BundleContext): Rule {
  const listed = container.bundle?.namespaces;
  if (listed === undefined) return { expected: "ANY" };
  const entry = listed.find((one) => one.type === type);
  if (entry === undefined) return runtimesOwn(type, container, context.scan);
  if (entry.path === undefined) return { expected: ownOrPods(type, container, context) };

  const followed = followPath(entry.path, type, container, context.containers, context.scan);
  if (followed.kind === "unknown") return { expected: "ANY" };
  if (followed.kind === "container") {
    // Whom it joined may be on the node's itself: told so, or gVisor, whose process keeps the node's PID namespace.
    return sameReading(followed.container.main.namespaces[type], context.scan.host.namespaces[type])
      ? { expected: "NODE" }
      : joining(followed.container, context);
  }
  if (isAt(context.scan.host.namespaces[type], followed.inode)) return { expected: "NODE" };
  // A pod's, or that of a process of nobody's: no column is there to compare it with.
  if (followed.kind === "process") return { expected: "ANY" };
  // A bind mount that the engine made for one of them, and the others join by it (Podman's and CNI's networks).
  if (context.infra !== undefined && isAt(context.infra.main.namespaces[type], followed.inode)) {
    return container === context.infra
      ? { expected: ownOrPods(type, container, context) }
      : { expected: "POD" };
  }
  if (!isAt(container.main.namespaces[type], followed.inode)) return { expected: "ANY" };
  // It is the one's for whom it was made, who is there first; the others join him.
  const first = context.containers
    .filter((one) => isAt(one.main.namespaces[type], followed.inode))
    .toSorted((a, b) => olderFirst(a.main, b.main))[0];
  return first === undefined || first === container ? { expected: "CONTAINER" } : joining(first, context);
}

function joining(target: OtherContainer, { infra, names }: BundleContext): Rule {
  return target === infra
    ? { expected: "POD" }
    : { expected: "TARGET", target: names.get(target) ?? target.name };
}

/** The infra container's own is the sandbox's wherever another container was started to join it. */
function ownOrPods(type: NamespaceType, container: OtherContainer, context: BundleContext): Expected {
  if (container !== context.infra) return "CONTAINER";
  const joined = context.containers.some(
    (other) => other !== container && ruleFor(type, other, context).expected === "POD",
  );
  return joined ? "POD" : "CONTAINER";
}

/** The runtime's own is the node's, but for an engine that runs without root, in a user namespace of its own. */
function runtimesOwn(type: NamespaceType, { parent }: OtherContainer, { host }: NodeScan): Rule {
  const reading = parent?.namespaces[type];
  const elsewhere =
    reading?.status === "read" &&
    host.namespaces[type].status === "read" &&
    !sameReading(reading, host.namespaces[type]);
  return { expected: elsewhere ? "ANY" : "NODE" };
}

function sameReading(one: Reading, other: Reading): boolean {
  return other.status === "read" && isAt(one, other.inode);
}

function isAt(reading: Reading, inode: string): boolean {
  return reading.status === "read" && reading.inode === inode;
}
