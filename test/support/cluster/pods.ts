import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { ApiClient } from "./api-client.ts";
import type { Ctr } from "./containerd.ts";
import { workloadImage } from "./images.ts";
import { waitUntil } from "./wait.ts";

/** The part of a container's spec that tests write; the bench adds image and pull policy. */
export interface ContainerManifest {
  readonly name: string;
  readonly command?: readonly string[];
  readonly [field: string]: unknown;
}

/** The part of a pod's spec that tests write; the bench adds what every pod here needs. */
export interface PodManifest {
  readonly name: string;
  /** Kubernetes namespace; default "default". Made when there is none. */
  readonly namespace?: string;
  readonly spec: { readonly containers: readonly ContainerManifest[]; readonly [field: string]: unknown };
}

/** One pod of the API server. */
export interface PodHandle {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
  readonly restartCount: number;
  readonly state?: {
    readonly running?: object;
    readonly waiting?: { readonly reason?: string };
    readonly terminated?: { readonly reason?: string };
  };
}

/** What tests look at in a pod of the API. */
export interface PodObject {
  readonly metadata: {
    readonly uid: string;
    readonly name: string;
    readonly namespace: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status: {
    readonly phase: string;
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly ephemeralContainerStatuses?: readonly ContainerStatus[];
  };
}

interface EphemeralList {
  readonly ephemeralContainers?: readonly unknown[];
  readonly spec?: { readonly ephemeralContainers?: readonly unknown[] };
}

const waiting = { timeoutMs: 60_000, everyMs: 100 };

export interface PodBenchOptions {
  readonly api: ApiClient;
  readonly runtime: Ctr;
  readonly nodeName: string;
  /** Folder of the kubelet's static pods. */
  readonly manifests: string;
  /** Folder with a file for each pod that ever was: the kubelet leaves logs of pods that it has forgotten itself. */
  readonly uids: string;
}

/** Makes, changes and removes pods of one node, through the API server as everybody does. */
export class PodBench {
  readonly #api: ApiClient;
  readonly #runtime: Ctr;
  readonly #nodeName: string;
  readonly #manifests: string;
  readonly #uids: string;

  constructor(options: PodBenchOptions) {
    this.#api = options.api;
    this.#runtime = options.runtime;
    this.#nodeName = options.nodeName;
    this.#manifests = options.manifests;
    this.#uids = options.uids;
  }

  /** Creates a pod on the node; does not wait for it. */
  async apply(manifest: PodManifest): Promise<PodHandle> {
    const namespace = manifest.namespace ?? "default";
    await this.ensureNamespace(namespace);
    const created = (await this.#api.create(`/api/v1/namespaces/${namespace}/pods`, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: manifest.name },
      // There is no scheduler here.
      spec: { ...complete(manifest), nodeName: this.#nodeName },
    })) as PodObject;
    await this.#remember(created.metadata.uid);
    return { namespace, name: manifest.name, uid: created.metadata.uid };
  }

  /** Creates a pod and waits until all its app containers run. */
  async run(manifest: PodManifest): Promise<PodHandle> {
    const handle = await this.apply(manifest);
    await this.waitRunning(handle);
    return handle;
  }

