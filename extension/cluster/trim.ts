import { isIP } from "node:net";
import * as z from "zod/mini";
import type { ClusterNode, ContainerState, Pod, PodContainer } from "../core/pod.ts";

/** Go writes what is empty as nothing at all, as null or as its zero value, depending on the field and the version. */
const text = z.pipe(
  z.nullish(z.string()),
  z.transform((value) => (value === null || value === "" ? undefined : value)),
);
const flag = z.nullish(z.boolean());
const name = z.string().check(z.minLength(1), z.maxLength(253));
function list<T extends z.ZodMiniType>(item: T) {
  return z.pipe(
    z.nullish(z.array(item)),
    z.transform((items) => items ?? []),
  );
}

const containerSpecShape = z.object({
  name,
  image: text,
  restartPolicy: text,
  targetContainerName: text,
  securityContext: z.nullish(z.object({ privileged: flag })),
});

const terminatedShape = z.nullish(
  z.object({ exitCode: z.nullish(z.number()), reason: text, finishedAt: text, containerID: text }),
);

const containerStatusShape = z.object({
  name: z.string(),
  containerID: text,
  ready: flag,
  restartCount: z.nullish(z.number()),
  state: z.nullish(
    z.object({
      waiting: z.nullish(z.object({ reason: text, message: text })),
      running: z.nullish(z.object({ startedAt: text })),
      terminated: terminatedShape,
    }),
  ),
  lastState: z.nullish(z.object({ terminated: terminatedShape })),
});

const identityShape = z.object({ metadata: z.object({ namespace: name, name }) });

const podShape = z.object({
  metadata: z.object({
    uid: name,
    namespace: name,
    name,
    creationTimestamp: text,
    deletionTimestamp: text,
    annotations: z.nullish(
      z.object({ "kubernetes.io/config.hash": text, "kubernetes.io/config.mirror": text }),
    ),
  }),
  spec: z.object({
    nodeName: text,
    hostNetwork: flag,
    hostPID: flag,
    hostIPC: flag,
    hostUsers: flag,
    shareProcessNamespace: flag,
    runtimeClassName: text,
    os: z.nullish(z.object({ name: text })),
    nodeSelector: z.nullish(z.object({ "kubernetes.io/os": text })),
    initContainers: list(containerSpecShape),
    containers: list(containerSpecShape),
    ephemeralContainers: list(containerSpecShape),
  }),
  status: z.nullish(
    z.object({
      phase: text,
      reason: text,
      hostIP: text,
      initContainerStatuses: list(containerStatusShape),
      containerStatuses: list(containerStatusShape),
      ephemeralContainerStatuses: list(containerStatusShape),
    }),
  ),
});

const nodeShape = z.object({
  metadata: z.object({
    name,
    labels: z.nullish(
      z.object({ type: text, "kubernetes.io/os": text, "eks.amazonaws.com/compute-type": text }),
    ),
  }),
  spec: z.nullish(z.object({ taints: list(z.object({ key: z.string() })), providerID: text })),
  status: z.nullish(
    z.object({
      addresses: list(z.object({ type: z.string(), address: z.string() })),
      conditions: list(z.object({ type: z.string(), status: z.string() })),
      nodeInfo: z.nullish(
        z.object({
          containerRuntimeVersion: text,
          kubeletVersion: text,
          kernelVersion: text,
          operatingSystem: text,
          osImage: text,
          bootID: text,
        }),
      ),
    }),
  ),
});

type ContainerSpec = z.infer<typeof containerSpecShape>;
type ContainerStatus = z.infer<typeof containerStatusShape>;

/** A pod object (core/v1) as this product needs it; undefined when it does not have the form of one. Never throws. */
export function trimPod(raw: unknown): Pod | undefined {
  const shape = podShape.safeParse(raw);
  if (!shape.success) return undefined;
  const { metadata, spec, status } = shape.data;
  const container = trimContainers(status);
  return {
    uid: metadata.uid,
    namespace: metadata.namespace,
    name: metadata.name,
    nodeName: spec.nodeName,
    phase: status?.phase ?? "Unknown",
    reason: status?.reason,
    createdAt: dateOrNone(metadata.creationTimestamp),
    deletedAt: dateOrNone(metadata.deletionTimestamp),
    configHash: configHash(metadata.annotations ?? {}),
    os: spec.os?.name ?? spec.nodeSelector?.["kubernetes.io/os"],
    runtimeClassName: spec.runtimeClassName,
    hostIP: isIP(status?.hostIP ?? "") === 0 ? undefined : status?.hostIP,
    runtimeScheme: runtimeScheme(status),
    sharing: {
      hostNetwork: spec.hostNetwork ?? false,
      hostPID: spec.hostPID ?? false,
      hostIPC: spec.hostIPC ?? false,
      hostUsers: spec.hostUsers ?? undefined,
      shareProcessNamespace: spec.shareProcessNamespace ?? false,
    },
    containers: [
      ...spec.initContainers.map((init) =>
        container(init, init.restartPolicy === "Always" ? "sidecar" : "init"),
      ),
      ...spec.containers.map((app) => container(app, "app")),
      ...spec.ephemeralContainers.map((ephemeral) => container(ephemeral, "ephemeral")),
    ],
  };
}

/** Which pod it is, of an object that may be no more than that. Never throws. */
export function podIdentity(raw: unknown): { readonly namespace: string; readonly name: string } | undefined {
  const shape = identityShape.safeParse(raw);
  return shape.success ? shape.data.metadata : undefined;
}

