/**
 * A Kubernetes API server as far as the product needs one, on plain node:http(s), over data the caller puts in.
 * The lab (`npm start`) and the integration tests use it; the cluster tests use a real one.
 *
 *   const api = await startLabApi({ port: 0 });          // 127.0.0.1; the token is random unless given
 *   api.setNodes([labNode]);                             // raw API objects, as `kubectl get -o json` prints them;
 *   api.applyPod(labPod);                                // uid, creationTimestamp, resourceVersion are filled in
 *   api.deletePod("default", "web");
 *   await api.writeKubeconfig("/tmp/x/kubeconfig");      // context "lab", user with the token, mode 0600
 *   ...
 *   await api.close();
 *
 * It answers /version, /readyz, namespaces, pods (of all or of one Kubernetes namespace), nodes and runtimeclasses: get, list
 * (limit, continue; of pods also fieldSelector=spec.nodeName=... and kubectl's table), watch (resourceVersion,
 * allowWatchBookmarks, timeoutSeconds); and what kubectl wants to know before it asks for any of them. A Kubernetes namespace exists as soon as a
 * pod is in it. Whoever asks what they are allowed to do is told everything, and nothing can be made or changed. Every request needs the bearer token (401). What goes wrong in real life is on `api.faults`.
 */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { discovery } from "./api-discovery.ts";
import { LabFaults, type RequestInfo } from "./api-faults.ts";
import { ExpiredError, type KubeObject, ObjectStore, RevisionCounter, type StoreEvent } from "./api-store.ts";
import { podTable, wantsTable } from "./api-table.ts";

export interface LabApiOptions {
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  readonly token?: string;
  /** PEM texts: serves HTTPS when given. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Name of the context, the cluster and the user in the kubeconfig; "lab" by default. */
  readonly contextName?: string;
  /** Kubernetes namespace of the context; "default" by default. */
  readonly namespace?: string;
  /** Between two bookmarks of a watch; a real server sends one a minute, the default here too. */
  readonly bookmarkMs?: number;
}

