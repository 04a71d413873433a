import { randomBytes } from "node:crypto";
import { asSandboxError, SandboxError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { ClusterNode } from "../../core/pod.ts";
import type { DebugPodSettings, Way } from "../access.ts";
import type { DebugPodRef, PodApi } from "../pod-api.ts";
import type { Destination, Opening, RunningCommand, Session } from "../session.ts";
import { abortable, throwIfAborted } from "../waiting.ts";
import { debugPodManifest } from "./manifest.ts";
import type { DebugPodPorts } from "./ports.ts";
import { removeDebugPod, removeDebugPods } from "./removal.ts";
import { DebugPodSession } from "./session.ts";
import { type DebugPodView, seenFrom, shellTest } from "./view.ts";
import { toYaml } from "./yaml.ts";

/** Commands in one pod at once: each is a stream of its own through the API server and the kubelet. */
const maxCommands = 4;

export interface DebugPodDeps {
  readonly settings: DebugPodSettings;
  readonly ports: DebugPodPorts;
  readonly log: Log;
  openPodApi(context: string): Promise<PodApi>;
}

/**
 * A node through a pod of our own on it, see debugPodManifest. Opening throws `debug-pod-forbidden`,
 * `debug-pod-refused`, `debug-pod-failed`, `cancelled` where the user does not agree, and what the API server's client
 * throws; the pod is deleted before, or the user is told that it could not be.
 */
export function debugPodDestination(
  node: ClusterNode,
  context: string,
  way: Extract<Way, { readonly kind: "debugPod" }>,
  deps: DebugPodDeps,
): Destination {
  const namespace = way.namespace ?? deps.settings.namespace;
  const image = way.image ?? deps.settings.image;
  return {
    key: JSON.stringify(["debugPod", context, node.name, namespace, image]),
    node: node.name,
    maxCommands,
    open: (opening) => new Making({ node, context, namespace, image }, deps).open(opening),
  };
}

interface Plan {
  readonly node: ClusterNode;
  readonly context: string;
  readonly namespace: string;
  readonly image: string;
}

/** The making of one debug pod, and its end. */
class Making {
  readonly #plan: Plan;
  readonly #deps: DebugPodDeps;
  readonly #name = `pod-sandbox-explorer-${randomBytes(5).toString("hex")}`;

  constructor(plan: Plan, deps: DebugPodDeps) {
    this.#plan = plan;
    this.#deps = deps;
  }

  async open({ asking, clock, signal, trace }: Opening): Promise<Session> {
    const { node, context, namespace } = this.#plan;
    const { ledger } = this.#deps.ports;
    const api = await abortable(this.#deps.openPodApi(context), signal);
    await this.#checkRights(api, signal);
    const manifest = await this.#agreed(asking);
    throwIfAborted(signal);
    await ledger.add({ context, namespace, name: this.#name });
    // Making it has limits of its own (the API client's, and that of the start), since an image may have to be pulled.
    return clock.hold(async () => {
      const pod = await this.#create(api, manifest);
      const remove = (): Promise<SandboxError | undefined> => this.#remove(api, pod);
      try {
        await api.waitUntilRunning(pod, signal);
        trace("connect", `pod ${namespace}/${this.#name}`);
        const view = await this.#view(api, pod, signal);
        throwIfAborted(signal);
        trace("login", view === "node" ? "with the node's own programs" : "with the image's programs");
        return new DebugPodSession({ api, pod, view, node: node.name, remove });
      } catch (error) {
        await remove();
        throw this.#named(error);
      }
    });
  }

  /** Nothing is created that could not be used and deleted. */
  async #checkRights(api: PodApi, signal: AbortSignal): Promise<void> {
    const { namespace } = this.#plan;
    const missing = await api.missingRights(namespace, signal);
    if (missing.length === 0) return;
    const detail = missing.join(", ");
    throw new SandboxError("debug-pod-forbidden", `not allowed in ${namespace}: ${detail}`, {
      facts: { namespace, detail },
    });
  }

  async #agreed(asking: Opening["asking"]): Promise<unknown> {
    const { node, context, namespace, image } = this.#plan;
    const { ports } = this.#deps;
    const owner = ports.ledger.owner.label;
    const manifest = debugPodManifest({ name: this.#name, namespace, node: node.name, image, owner });
    const question = { context, node: node.name, namespace, manifestYaml: toYaml(manifest), image };
    if (await asking.put((signal) => ports.agree(question, signal))) return manifest;
    throw new SandboxError("cancelled", `the user did not agree to a debug pod on ${node.name}`);
  }

  /** Not to be cancelled on its way: whether the pod is there would not be known then. */
  async #create(api: PodApi, manifest: unknown): Promise<DebugPodRef> {
    const { context, namespace } = this.#plan;
    const { ports, log } = this.#deps;
    const place = { context, namespace, name: this.#name };
    try {
      const pod = await api.createPod(namespace, manifest, new AbortController().signal);
      log.info(`created the debug pod ${namespace}/${pod.name} on ${this.#plan.node.name}`);
      return pod;
    } catch (error) {
      try {
        // The answer may have been lost on its way, the pod not.
        if (!isRefusal(error)) {
          const owner = ports.ledger.owner.label;
          await removeDebugPods(api, { context, namespace, owner }, (name) => name === this.#name);
        }
        await ports.ledger.drop(place);
      } catch (failure) {
        ports.ledger.leave(place);
        log.warn(`whether ${namespace}/${this.#name} was created is not known: ${messageOf(failure)}`);
      }
      throw this.#named(error);
    }
  }

  async #remove(api: PodApi, pod: DebugPodRef): Promise<SandboxError | undefined> {
    const { context, namespace } = this.#plan;
    const { ports, log } = this.#deps;
    const place = { context, namespace, name: this.#name };
    try {
      await removeDebugPod(api, context, pod);
      await ports.ledger.drop(place);
      log.info(`deleted the debug pod ${namespace}/${pod.name}`);
      return undefined;
    } catch (error) {
      const problem = asSandboxError(error);
      log.error(`the debug pod ${namespace}/${pod.name}: ${problem.message}`);
      ports.ledger.leave(place);
      if (problem.reason === "debug-pod-left") ports.left(problem);
      return problem;
    }
  }

  async #view(api: PodApi, pod: DebugPodRef, signal: AbortSignal): Promise<DebugPodView> {
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort(failed(`a first command in it did not end within ${viewMs / 1000} s`));
    }, viewMs);
    try {
      return await chooseView(api, pod, AbortSignal.any([signal, late.signal]));
    } catch (error) {
      throwIfAborted(late.signal);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The error with the node's name among its facts. */
  #named(error: unknown): unknown {
    if (!(error instanceof SandboxError)) return error;
    const { reason, message, cause, facts } = error;
    const { node, namespace } = this.#plan;
    const unready = reason === "debug-pod-failed" && !node.ready;
    const detail = unready ? { detail: `${facts["detail"] ?? message}; the node is not ready` } : {};
    return new SandboxError(reason, message, {
      cause,
      facts: { namespace, ...facts, ...detail, node: node.name },
    });
  }
}

/** For what tells whose shell there is: seldom a second. */
const viewMs = 20_000;

/** The node's own shell where it has one. */
async function chooseView(api: PodApi, pod: DebugPodRef, signal: AbortSignal): Promise<DebugPodView> {
  const says: string[] = [];
  for (const view of ["node", "image"] as const) {
    const { code, stderr } = await outcome(await api.exec(pod, seenFrom(view, shellTest), signal), signal);
    if (code === 0) return view;
    says.push(stderr.trim() || `exit status ${String(code)}`);
  }
  throw failed(`neither the node nor the image has a shell (${says.join("; ")})`);
}

function failed(detail: string): SandboxError {
  return new SandboxError("debug-pod-failed", detail, { facts: { detail } });
}

/** Nothing was created. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof SandboxError &&
    (error.reason === "debug-pod-refused" || error.reason === "forbidden" || error.reason === "unauthorized")
  );
}

function messageOf(error: unknown): string {
  return asSandboxError(error).message;
}

/** The end of a command that prints next to nothing and reads nothing. */
async function outcome(
  command: RunningCommand,
  signal: AbortSignal,
): Promise<{ readonly code: number | null | undefined; readonly stderr: string }> {
  let stderr = "";
  command.stdout.resume();
  command.stderr.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString("utf8")).slice(0, 1_000);
  });
  command.stdin.end();
  try {
    const exit = await abortable(command.exit, signal);
    return { code: exit?.code, stderr };
  } catch (error) {
    command.stop();
    throw error;
  }
}
