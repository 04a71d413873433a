import * as z from "zod/mini";
import { findingCodes } from "../finding-codes.ts";
import { namespaceTypes } from "../namespaces.ts";
import type { NodeView } from "../node-view.ts";
import type { AnyReport } from "../report.ts";

// What a snapshot may hold, in size as in shape: a file comes from anywhere. Fields that are not known are left out.

/** Entries of a list. The largest nodes have some ten thousand processes. */
export const longestList = 20_000;
/** Entries of all lists together: 20,000 processes with as many arguments as they ever have. */
export const mostEntries = 1_000_000;
/** Columns of a table: what is drawn grows with their square. A pod of Kubernetes has some ten, the largest some hundred. */
const mostContainers = 500;
/** Characters of a sentence, a path or an argument, of which the kernel lets one have 128 KiB. */
const longestText = 200_000;
/** Characters of a name. */
const longestName = 4_096;

const name = z.string().check(z.maxLength(longestName));
const text = z.string().check(z.maxLength(longestText));
const list = <T extends z.ZodMiniType>(entry: T, most = longestList): z.ZodMiniReadonly<z.ZodMiniArray<T>> =>
  z.readonly(z.array(entry).check(z.maxLength(most)));
/** Of the kernel: unsigned 64 bits, decimal. */
const decimal = z.string().check(z.regex(/^\d{1,20}$/));
const moment = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/));
const count = z.int().check(z.nonnegative());
const namespaceType = z.enum(namespaceTypes);

/** One field for each type; written out, so that a missing one is an error. */
const perType = <T extends z.ZodMiniType>(value: T) =>
  z.object({
    net: value,
    ipc: value,
    uts: value,
    pid: value,
    mnt: value,
    user: value,
    cgroup: value,
    time: value,
  });

const reading = z.discriminatedUnion("status", [
  z.object({ status: z.literal("read"), inode: decimal }),
  z.object({ status: z.enum(["denied", "gone", "unsupported", "not-visible"]), reason: text }),
]);

const node = z.object({
  name,
  bootId: name,
  nsDevice: z.nullable(decimal),
  bootedAt: moment,
  kernelRelease: name,
  cgroupVersion: z.enum(["v1", "hybrid", "v2", "unknown"]),
  runtime: name,
  namespaces: perType(reading),
  namespacesOf: z.enum(["pid1", "kthreadd", "nobody"]),
});

const hold = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("process"), pid: count, comm: name, container: z.nullable(name) }),
  z.object({ kind: z.literal("pinned"), path: text }),
  z.object({ kind: z.literal("descriptor"), pid: count, fd: count, comm: name }),
]);

const zombie = z.object({
  duty: z.enum(["pause", "main", "process", "outside", "nobody"]),
  dutyPid: z.nullable(count),
  seenSince: moment,
});

const process = z.object({
  pid: count,
  nspid: z.nullable(count),
  ppid: count,
  startTime: moment,
  state: name,
  comm: name,
  argv: list(text),
  elsewhere: list(namespaceType),
  threads: list(z.object({ tid: count, namespaces: z.partialRecord(namespaceType, decimal) })),
  zombie: z.nullable(zombie),
});

const container = z.object({
  name,
  kind: z.enum(["infra", "app", "init", "sidecar", "ephemeral", "processes"]),
  id: z.nullable(name),
  image: name,
  state: text,
  pid: z.nullable(count),
  processes: list(process),
  namespaces: perType(reading),
  expected: perType(z.enum(["POD", "CONTAINER", "NODE", "TARGET", "ANY"])),
  targets: z.partialRecord(namespaceType, name),
  uidMap: z.nullable(list(z.object({ inside: count, outside: count, count }))),
});

const finding = z.object({
  code: z.enum(findingCodes),
  severity: z.enum(["info", "warning", "error"]),
  container: z.nullable(name),
  namespaceType: z.nullable(namespaceType),
  message: text,
});

