import { SandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { ClusterNode, Pod } from "../core/pod.ts";
import type { ApiClient } from "./api-client.ts";
import { ApiStatusError, isNotFound } from "./api-errors.ts";
import type { ApiRequest } from "./kube-api.ts";
import { type KubeconfigPlace, processPlace } from "./kubeconfig.ts";
import { listObjects } from "./list-objects.ts";
import { checked, isName } from "./names.ts";
import { openApiClient } from "./open-api-client.ts";
import { PodWatch } from "./pod-watch.ts";
import type { ClusterSettings, ClusterSource, PodListener } from "./source.ts";
import { systemTiming, type Timing } from "./timing.ts";
import { trimName, trimNode, trimPod, trimRuntimeHandler } from "./trim.ts";

export interface OpenClusterPorts {
  readonly log: Log;
  readonly timing?: Timing;
  readonly place?: KubeconfigPlace;
}

/**
 * Opens one context of the kubeconfig; nothing is asked of its API server yet. Throws `kubeconfig-missing`, `kubeconfig-invalid`,
 * `context-missing`. `close` ends every request and watch; callbacks come no more.
 */
export async function openCluster(
  settings: ClusterSettings,
  contextName: string,
  { log, timing = systemTiming, place = processPlace() }: OpenClusterPorts,
): Promise<ClusterSource & { close(): void }> {
  const client = await openApiClient(settings, contextName, place);
  return new KubernetesSource(contextName, client, settings.pageSize, { log, timing });
}

class KubernetesSource implements ClusterSource {
  readonly context: string;
  readonly #client: ApiClient;
  readonly #pageSize: number;
  readonly #ports: { readonly log: Log; readonly timing: Timing };
  readonly #watches = new Set<PodWatch>();
  #closed = false;

  constructor(
    context: string,
    client: ApiClient,
    pageSize: number,
    ports: { readonly log: Log; readonly timing: Timing },
  ) {
    this.context = context;
    this.#client = client;
    this.#pageSize = pageSize;
    this.#ports = ports;
  }

  async listNamespaces(signal: AbortSignal): Promise<readonly string[]> {
    const { objects } = await listObjects(
      this.#client,
      { resource: "namespaces", namespace: undefined, path: "/api/v1/namespaces" },
      { pageSize: this.#pageSize, trim: trimName, signal },
    );
    return objects.toSorted();
  }

  async getPod(namespace: string, name: string, signal: AbortSignal): Promise<Pod> {
    const path = `/api/v1/namespaces/${checked(namespace)}/pods/${checked(name)}`;
    const pod = await this.#get({ resource: "pods", namespace, path }, trimPod, signal);
    if (pod !== undefined) return pod;
    throw new SandboxError("pod-gone", `pod ${namespace}/${name} not found`, {
      facts: { namespace, pod: name },
    });
  }

  async getNode(name: string, signal: AbortSignal): Promise<ClusterNode> {
    const path = `/api/v1/nodes/${checked(name)}`;
    const node = await this.#get({ resource: "nodes", namespace: undefined, path }, trimNode, signal);
    if (node !== undefined) return node;
    throw new SandboxError("node-gone", `node ${name} not found`, { facts: { node: name } });
  }

  async listNodes(signal: AbortSignal): Promise<readonly ClusterNode[]> {
    const { objects } = await listObjects(
      this.#client,
      { resource: "nodes", namespace: undefined, path: "/api/v1/nodes" },
      { pageSize: this.#pageSize, trim: trimNode, signal },
    );
    return objects.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  async listPodsOnNode(nodeName: string, signal: AbortSignal): Promise<readonly Pod[]> {
    const { objects } = await listObjects(
      this.#client,
      {
        resource: "pods",
        namespace: undefined,
        path: "/api/v1/pods",
        query: { fieldSelector: `spec.nodeName=${checked(nodeName)}` },
      },
      { pageSize: this.#pageSize, trim: trimPod, signal },
    );
    return objects;
  }

  watchPods(namespace: string | undefined, listener: PodListener): { close(): void } {
    const options = {
      namespace: namespace === undefined ? undefined : checked(namespace),
      pageSize: this.#pageSize,
    };
    const watch = new PodWatch({ api: this.#client, listener, ...this.#ports }, options);
    // Once closed there is nobody to ask: such a watch says nothing.
    if (this.#closed) watch.close();
    else this.#watches.add(watch);
    void watch.run();
    return {
      close: () => {
        watch.close();
        this.#watches.delete(watch);
      },
    };
  }

  async runtimeHandler(runtimeClassName: string, signal: AbortSignal): Promise<string | undefined> {
    if (!isName(runtimeClassName)) return undefined;
    const path = `/apis/node.k8s.io/v1/runtimeclasses/${runtimeClassName}`;
    try {
      return await this.#get(
        { resource: "runtimeclasses", namespace: undefined, path },
        trimRuntimeHandler,
        signal,
      );
    } catch (error) {
      if (error instanceof ApiStatusError && error.reason === "forbidden") return undefined;
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    for (const watch of this.#watches) watch.close();
    this.#watches.clear();
    this.#client.close();
  }

  /** undefined when there is no such object. */
  async #get<T>(
    request: Omit<ApiRequest, "verb">,
    trim: (raw: unknown) => T | undefined,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    let body: unknown;
    try {
      body = await this.#client.json({ ...request, verb: "get" }, signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
    const object = trim(body);
    if (object === undefined) throw new SandboxError("api-error", `${request.path} is not understood`);
    return object;
  }
}
