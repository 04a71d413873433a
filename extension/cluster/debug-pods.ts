import { SandboxError } from "../core/errors.ts";
import { fieldOf, textOf } from "../core/json.ts";
import { oneLine } from "../core/one-line.ts";
import { ApiStatusError, isNotFound } from "./api-errors.ts";
import { ExecCommand, execProtocols } from "./exec-command.ts";
import type { KubeApi, SocketApi } from "./kube-api.ts";
import { type KubeconfigPlace, processPlace } from "./kubeconfig.ts";
import { checked } from "./names.ts";
import { openApiClient } from "./open-api-client.ts";
import { podEnd, podStart } from "./pod-start.ts";
import type { ClusterSettings } from "./source.ts";
import { systemTiming, type Timing } from "./timing.ts";

/** One pod, and no later one of its name. */
interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface DebugPodsOptions {
  readonly timing?: Timing;
  readonly place?: KubeconfigPlace;
  /** Milliseconds from the creation of a pod until it runs, its image pulled. */
  readonly startMs?: number;
}

/** Time for a node to pull a small image. */
const usualStartMs = 60_000;
/** Between two looks at a pod. */
const lookMs = 250;
/** How long the kubelet may take to confirm that a pod's container has ended. One that is not there never does. */
const confirmMs = 10_000;

/**
 * What debug pods need of one cluster's API: the PodApi of the room `nodes`. Has a client of its own, which outlives the
 * cluster's views and holds no connection when it is not used. Throws as openApiClient does.
 */
export async function openPodApi(
  settings: ClusterSettings,
  contextName: string,
  { timing = systemTiming, place = processPlace(), startMs = usualStartMs }: DebugPodsOptions = {},
): Promise<DebugPods> {
  return new DebugPods(await openApiClient(settings, contextName, place), timing, startMs);
}

/** Creates, uses and deletes pods. Every method throws SandboxError. */
export class DebugPods {
  readonly #api: KubeApi & SocketApi;
  readonly #timing: Timing;
  readonly #startMs: number;

  constructor(api: KubeApi & SocketApi, timing: Timing, startMs: number) {
    this.#api = api;
    this.#timing = timing;
    this.#startMs = startMs;
  }