/** A node object (core/v1) as this product needs it; undefined when it does not have the form of one. Never throws. */
export function trimNode(raw: unknown): ClusterNode | undefined {
  const shape = nodeShape.safeParse(raw);
  if (!shape.success) return undefined;
  const { metadata, spec, status } = shape.data;
  const labels = metadata.labels ?? undefined;
  const info = status?.nodeInfo ?? undefined;
  return {
    name: metadata.name,
    addresses: status?.addresses ?? [],
    runtimeVersion: info?.containerRuntimeVersion ?? "",
    kubeletVersion: info?.kubeletVersion ?? "",
    kernelVersion: info?.kernelVersion ?? "",
    os: info?.operatingSystem ?? labels?.["kubernetes.io/os"] ?? "",
    osImage: info?.osImage ?? "",
    bootId: info?.bootID ?? "",
    providerId: spec?.providerID ?? "",
    // Virtual Kubelet's label and taint (virtual-kubelet.io, as ACI and others set them); EKS labels and names Fargate's nodes.
    virtual:
      labels?.type === "virtual-kubelet" ||
      labels?.["eks.amazonaws.com/compute-type"] === "fargate" ||
      metadata.name.startsWith("fargate-") ||
      (spec?.taints ?? []).some(({ key }) => key === "virtual-kubelet.io/provider"),
    ready: (status?.conditions ?? []).some(
      (condition) => condition.type === "Ready" && condition.status === "True",
    ),
  };
}

/** RuntimeClass.handler (node.k8s.io/v1). */
export function trimRuntimeHandler(raw: unknown): string | undefined {
  const shape = z.object({ handler: name }).safeParse(raw);
  return shape.success ? shape.data.handler : undefined;
}

/** metadata.name of any object. */
export function trimName(raw: unknown): string | undefined {
  const shape = z.object({ metadata: z.object({ name }) }).safeParse(raw);
  return shape.success ? shape.data.metadata.name : undefined;
}

function trimContainers(
  status: z.infer<typeof podShape>["status"],
): (spec: ContainerSpec, kind: PodContainer["kind"]) => PodContainer {
  const init = byName(status?.initContainerStatuses ?? []);
  const app = byName(status?.containerStatuses ?? []);
  const ephemeral = byName(status?.ephemeralContainerStatuses ?? []);
  const statuses = { init, sidecar: init, app, ephemeral };
  return (spec, kind) => trimContainer(spec, kind, statuses[kind].get(spec.name));
}

function byName(statuses: readonly ContainerStatus[]): ReadonlyMap<string, ContainerStatus> {
  return new Map(statuses.map((status) => [status.name, status]));
}

function trimContainer(
  spec: ContainerSpec,
  kind: PodContainer["kind"],
  status: ContainerStatus | undefined,
): PodContainer {
  const id = containerId(status?.containerID);
  const earlier = [status?.lastState?.terminated?.containerID, status?.state?.terminated?.containerID]
    .map(containerId)
    .filter((previous) => previous !== undefined && previous !== id);
  return {
    name: spec.name,
    kind,
    image: spec.image ?? "",
    id,
    previousIds: [...new Set(earlier)].filter((previous) => previous !== undefined),
    state: trimState(status?.state),
    ready: status?.ready ?? false,
    restartCount: status?.restartCount ?? 0,
    privileged: spec.securityContext?.privileged ?? false,
    targetContainerName: kind === "ephemeral" ? spec.targetContainerName : undefined,
  };
}

function trimState(state: ContainerStatus["state"]): ContainerState {
  if (state?.running) return { kind: "running", startedAt: dateOrNone(state.running.startedAt) };
  if (state?.terminated) {
    const { exitCode, reason, finishedAt } = state.terminated;
    return {
      kind: "terminated",
      exitCode: exitCode ?? 0,
      reason: reason ?? "",
      finishedAt: dateOrNone(finishedAt),
    };
  }
  if (state?.waiting) {
    return { kind: "waiting", reason: state.waiting.reason ?? "", message: state.waiting.message ?? "" };
  }
  return { kind: "unknown" };
}

/** `<runtime>://<id>` as the kubelet writes it; the ID goes into paths on the node, so nothing else passes. */
const containerIdForm = /^([a-z][a-z0-9+.-]*):\/\/([0-9a-f]{64})$/;

function containerId(value: string | undefined): string | undefined {
  return containerIdForm.exec(value ?? "")?.[2];
}

function runtimeScheme(status: z.infer<typeof podShape>["status"]): string | undefined {
  const statuses = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  return statuses.map(({ containerID }) => containerIdForm.exec(containerID ?? "")?.[1]).find(Boolean);
}

/**
 * The kubelet gives static pods a UID of its own, an MD5 sum or the UID in the manifest, and tells it in this annotation of the
 * mirror pod. On any other pod (say, a copied manifest) the annotation means nothing; config.mirror is what marks a mirror pod
 * (k8s.io/kubernetes pkg/kubelet/types IsMirrorPod).
 */
function configHash(annotations: {
  readonly "kubernetes.io/config.hash"?: string | undefined;
  readonly "kubernetes.io/config.mirror"?: string | undefined;
}): string | undefined {
  const hash = annotations["kubernetes.io/config.hash"];
  if (hash === undefined || annotations["kubernetes.io/config.mirror"] === undefined) return undefined;
  return /^([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.test(hash) ? hash : undefined;
}

function dateOrNone(value: string | undefined): string | undefined {
  return value !== undefined && !Number.isNaN(Date.parse(value)) ? value : undefined;
}
