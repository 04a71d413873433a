import * as z from "zod/mini";
import { asSandboxError, SandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Pod } from "../core/pod.ts";
import { ApiStatusError, isExpired, statusMessage } from "./api-errors.ts";
import { retryDelayMs } from "./backoff.ts";
import { type ApiRequest, type KubeApi, parseJson } from "./kube-api.ts";
import { listObjects } from "./list-objects.ts";
import type { PodListener, WatchStatus } from "./source.ts";
import type { Timing } from "./timing.ts";
import { podIdentity, trimPod } from "./trim.ts";

export interface PodWatchPorts {
  readonly api: KubeApi;
  readonly listener: PodListener;
  readonly log: Log;
  readonly timing: Timing;
}

export interface PodWatchOptions {
  /** All of them when undefined. */
  readonly namespace: string | undefined;
  readonly pageSize: number;
}

/** Changes that come within this time are told together: a rollout is hundreds of events. */
const batchMs = 100;
/**
 * A server sends a bookmark about once a minute (k8s.io/apiserver cacher, bookmarkFrequency). Two of them missing mean
 * that the connection is dead, though nobody said so.
 */
const silenceMs = 150_000;
/** As client-go's reflector: between one and two of these, so that not all watches end at once. */
const minTimeoutSeconds = 300;

const eventShape = z.object({ type: z.string(), object: z.unknown() });
const versionShape = z.object({ metadata: z.object({ resourceVersion: z.string().check(z.minLength(1)) }) });
const statusShape = z.object({ code: z.number() });

/**
 * Keeps a list of pods as the server has it: list, then watch from the list's resource version, and so on for ever. Where events may
 * have been lost it lists again and replaces everything, so that a pod which is gone never stays.
 */
export class PodWatch {
  readonly #ports: PodWatchPorts;
  readonly #pageSize: number;
  readonly #request: Omit<ApiRequest, "verb">;
  readonly #life = new AbortController();
  /** UIDs by Kubernetes namespace and name. */
  readonly #uids = new Map<string, string>();
  /** Not told of yet, by UID; undefined for a pod that is gone. */
  readonly #untold = new Map<string, Pod | undefined>();
  /** To watch from; undefined when the list must be asked for first. Opaque: passed on as it came. */
  #version: string | undefined;
  /** Attempts in a row without anything heard from the server. */
  #failures = 0;
  /** Listed again because of a 410, and nothing heard since. */
  #expired = false;
  #live = false;
  #cancelFlush: (() => void) | undefined;