  /**
   * A WebSocket begins as a GET, for which the server asks for "get pods/exec"; from 1.35 on for "create" as well
   * (kubernetes/kubernetes#134577, gate AuthorizePodWebsocketUpgradeCreatePermission).
   */
  async missingRights(namespace: string, signal: AbortSignal): Promise<readonly string[]> {
    const needed = [
      ...["create", "get", "list", "delete"].map((verb) => ({ verb, resource: "pods", subresource: "" })),
      ...["get", "create"].map((verb) => ({ verb, resource: "pods", subresource: "exec" })),
    ];
    const answers = await Promise.all(
      needed.map(async (right) => {
        const review = {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectAccessReview",
          spec: { resourceAttributes: { namespace: checked(namespace), ...right } },
        };
        const answer = await this.#api.json(
          {
            verb: "create",
            resource: "selfsubjectaccessreviews",
            namespace: undefined,
            path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            body: review,
          },
          signal,
        );
        return fieldOf(fieldOf(answer, "status"), "allowed") === true;
      }),
    );
    return needed
      .filter((_right, index) => answers[index] !== true)
      .map(({ verb, subresource }) => `${verb} pods${subresource === "" ? "" : `/${subresource}`}`);
  }

  async createPod(namespace: string, manifest: unknown, signal: AbortSignal): Promise<PodIdentity> {
    const path = `/api/v1/namespaces/${checked(namespace)}/pods`;
    const request = { verb: "create", resource: "pods", namespace, path, body: manifest } as const;
    try {
      return identityOf(await this.#api.json(request, signal), path);
    } catch (error) {
      const name = textOf(fieldOf(manifest, "metadata"), "name");
      // Names are random: it is ours, of a request that was sent twice. A quota that others just used says 409 as well.
      if (name !== undefined && error instanceof ApiStatusError && error.status === 409) {
        const there = await this.#getIfThere({ namespace, name }, signal);
        if (there !== undefined) return identityOf(there, path);
      }
      throw refusal(error, namespace) ?? error;
    }
  }

  async waitUntilRunning(pod: PodIdentity, signal: AbortSignal): Promise<void> {
    let waitsFor = "";
    const runs = await this.#look(this.#startMs, signal, async () => {
      const start = podStart(await this.#get(pod, signal));
      if (start.kind === "failed") throw failed(pod, start.detail);
      if (start.kind === "waiting") waitsFor = start.reason;
      return start.kind === "running";
    });
    if (runs) return;
    const why = waitsFor === "" ? "" : ` (${waitsFor})`;
    throw failed(pod, `not started within ${this.#startMs / 1000} s${why}`);
  }

  /** `debug-pod-failed` where the pod is not there any more, or does not run. */
  async exec(pod: PodIdentity, argv: readonly string[], signal: AbortSignal): Promise<ExecCommand> {
    return this.#exec(pod, argv, signal, false);
  }

  /** What it prints comes as its stdout; why it could not be started, as its stderr. */
  async execTerminal(pod: PodIdentity, argv: readonly string[], signal: AbortSignal): Promise<ExecCommand> {
    return this.#exec(pod, argv, signal, true);
  }

  /**
   * Waits until the container has ended, as the kubelet says; then, or where it says nothing in time, the pod is taken out
   * of the API at once. A kubelet may take ten seconds more to do so itself, and one that is not there never does: it ends
   * what it finds when it is back.
   */
  async deletePod(pod: PodIdentity, signal: AbortSignal): Promise<void> {
    if (!(await this.#requestDeletion(pod, 1, signal))) return;
    await this.#look(confirmMs, signal, async () => {
      const now = await this.#find(pod, signal);
      return now === undefined || podEnd(now) !== undefined;
    });
    if (!(await this.#requestDeletion(pod, 0, signal))) return;
    if (await this.#look(confirmMs, signal, async () => (await this.#find(pod, signal)) === undefined))
      return;
    throw new SandboxError("api-timeout", `pod ${pod.namespace}/${pod.name} is still there`);
  }

  async listPods(
    namespace: string,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<readonly PodIdentity[]> {
    const path = `/api/v1/namespaces/${checked(namespace)}/pods`;
    const labelSelector = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
    const request = { verb: "list", resource: "pods", namespace, path, query: { labelSelector } } as const;
    const items = fieldOf(await this.#api.json(request, signal), "items");
    if (!Array.isArray(items)) throw new SandboxError("api-error", `${path} is not understood`);
    return items.map((item: unknown) => identityOf(item, path));
  }

  async #exec(
    { namespace, name }: PodIdentity,
    argv: readonly string[],
    signal: AbortSignal,
    tty: boolean,
  ): Promise<ExecCommand> {
    const path = `${podPath({ namespace, name })}/exec`;
    // The kubelet takes no stderr beside a terminal (k8s.io/kubelet pkg/cri/streaming/remotecommand, NewOptions).
    const query = {
      command: argv,
      stdin: "true",
      stdout: "true",
      ...(tty ? { tty: "true" } : { stderr: "true" }),
    };
    try {
      const request = { verb: "get", resource: "pods/exec", namespace, path, query } as const;
      return new ExecCommand(await this.#api.socket(request, execProtocols, signal));
    } catch (error) {
      // 400: "pod does not have a host assigned"; 500: "container not found", by the kubelet.
      if (error instanceof ApiStatusError && [400, 404, 500].includes(error.status)) {
        throw failed({ namespace, name }, error.detail || `HTTP ${error.status}`);
      }
      throw error;
    }
  }

  /** False where there is nothing left to delete: another pod of the name is not ours (409, by the precondition). */
  async #requestDeletion(
    pod: PodIdentity,
    gracePeriodSeconds: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { namespace, uid } = pod;
    const body = { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds, preconditions: { uid } };
    try {
      const request = { verb: "delete", resource: "pods", namespace, path: podPath(pod), body } as const;
      await this.#api.json(request, signal);
      return true;
    } catch (error) {
      if (error instanceof ApiStatusError && (error.status === 404 || error.status === 409)) {
        return (await this.#find(pod, signal)) !== undefined;
      }
      throw error;
    }
  }

  /** undefined when it is gone. */
  async #find(pod: PodIdentity, signal: AbortSignal): Promise<unknown> {
    const found = await this.#getIfThere(pod, signal);
    return textOf(fieldOf(found, "metadata"), "uid") === pod.uid ? found : undefined;
  }

  /** Whoever has the name. */
  async #getIfThere(pod: Pick<PodIdentity, "namespace" | "name">, signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#get(pod, signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #get(pod: Pick<PodIdentity, "namespace" | "name">, signal: AbortSignal): Promise<unknown> {
    const { namespace } = pod;
    return this.#api.json({ verb: "get", resource: "pods", namespace, path: podPath(pod) }, signal);
  }

  /** Looks again and again; false when it did not come true in time. */
  async #look(ms: number, signal: AbortSignal, isSo: () => Promise<boolean>): Promise<boolean> {
    let late = false;
    const stop = this.#timing.after(ms, () => {
      late = true;
    });
    try {
      for (;;) {
        if (await isSo()) return true;
        if (late) return false;
        await this.#pause(signal);
      }
    } finally {
      stop();
    }
  }

  #pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        stop();
        reject(new SandboxError("cancelled", "cancelled"));
      };
      const stop = this.#timing.after(lookMs, () => {
        signal.removeEventListener("abort", cancel);
        resolve();
      });
      if (signal.aborted) cancel();
      else signal.addEventListener("abort", cancel, { once: true });
    });
  }
}