  /** Puts a manifest where the kubelet itself looks for pods; answers the mirror pod, once all containers run. */
  async runStatic(manifest: PodManifest): Promise<PodHandle> {
    const namespace = manifest.namespace ?? "default";
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: manifest.name, namespace },
      spec: complete(manifest),
    };
    await writeFile(this.#manifestPath(manifest.name), stringify(pod));
    const name = `${manifest.name}-${this.#nodeName}`;
    const mirror = await waitUntil(
      `the mirror pod ${name}`,
      async () => {
        const answer = await this.#api.get(podPath({ namespace, name }));
        return answer.status === 200 ? (answer.body as PodObject) : undefined;
      },
      waiting,
    );
    await this.#remember(mirror.metadata.annotations?.["kubernetes.io/config.hash"] ?? mirror.metadata.uid);
    const handle = { namespace, name, uid: mirror.metadata.uid };
    await this.waitRunning(handle);
    return handle;
  }

  /** Removes a static pod, by the name in its manifest. */
  async removeStatic(name: string): Promise<void> {
    await rm(this.#manifestPath(name), { force: true });
  }

  async read(pod: Pick<PodHandle, "namespace" | "name">): Promise<PodObject> {
    return (await this.#api.read(podPath(pod))) as PodObject;
  }

  /** Waits until the pod is as `holds` wants it. */
  waitFor(pod: PodHandle, what: string, holds: (pod: PodObject) => boolean): Promise<PodObject> {
    let last: PodObject | undefined;
    const look = async (): Promise<PodObject | undefined> => {
      last = await this.read(pod);
      return holds(last) ? last : undefined;
    };
    const explain = (): string => JSON.stringify(last?.status);
    return waitUntil(`pod ${pod.name}: ${what}`, look, { ...waiting, explain });
  }

  /** Waits until every app container runs. */
  waitRunning(pod: PodHandle): Promise<PodObject> {
    return this.waitFor(pod, "all containers run", ({ status }) => {
      const statuses = status.containerStatuses ?? [];
      return statuses.length > 0 && statuses.every(({ state }) => state?.running !== undefined);
    });
  }

  /**
   * Runs a command in a container as `kubectl exec` has it run: the runtime starts it beside the container's main
   * process. Resolves with its output when it has ended.
   */
  async exec(pod: PodHandle, container: string, words: readonly string[]): Promise<string> {
    const { status } = await this.read(pod);
    const found = (status.containerStatuses ?? []).find(({ name }) => name === container);
    const id = found?.containerID?.replace("containerd://", "");
    if (id === undefined) throw new Error(`${pod.name} has no running container ${container}`);
    return this.#runtime(["task", "exec", "--exec-id", randomUUID(), id, ...words]);
  }

  /** Adds an ephemeral container as `kubectl debug` does, and waits until it runs. */
  async addEphemeral(
    pod: PodHandle,
    container: ContainerManifest & { readonly targetContainerName?: string },
  ): Promise<void> {
    const path = `${podPath(pod)}/ephemeralcontainers`;
    const added = completeContainer(container);
    const present = (await this.#api.read(path)) as EphemeralList;
    // A list of its own until 1.21, the pod itself since.
    const body: EphemeralList =
      present.spec === undefined
        ? { ...present, ephemeralContainers: [...(present.ephemeralContainers ?? []), added] }
        : {
            ...present,
            spec: {
              ...present.spec,
              ephemeralContainers: [...(present.spec.ephemeralContainers ?? []), added],
            },
          };
    await this.#api.replace(path, body);
    await this.waitFor(pod, `ephemeral container ${container.name} runs`, ({ status }) =>
      (status.ephemeralContainerStatuses ?? []).some(
        ({ name, state }) => name === container.name && state?.running !== undefined,
      ),
    );
  }

  /** Deletes a pod and waits until it is gone. */
  async remove(pod: PodHandle): Promise<void> {
    await this.#api.remove(podPath(pod), { gracePeriodSeconds: 0 });
    const look = async (): Promise<true | undefined> =>
      (await this.#api.get(podPath(pod))).status === 404 ? true : undefined;
    await waitUntil(`pod ${pod.name} to be gone`, look, waiting);
  }

  async ensureNamespace(name: string): Promise<void> {
    const answer = await this.#api.send("POST", "/api/v1/namespaces", { metadata: { name } });
    if (answer.status !== 201 && answer.status !== 409)
      throw new Error(`namespace ${name}: ${answer.status}`);
  }

  async #remember(uid: string): Promise<void> {
    await writeFile(join(this.#uids, uid), "");
  }

  #manifestPath(name: string): string {
    return join(this.#manifests, `${name}.yaml`);
  }
}

function podPath(pod: Pick<PodHandle, "namespace" | "name">): string {
  return `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}`;
}

/** What every pod of the bench has, whatever the test wrote. */
function complete({ spec }: PodManifest): object {
  const { initContainers } = spec;
  return {
    terminationGracePeriodSeconds: 0,
    // No controller makes service accounts here, and there is no DNS.
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    dnsPolicy: "Default",
    ...spec,
    containers: spec.containers.map(completeContainer),
    ...(Array.isArray(initContainers)
      ? { initContainers: (initContainers as readonly ContainerManifest[]).map(completeContainer) }
      : {}),
  };
}

function completeContainer(container: ContainerManifest): unknown {
  return { image: workloadImage, imagePullPolicy: "Never", ...container };
}