export interface LabApi {
  readonly url: string;
  readonly port: number;
  /** The token requests must carry. */
  readonly token: string;
  readonly faults: LabFaults;
  /** Every request answered so far, oldest first. */
  readonly requests: readonly RequestInfo[];
  /** Live watch streams. */
  readonly watchCount: number;
  kubeconfig(): string;
  writeKubeconfig(path: string): Promise<void>;
  /** Makes the pods exactly these; `applyPod` adds or changes one. */
  setPods(pods: readonly KubeObject[]): void;
  applyPod(pod: KubeObject): void;
  deletePod(namespace: string, name: string): boolean;
  setNodes(nodes: readonly KubeObject[]): void;
  applyNode(node: KubeObject): void;
  setNamespaces(names: readonly string[]): void;
  setRuntimeClasses(classes: readonly { readonly name: string; readonly handler: string }[]): void;
  /** Ends every connection and stops listening; `start` listens on the same port again, with the same data. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function startLabApi(options: LabApiOptions = {}): Promise<LabApi> {
  const server = new LabApiServer(options);
  await server.start();
  return server;
}

interface Target {
  readonly resource: ResourceName;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

const resources = {
  namespaces: { group: "", apiVersion: "v1", kind: "Namespace" },
  pods: { group: "", apiVersion: "v1", kind: "Pod" },
  nodes: { group: "", apiVersion: "v1", kind: "Node" },
  runtimeclasses: { group: "node.k8s.io", apiVersion: "node.k8s.io/v1", kind: "RuntimeClass" },
} as const;

const accessReview = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview" };

type ResourceName = keyof typeof resources;

class LabApiServer implements LabApi {
  readonly token: string;
  readonly faults: LabFaults;
  readonly requests: RequestInfo[] = [];
  private readonly options: LabApiOptions;
  private readonly stores: Readonly<Record<ResourceName, ObjectStore>>;
  private readonly sockets = new Set<Socket>();
  private readonly revisions = new RevisionCounter();
  private server: http.Server | undefined;
  private boundPort: number;

  constructor(options: LabApiOptions) {
    this.options = options;
    this.token = options.token ?? randomBytes(24).toString("base64url");
    this.boundPort = options.port ?? 0;
    this.stores = {
      namespaces: new ObjectStore(this.revisions),
      pods: new ObjectStore(this.revisions),
      nodes: new ObjectStore(this.revisions),
      runtimeclasses: new ObjectStore(this.revisions),
    };
    this.faults = new LabFaults(() => {
      for (const store of Object.values(this.stores)) store.expire();
    });
    this.setNamespaces([options.namespace ?? "default"]);
  }

  get port(): number {
    return this.boundPort;
  }

  get url(): string {
    return `${this.options.tls === undefined ? "http" : "https"}://127.0.0.1:${this.boundPort}`;
  }

  get watchCount(): number {
    return this.faults.streams.size;
  }

  async start(): Promise<void> {
    if (this.server !== undefined) return;
    const { tls } = this.options;
    const server =
      tls === undefined ? http.createServer() : https.createServer({ key: tls.key, cert: tls.cert });
    server.on("request", (request: http.IncomingMessage, response: http.ServerResponse) => {
      void this.answer(request, response);
    });
    server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.boundPort, "127.0.0.1", resolve);
    });
    const address = server.address();
    if (address !== null && typeof address === "object") this.boundPort = address.port;
    this.server = server;
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of this.sockets) socket.destroy();
    });
  }

  async close(): Promise<void> {
    this.faults.release();
    await this.stop();
  }

  kubeconfig(): string {
    const name = JSON.stringify(this.options.contextName ?? "lab");
    const { tls } = this.options;
    return [
      "apiVersion: v1",
      "kind: Config",
      "clusters:",
      `- name: ${name}`,
      "  cluster:",
      `    server: ${this.url}`,
      ...(tls === undefined
        ? []
        : [`    certificate-authority-data: ${Buffer.from(tls.cert).toString("base64")}`]),
      "users:",
      `- name: ${name}`,
      "  user:",
      `    token: ${JSON.stringify(this.token)}`,
      "contexts:",
      `- name: ${name}`,
      "  context:",
      `    cluster: ${name}`,
      `    user: ${name}`,
      `    namespace: ${JSON.stringify(this.options.namespace ?? "default")}`,
      `current-context: ${name}`,
      "",
    ].join("\n");
  }

  async writeKubeconfig(path: string): Promise<void> {
    await writeFile(path, this.kubeconfig(), { mode: 0o600 });
  }

  setPods(pods: readonly KubeObject[]): void {
    for (const pod of pods) this.addNamespaceOf(pod);
    this.stores.pods.replace(pods);
  }

  applyPod(pod: KubeObject): void {
    this.addNamespaceOf(pod);
    this.stores.pods.apply(pod);
  }

  deletePod(namespace: string, name: string): boolean {
    return this.stores.pods.delete(namespace, name);
  }

  setNodes(nodes: readonly KubeObject[]): void {
    this.stores.nodes.replace(nodes);
  }

  applyNode(node: KubeObject): void {
    this.stores.nodes.apply(node);
  }

  setNamespaces(names: readonly string[]): void {
    this.stores.namespaces.replace(
      names.map((name) => ({ metadata: { name }, status: { phase: "Active" } })),
    );
  }

  setRuntimeClasses(classes: readonly { readonly name: string; readonly handler: string }[]): void {
    this.stores.runtimeclasses.replace(classes.map(({ name, handler }) => ({ metadata: { name }, handler })));
  }

  private addNamespaceOf({ metadata: { namespace } }: KubeObject): void {
    if (namespace === undefined) throw new Error("A pod needs metadata.namespace.");
    if (this.stores.namespaces.get(undefined, namespace) === undefined) {
      this.stores.namespaces.apply({ metadata: { name: namespace }, status: { phase: "Active" } });
    }
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    const target = parsePath(url.pathname);
    const watch = ["true", "1"].includes(url.searchParams.get("watch") ?? "");
    const verb = target?.name !== undefined ? "get" : watch ? "watch" : "list";
    const info: RequestInfo = {
      method: request.method ?? "GET",
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      verb,
      resource: target?.resource,
      namespace: target?.namespace,
    };
    this.requests.push(info);

    const fault = await this.faults.before(info);
    if (fault === "hang") return;
    if (fault === "drop") return void request.socket.destroy();
    if (fault !== undefined) return fault.writeTo(response);

    const token = this.faults.acceptedToken ?? this.token;
    if (request.headers.authorization !== `Bearer ${token}`) {
      return sendStatus(response, 401, "Unauthorized", "Unauthorized");
    }
    if (request.method === "POST" && url.pathname.endsWith("/selfsubjectaccessreviews")) {
      request.resume();
      return sendJson(response, 201, { ...accessReview, status: { allowed: true } });
    }
    if (request.method !== "GET") {
      return sendStatus(response, 405, "MethodNotAllowed", "the lab's API server makes and changes nothing");
    }
    if (url.pathname === "/version")
      return sendJson(response, 200, { major: "1", minor: "34", gitVersion: "v1.34.0-lab" });
    if (url.pathname === "/readyz" || url.pathname === "/healthz") {
      response.end("ok");
      return;
    }
    const discovered = discovery(url.pathname);
    if (discovered !== undefined) return sendJson(response, 200, discovered);
    if (target === undefined) {
      return sendStatus(response, 404, "NotFound", "the server could not find the requested resource");
    }
    const { group } = resources[target.resource];
    if (this.faults.isForbidden(info)) {
      const scope =
        target.namespace === undefined ? "at the cluster scope" : `in the namespace "${target.namespace}"`;
      const object = target.name === undefined ? target.resource : `${target.resource} "${target.name}"`;
      const message = `${object} is forbidden: User "lab" cannot ${verb} resource "${target.resource}" in API group "${group}" ${scope}`;
      return sendStatus(response, 403, "Forbidden", message, { kind: target.resource });
    }
    if (target.name !== undefined) this.get(target, target.name, response);
    else if (watch) this.watch(target, url.searchParams, response);
    else this.list(target, url.searchParams, response);
  }

  private get(target: Target, name: string, response: http.ServerResponse): void {
    const object = this.stores[target.resource].get(target.namespace, name);
    if (object === undefined) {
      const message = `${target.resource} "${name}" not found`;
      sendStatus(response, 404, "NotFound", message, { name, kind: target.resource });
      return;
    }
    const { apiVersion, kind } = resources[target.resource];
    sendJson(response, 200, { apiVersion, kind, ...object });
  }

  private list(target: Target, query: URLSearchParams, response: http.ServerResponse): void {
    const { apiVersion, kind } = resources[target.resource];
    try {
      const limit = Number(query.get("limit") ?? 0);
      const selector = query.get("fieldSelector");
      const [, nodeName] = /^spec\.nodeName=(.+)$/.exec(selector ?? "") ?? [];
      if (selector !== null && (nodeName === undefined || target.resource !== "pods")) {
        return sendStatus(response, 400, "BadRequest", `field label not supported: ${selector}`);
      }
      const scope = { namespace: target.namespace, nodeName };
      const page = this.stores[target.resource].list(scope, limit, query.get("continue") ?? "");
      const metadata = {
        resourceVersion: String(page.revision),
        ...(page.continueToken === undefined
          ? {}
          : { continue: page.continueToken, remainingItemCount: page.remaining }),
      };
      const table = target.resource === "pods" && wantsTable(response.req.headers.accept);
      sendJson(
        response,
        200,
        table
          ? podTable(metadata, page.items)
          : { apiVersion, kind: `${kind}List`, metadata, items: page.items },
      );
    } catch (error) {
      if (!(error instanceof ExpiredError)) throw error;
      sendStatus(response, 410, "Expired", error.message);
    }
  }

  private watch(target: Target, query: URLSearchParams, response: http.ServerResponse): void {
    const store = this.stores[target.resource];
    const { apiVersion, kind } = resources[target.resource];
    const from = query.get("resourceVersion") ?? "";
    const inScope = (object: KubeObject): boolean =>
      target.namespace === undefined || object.metadata.namespace === target.namespace;

    const missed: { readonly type: string; readonly object: unknown }[] = [];
    try {
      const events: readonly Omit<StoreEvent, "revision">[] =
        from === "" || from === "0"
          ? store.all().map((object) => ({ type: "ADDED" as const, object }))
          : store.since(Number(from));
      for (const { type, object } of events) {
        if (inScope(object)) missed.push({ type, object: { apiVersion, kind, ...object } });
      }
    } catch (error) {
      if (!(error instanceof ExpiredError)) throw error;
      if (this.faults.goneAs === "status") return sendStatus(response, 410, "Expired", error.message);
      missed.push({ type: "ERROR", object: statusObject(410, "Expired", error.message) });
    }

    response.writeHead(200, { "content-type": "application/json", "transfer-encoding": "chunked" });
    response.flushHeaders();
    const stream = this.faults.open(response);
    for (const event of missed) stream.send(event);
    if (missed.some(({ type }) => type === "ERROR")) return stream.end();

    const unsubscribe = store.subscribe(({ type, object }) => {
      if (inScope(object)) stream.send({ type, object: { apiVersion, kind, ...object } });
    });
    const bookmarks = setInterval(() => {
      if (query.get("allowWatchBookmarks") !== "true") return;
      const metadata = { resourceVersion: String(this.revisions.current), creationTimestamp: null };
      stream.send({ type: "BOOKMARK", object: { apiVersion, kind, metadata } });
    }, this.options.bookmarkMs ?? 60_000);
    const seconds = Number(query.get("timeoutSeconds") ?? 0);
    const timeout = seconds > 0 ? setTimeout(() => stream.end(), seconds * 1000) : undefined;
    response.on("close", () => {
      unsubscribe();
      clearInterval(bookmarks);
      clearTimeout(timeout);
    });
  }
}

function parsePath(path: string): Target | undefined {
  const segments = path.split("/").filter(Boolean).map(decodeURIComponent);
  const rest = stripPrefix(segments);
  if (rest === undefined) return undefined;
  const [first, second, third, fourth] = rest;
  if (first === "namespaces" && third === "pods" && rest.length <= 4) {
    return { resource: "pods", namespace: second, name: fourth };
  }
  if (rest.length > 2) return undefined;
  switch (first) {
    case "namespaces":
    case "nodes":
    case "runtimeclasses":
      return { resource: first, namespace: undefined, name: second };
    case "pods":
      return second === undefined ? { resource: first, namespace: undefined, name: undefined } : undefined;
    default:
      return undefined;
  }
}

function stripPrefix(segments: readonly string[]): readonly string[] | undefined {
  const isNodeGroup = segments[2] === "runtimeclasses" || segments[3] === "runtimeclasses";
  if (segments[0] === "api" && segments[1] === "v1" && !isNodeGroup) return segments.slice(2);
  if (segments.slice(0, 3).join("/") === "apis/node.k8s.io/v1" && isNodeGroup) return segments.slice(3);
  return undefined;
}

export function statusObject(
  code: number,
  reason: string,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    details,
    code,
  };
}

function sendStatus(
  response: http.ServerResponse,
  code: number,
  reason: string,
  message: string,
  details?: Readonly<Record<string, unknown>>,
): void {
  sendJson(response, code, statusObject(code, reason, message, details));
}

function sendJson(response: http.ServerResponse, code: number, body: unknown): void {
  const text = JSON.stringify(body);
  // As a real server: large answers are compressed for those who take it, at the quickest level (k8s.io/apiserver
  // endpoints/handlers/responsewriters, 128 KiB), and others are answered meanwhile.
  if (text.length > 128 * 1024 && String(response.req.headers["accept-encoding"]).includes("gzip")) {
    void compressed(text, { level: 1 }).then((bytes) => {
      response.writeHead(code, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(bytes);
    });
    return;
  }
  response.writeHead(code, { "content-type": "application/json" });
  response.end(text);
}

const compressed = promisify(gzip);