function podPath({ namespace, name }: Pick<PodIdentity, "namespace" | "name">): string {
  return `/api/v1/namespaces/${checked(namespace)}/pods/${checked(name)}`;
}

function identityOf(pod: unknown, path: string): PodIdentity {
  const metadata = fieldOf(pod, "metadata");
  const [namespace, name, uid] = ["namespace", "name", "uid"].map((key) => textOf(metadata, key));
  if (namespace === undefined || name === undefined || uid === undefined) {
    throw new SandboxError("api-error", `${path} is not understood`);
  }
  return { namespace, name, uid };
}

function failed({ namespace, name }: Pick<PodIdentity, "namespace" | "name">, why: string): SandboxError {
  const detail = oneLine(why, 400);
  return new SandboxError("debug-pod-failed", `pod ${namespace}/${name}: ${detail}`, {
    facts: { namespace, pod: name, detail },
  });
}

/**
 * `debug-pod-refused` where the server does not admit the object: Pod Security ("violates PodSecurity"), a policy of
 * before 1.25 ("unable to validate against any pod security policy"), a webhook, a quota, or an object that it does not
 * take. undefined where the user may not create pods at all (RBAC, "cannot create resource"), and for what has nothing
 * to do with the pod.
 */
function refusal(error: unknown, namespace: string): SandboxError | undefined {
  if (!(error instanceof ApiStatusError)) return undefined;
  const { status, detail: said } = error;
  const isAdmission =
    /\bwebhook\b/.test(said) || ([400, 403, 404, 413, 422].includes(status) && !isRbac(said));
  if (!isAdmission) return undefined;
  // The name is ours and says nothing.
  const detail = oneLine(said.replace(/^pods "[^"]*" is forbidden: /, ""), 400);
  return new SandboxError("debug-pod-refused", `${namespace}: ${detail}`, {
    cause: error,
    facts: { namespace, detail },
  });
}

function isRbac(said: string): boolean {
  return /\bcannot create resource "pods"/.test(said);
}
