import { randomBytes, randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { KubeObject } from "../api-store.ts";
import type { ContainerBlueprint, PodBlueprint } from "./blueprint.ts";
import { labNode, virtualNode, windowsNode } from "./catalogue.ts";

/** What the API tells of a pod beside its blueprint. */
export interface PodIdentity {
  readonly uid: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Container's name -> its 64 hex digits; none for one that never ran. */
  readonly containerIds: ReadonlyMap<string, string>;
}

/** What is made up for a pod when its containers are to start. */
export function newIdentity({ containers }: PodBlueprint): PodIdentity {
  return {
    uid: randomUUID(),
    startedAt: new Date().toISOString().replace(/\.\d+/, ""),
    containerIds: new Map(
      containers.filter(({ state }) => state !== "creating").map(({ name }) => [name, newContainerId()]),
    ),
  };
}

/** As the runtimes make them: 64 hex digits. */
export function newContainerId(): string {
  return randomBytes(32).toString("hex");
}

/** The Pod object (core/v1) that a real API server would have for what the lab made. */
export function podObject(pod: PodBlueprint, identity: PodIdentity): KubeObject {
  const { uid, startedAt } = identity;
  const of = (...kinds: readonly ContainerBlueprint["kind"][]): readonly ContainerBlueprint[] =>
    pod.containers.filter(({ kind }) => kinds.includes(kind));
  const specs = (containers: readonly ContainerBlueprint[]): object[] | undefined =>
    containers.length === 0 ? undefined : containers.map(containerSpec);
  const statuses = (containers: readonly ContainerBlueprint[]): object[] | undefined =>
    containers.length === 0 || pod.nodeName === undefined
      ? undefined
      : containers.map((container) => containerStatus(container, identity));

  return {
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      uid,
      creationTimestamp: startedAt,
      labels: { app: pod.name },
      annotations: { "lab/about": pod.about },
      ...(pod.ownerKind === undefined
        ? {}
        : {
            ownerReferences: [
              { apiVersion: "apps/v1", kind: pod.ownerKind, name: pod.name, uid, controller: true },
            ],
          }),
    },
    spec: withoutUndefined({
      nodeName: pod.nodeName,
      hostNetwork: pod.hostNetwork,
      shareProcessNamespace: pod.shareProcessNamespace,
      os: pod.os === undefined ? undefined : { name: pod.os },
      restartPolicy: pod.phase === "Succeeded" ? "Never" : "Always",
      initContainers: specs(of("init", "sidecar")),
      containers: specs(of("app")),
      ephemeralContainers: specs(of("ephemeral")),
    }),
    status: withoutUndefined({
      phase: pod.phase,
      qosClass: "BestEffort",
      hostIP: pod.nodeName === undefined ? undefined : "127.0.0.1",
      startTime: pod.nodeName === undefined ? undefined : startedAt,
      conditions: [
        pod.nodeName === undefined
          ? {
              type: "PodScheduled",
              status: "False",
              reason: "Unschedulable",
              message: "0/3 nodes are available: 3 Insufficient memory.",
            }
          : { type: "PodScheduled", status: "True" },
      ],
      initContainerStatuses: statuses(of("init", "sidecar")),
      containerStatuses: statuses(of("app")),
      ephemeralContainerStatuses: statuses(of("ephemeral")),
    }),
  };
}

function containerSpec({ name, image, kind, target }: ContainerBlueprint): object {
  return withoutUndefined({
    name,
    image,
    restartPolicy: kind === "sidecar" ? "Always" : undefined,
    targetContainerName: target,
  });
}

function containerStatus(container: ContainerBlueprint, { startedAt, containerIds }: PodIdentity): object {
  const id = containerIds.get(container.name);
  const containerID = id === undefined ? "" : `containerd://${id}`;
  const ended = (exitCode: number, reason: string): object => ({
    terminated: { exitCode, reason, startedAt, finishedAt: startedAt, containerID },
  });
  const status = {
    name: container.name,
    image: container.image,
    imageID: "",
    containerID,
    restartCount: 0,
    lastState: {},
  };
  switch (container.state) {
    case "running":
      return { ...status, ready: true, started: true, state: { running: { startedAt } } };
    case "completed":
      return { ...status, ready: false, started: false, state: ended(0, "Completed") };
    case "creating":
      return { ...status, ready: false, started: false, state: { waiting: { reason: "ContainerCreating" } } };
    case "crash-looping":
      return {
        ...status,
        ready: false,
        started: false,
        restartCount: 7,
        state: {
          waiting: {
            reason: "CrashLoopBackOff",
            message: `back-off 5m0s restarting failed container=${container.name}`,
          },
        },
        lastState: ended(1, "Error"),
      };
  }
}

export interface NodeFacts {
  /** uname -r */
  readonly kernelVersion: string;
  /** What people are told about this node where they see its operating system. */
  readonly osImage: string;
  /** /proc/sys/kernel/random/boot_id; none for nodes that nobody can look into. */
  readonly bootID?: string;
}

/** The Node object of the machine that runs the lab's pods, which has that machine's name among its addresses. */
export function labNodeObject(facts: NodeFacts): KubeObject {
  const info = { ...facts, operatingSystem: "linux", containerRuntimeVersion: "containerd://1.7.28" };
  return nodeObject(labNode, info, {}, [hostname()]);
}

/** Nodes on which nothing can be read: a virtual one and a Windows one. */
export function otherNodeObjects(): readonly KubeObject[] {
  return [
    nodeObject(
      virtualNode,
      { kernelVersion: "", osImage: "", operatingSystem: "linux", containerRuntimeVersion: "" },
      { type: "virtual-kubelet" },
    ),
    nodeObject(windowsNode, {
      kernelVersion: "10.0.20348",
      osImage: "Windows Server 2022 Datacenter",
      operatingSystem: "windows",
      containerRuntimeVersion: "containerd://1.7.28",
    }),
  ];
}

function nodeObject(
  name: string,
  info: NodeFacts & { readonly operatingSystem: string; readonly containerRuntimeVersion: string },
  labels: Readonly<Record<string, string>> = {},
  names: readonly string[] = [],
): KubeObject {
  return {
    metadata: {
      name,
      labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": info.operatingSystem, ...labels },
    },
    spec: {},
    status: {
      // The lab's SSH server listens on loopback alone: the settings' address template leads there.
      addresses: [
        { type: "InternalIP", address: "127.0.0.1" },
        ...[name, ...names].map((address) => ({ type: "Hostname", address })),
      ],
      conditions: [{ type: "Ready", status: "True" }],
      nodeInfo: {
        ...info,
        kubeletVersion: labels["type"] === "virtual-kubelet" ? "v1.34.0-vk-lab" : "v1.34.0-lab",
      },
    },
  };
}

function withoutUndefined(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