const change = z.object({
  kind: z.enum([
    "container-started",
    "container-ended",
    "container-restarted",
    "sandbox-recreated",
    "process-moved",
    "holder-changed",
  ]),
  container: z.nullable(name),
  namespaceType: z.nullable(namespaceType),
  message: text,
});

const comparison = {
  schemaVersion: z.literal(1),
  takenAt: moment,
  node,
  sandbox: z.object({
    id: z.nullable(name),
    holder: z.object({
      kind: z.enum(["process", "pinned", "none", "virtualised", "unknown"]),
      pid: z.nullable(count),
      paths: list(text),
    }),
    namespaces: list(
      z.object({
        type: namespaceType,
        inode: decimal,
        holds: list(hold),
        parent: z.nullable(decimal),
        owner: z.nullable(decimal),
      }),
    ),
    confidence: z.enum(["certain", "likely", "unknown"]),
    evidence: list(text),
  }),
  containers: list(container, mostContainers),
  findings: list(finding),
  since: z.nullable(
    z.object({
      takenAt: moment,
      comparable: z.enum(["yes", "other-node", "other-boot"]),
      changes: list(change),
    }),
  ),
};

const otherSandbox = {
  node: name,
  key: name,
  kind: z.enum(["containers", "podman-pod", "container", "processes"]),
  title: text,
};

/** A report of a pod, or of another sandbox. */
export const reportSchema = z.union([
  z.object({
    ...comparison,
    pod: z.object({ context: name, namespace: name, name, uid: name, nodeName: name, phase: name }),
  }),
  z.object({ ...comparison, other: z.object(otherSandbox) }),
]);

/** A whole node. */
export const nodeViewSchema = z.object({
  schemaVersion: z.literal(1),
  takenAt: moment,
  node,
  namespaces: list(
    z.object({
      type: namespaceType,
      inode: decimal,
      host: z.boolean(),
      processes: count,
      holds: list(hold),
      parent: z.nullable(decimal),
      owner: z.nullable(decimal),
      usedBy: list(text),
    }),
  ),
  pods: list(
    z.object({
      uid: name,
      namespace: z.nullable(name),
      name: z.nullable(name),
      processes: count,
      startedAt: moment,
    }),
  ),
  others: list(
    z.object({
      ...otherSandbox,
      processes: count,
      members: list(name),
      isolated: list(namespaceType),
      startedAt: moment,
      virtualisedBy: z.nullable(name),
    }),
  ),
  leaks: list(
    z.object({
      code: z.enum(["unclaimed-sandbox", "unused-pin", "pod-without-sandbox"]),
      title: text,
      since: z.nullable(moment),
      message: text,
      toBeSure: text,
    }),
  ),
  leaksUnknown: z.nullable(text),
  findings: list(finding),
});

/** The descriptions are what editors show of a file. */
export const snapshotSchema = z.object({
  kind: z.literal("pod-sandbox-snapshot").check(z.describe("Says what kind of file this is.")),
  version: z.literal(1).check(z.describe("Version of the format.")),
  savedAt: moment.check(z.describe("When it was saved, ISO 8601 in UTC.")),
  savedBy: name.check(z.describe("The program that saved it, and its version.")),
  content: z
    .discriminatedUnion("kind", [
      z.object({
        kind: z.literal("report"),
        report: reportSchema.check(
          z.describe("What was read of one sandbox, and how it compares with its spec."),
        ),
      }),
      z.object({
        kind: z.literal("node"),
        view: nodeViewSchema.check(z.describe("What was read of a whole node.")),
      }),
    ])
    .check(z.describe("What it is a snapshot of.")),
});

/** Does not compile unless B can be used as A. */
type UsedAs<A, B extends A> = B;

/** Holds the schemas equal to the types they stand for, whichever of them is changed. */
export type HeldEqual = [
  UsedAs<AnyReport, z.output<typeof reportSchema>>,
  UsedAs<z.output<typeof reportSchema>, AnyReport>,
  UsedAs<NodeView, z.output<typeof nodeViewSchema>>,
  UsedAs<z.output<typeof nodeViewSchema>, NodeView>,
];