  constructor(ports: PodWatchPorts, { namespace, pageSize }: PodWatchOptions) {
    this.#ports = ports;
    this.#pageSize = pageSize;
    this.#request = {
      resource: "pods",
      namespace,
      path: namespace === undefined ? "/api/v1/pods" : `/api/v1/namespaces/${namespace}/pods`,
    };
  }

  /** Returns when closed. Never throws. */
  async run(): Promise<void> {
    this.#tell({ kind: "loading" });
    while (!this.#closed) {
      try {
        if (this.#version === undefined) await this.#list();
        await this.#watch();
      } catch (thrown) {
        if (this.#closed) return;
        await this.#recover(asSandboxError(thrown));
      }
    }
  }

  close(): void {
    this.#life.abort();
    this.#cancelFlush?.();
  }

  get #closed(): boolean {
    return this.#life.signal.aborted;
  }

  async #list(): Promise<void> {
    const unseen = new Set<string>();
    const { resourceVersion } = await listObjects(this.#ports.api, this.#request, {
      pageSize: this.#pageSize,
      trim: (raw) => this.#trim(raw),
      signal: this.#life.signal,
      onPage: (pods, { first, last }) => {
        if (first) for (const key of this.#uids.keys()) unseen.add(key);
        for (const pod of pods) {
          unseen.delete(keyOf(pod));
          this.#put(pod);
        }
        if (!last) this.#flush(false);
      },
    });
    for (const key of unseen) this.#remove(key);
    this.#version = resourceVersion;
    this.#flush(true);
  }

  /** Follows one stream; returns when the server ends it in good order. */
  async #watch(): Promise<void> {
    const { api, timing } = this.#ports;
    const stream = new AbortController();
    let silent = false;
    const listen = (): (() => void) =>
      timing.after(silenceMs, () => {
        silent = true;
        stream.abort();
      });
    let cancelSilence = listen();
    let heard = false;
    let open = false;
    const query = {
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: this.#version ?? "",
      timeoutSeconds: String(Math.floor(minTimeoutSeconds * (1 + timing.random()))),
    };
    const signal = AbortSignal.any([this.#life.signal, stream.signal]);
    try {
      const lines = api.lines({ ...this.#request, verb: "watch", query }, signal, () => {
        open = true;
        this.#setLive();
      });
      for await (const line of lines) {
        if (this.#closed) return;
        cancelSilence();
        cancelSilence = listen();
        this.#take(line);
        heard = true;
        this.#failures = 0;
        this.#expired = false;
      }
    } catch (thrown) {
      if (silent) throw new StreamLost("neither event nor bookmark came: the connection is dead", {});
      // After a connection that could not even be made, the server may be another, with a history of its own: list again.
      if (open && thrown instanceof SandboxError && thrown.reason === "api-unreachable") {
        throw new StreamLost(thrown.message, thrown.facts);
      }
      throw thrown;
    } finally {
      cancelSilence();
    }
    // Something in between that ends every watch at once would be asked again and again without a pause.
    if (!heard) throw new StreamLost("the watch ended without an event", {});
  }

  #take(line: string): void {
    const event = eventShape.safeParse(parseJson(line));
    if (!event.success) throw new SandboxError("api-error", "a line of the watch is not understood");
    const { type, object } = event.data;
    if (type === "ERROR") throw this.#streamError(object);
    const version = versionShape.safeParse(object);
    if (version.success) this.#version = version.data.metadata.resourceVersion;
    switch (type) {
      case "ADDED":
      case "MODIFIED": {
        const pod = this.#trim(object);
        if (pod === undefined) return;
        this.#put(pod);
        return this.#flushSoon();
      }
      case "DELETED": {
        const identity = podIdentity(object);
        // Which pod went is not to be known: only the whole list can tell.
        if (identity === undefined) throw new SandboxError("api-error", "a pod without a name was deleted");
        this.#remove(keyOf(identity));
        return this.#flushSoon();
      }
      default:
        // BOOKMARK: nothing but the resource version.
        return;
    }
  }

  #put(pod: Pod): void {
    const key = keyOf(pod);
    // Under its name there may have been another pod, the end of which nobody told.
    if (this.#uids.get(key) !== pod.uid) this.#remove(key);
    this.#uids.set(key, pod.uid);
    this.#untold.set(pod.uid, pod);
  }

  #remove(key: string): void {
    const uid = this.#uids.get(key);
    if (uid === undefined) return;
    this.#uids.delete(key);
    this.#untold.set(uid, undefined);
  }

  #streamError(object: unknown): SandboxError {
    const status = statusShape.safeParse(object);
    const question = { ...this.#request, verb: "watch" as const };
    return new ApiStatusError(status.success ? status.data.code : 500, statusMessage(object), { question });
  }

  #trim(raw: unknown): Pod | undefined {
    const pod = trimPod(raw);
    if (pod === undefined) {
      const identity = podIdentity(raw);
      const which = identity === undefined ? "without a name" : JSON.stringify(keyOf(identity));
      this.#ports.log.warn(`A pod ${which} does not have the form of a pod and is left out.`);
    }
    return pod;
  }

  async #recover(error: SandboxError): Promise<void> {
    // What was heard until then comes before the news that nothing is heard any more.
    this.#cancelFlush?.();
    if (this.#untold.size > 0) this.#flush(true);
    if (!(error instanceof StreamLost)) this.#version = undefined;
    if (isExpired(error) && !this.#expired) {
      // The usual end after a long time or a long silence: at once, unless that just happened.
      this.#expired = true;
      this.#ports.log.debug("Watching pods: the resource version has expired, listing again.");
      return;
    }
    this.#failures += 1;
    const retryAfterMs = error instanceof ApiStatusError ? error.retryAfterMs : undefined;
    const failure = { reason: error.reason, retryAfterMs, count: this.#failures };
    const inMs = retryDelayMs(failure, this.#ports.timing.random());
    this.#ports.log.warn(
      `Watching pods failed (${error.reason}), next attempt in ${inMs} ms: ${error.message}`,
    );
    this.#live = false;
    this.#tell({ kind: "retrying", error, inMs });
    await this.#pause(inMs);
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#life;
    await new Promise<void>((resolve) => {
      const cancel = this.#ports.timing.after(ms, () => {
        signal.removeEventListener("abort", end);
        resolve();
      });
      const end = (): void => {
        cancel();
        resolve();
      };
      if (signal.aborted) end();
      else signal.addEventListener("abort", end, { once: true });
    });
  }

  #setLive(): void {
    if (this.#live) return;
    this.#live = true;
    this.#tell({ kind: "live" });
  }

  #flushSoon(): void {
    this.#cancelFlush ??= this.#ports.timing.after(batchMs, () => this.#flush(true));
  }

  #flush(complete: boolean): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const put: Pod[] = [];
    const gone: string[] = [];
    for (const [uid, pod] of this.#untold) {
      if (pod === undefined) gone.push(uid);
      else put.push(pod);
    }
    this.#untold.clear();
    this.#guarded((listener) => listener.onPods({ put, gone, complete }));
  }

  #tell(status: WatchStatus): void {
    this.#guarded((listener) => listener.onStatus(status));
  }

  /** A listener that throws must not end the watch. */
  #guarded(call: (listener: PodListener) => void): void {
    if (this.#closed) return;
    try {
      call(this.#ports.listener);
    } catch (thrown) {
      this.#ports.log.error(`A listener of the pod watch failed: ${asSandboxError(thrown).message}`);
    }
  }
}

/** The stream broke off, but up to there nothing is missing: it can go on from the last resource version. */
class StreamLost extends SandboxError {
  constructor(message: string, facts: SandboxError["facts"]) {
    super("api-unreachable", message, { facts });
  }
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
