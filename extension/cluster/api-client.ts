import * as http from "node:http";
import * as https from "node:https";
import { StringDecoder } from "node:string_decoder";
import { createGunzip } from "node:zlib";
import { SandboxError } from "../core/errors.ts";
import {
  ApiStatusError,
  connectionError,
  type Question,
  type Server,
  statusMessage,
  timeoutError,
} from "./api-errors.ts";
import { type ApiRequest, type KubeApi, parseJson, type SocketApi } from "./kube-api.ts";
import type { WebSocket } from "./library.ts";
import type { Session } from "./session.ts";

/** A page of the largest size with the largest objects stays below; what is longer is no list of pods. */
const maxBodyBytes = 256 * 1024 * 1024;
/** etcd takes objects of 1.5 MB by default; as an event they grow by quoting. */
const maxLineLength = 16 * 1024 * 1024;

/** Connections that nobody uses are closed after this, so that a client which is left behind leaves nothing open. */
const idleMs = 60_000;

const methods = { get: "GET", list: "GET", watch: "GET", create: "POST", delete: "DELETE" } as const;

/**
 * Asks an API server over node:https. Not fetch: VS Code's proxy and certificate settings reach node:https,
 * and the dispatchers of fetch are not exchangeable between Node.js versions. Throws SandboxError; never shows a secret.
 */
export class ApiClient implements KubeApi, SocketApi {
  readonly #openSession: () => Promise<Session>;
  readonly #timeoutMs: number;
  readonly #life = new AbortController();
  readonly #agents = {
    http: new http.Agent({ keepAlive: true, timeout: idleMs }),
    https: new https.Agent({ keepAlive: true, timeout: idleMs }),
  };
  #session: Promise<Session>;

  /** @param openSession - reads the kubeconfig anew; called again when the server no longer takes the credentials. */
  constructor(session: Session, openSession: () => Promise<Session>, timeoutMs: number) {
    this.#session = Promise.resolve(session);
    this.#openSession = openSession;
    this.#timeoutMs = timeoutMs;
  }

  async json(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    const deadline = new Deadline(this.#timeoutMs, [signal, this.#life.signal]);
    try {
      const {
        answer: response,
        server,
        secrets,
      } = await this.#open(request, deadline, this.#exchange(request, deadline.signal));
      const body = parseJson(await deadline.guard(server, readBody(response)));
      if (!isSuccess(response)) raise(response, body, request, server, secrets);
      if (body === undefined) {
        throw new ApiStatusError(200, "the answer is not JSON", { server, question: request });
      }
      return body;
    } catch (error) {
      // Of an answer that is not read to its end the connection would stay.
      deadline.abort();
      throw error;
    } finally {
      deadline.stop();
    }
  }

  async *lines(
    request: ApiRequest,
    signal: AbortSignal,
    onOpen: () => void,
  ): AsyncGenerator<string, void, undefined> {
    const deadline = new Deadline(this.#timeoutMs, [signal, this.#life.signal]);
    try {
      const {
        answer: response,
        server,
        secrets,
      } = await this.#open(request, deadline, this.#exchange(request, deadline.signal));
      if (response.statusCode !== 200) {
        const text = await deadline.guard(server, readBody(response));
        raise(response, parseJson(text), request, server, secrets);
      }
      deadline.stop();
      onOpen();
      const decoder = new StringDecoder("utf8");
      let rest = "";
      try {
        for await (const chunk of response) {
          const parts = (rest + decoder.write(chunk)).split("\n");
          rest = parts.pop() ?? "";
          if (rest.length > maxLineLength) {
            throw new SandboxError("api-error", "a line of the watch is too long");
          }
          for (const part of parts) if (part !== "") yield part;
        }
      } catch (error) {
        throw deadline.explain(server, error);
      }
    } finally {
      deadline.stop();
    }
  }

  async socket(request: ApiRequest, protocols: readonly string[], signal: AbortSignal): Promise<WebSocket> {
    const deadline = new Deadline(this.#timeoutMs, [signal, this.#life.signal]);
    try {
      const { WebSocket: Socket } = await import("./library.ts");
      const upgrade = (url: URL, options: https.RequestOptions): Promise<WebSocket | http.IncomingMessage> =>
        openSocket(() => new Socket(url, [...protocols], { ...options, ...socketOptions }), deadline.signal);
      const { answer, server, secrets } = await this.#open(request, deadline, upgrade);
      if (!(answer instanceof http.IncomingMessage)) return answer;
      const text = await deadline.guard(server, readBody(answer));
      return raise(answer, parseJson(text), request, server, secrets);
    } catch (error) {
      deadline.abort();
      throw error;
    } finally {
      deadline.stop();
    }
  }

  /** Ends every request; those still waiting fail as `cancelled`. */
  close(): void {
    this.#life.abort();
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  async #open<T extends Answer>(
    request: ApiRequest,
    deadline: Deadline,
    ask: Exchange<T>,
  ): Promise<Opened<T>> {
    const opening = this.#session;
    const session = await opening;
    const opened = await this.#send(session, request, deadline, ask);
    const { answer } = opened;
    if (!(answer instanceof http.IncomingMessage) || answer.statusCode !== 401) return opened;
    // Expired: somebody may have signed in again since, and a plugin gets the chance to fetch new credentials. Once.
    answer.resume();
    if (this.#session === opening) {
      const renewed = this.#openSession();
      this.#session = renewed.catch(() => session);
      await renewed;
    }
    return this.#send(await this.#session, request, deadline, ask);
  }

  async #send<T extends Answer>(
    session: Session,
    request: ApiRequest,
    deadline: Deadline,
    ask: Exchange<T>,
  ): Promise<Opened<T>> {
    const { server } = session;
    deadline.stop();
    const options = await session.requestOptions(deadline.signal);
    deadline.start();
    const url = new URL(session.url + request.path);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      for (const one of typeof value === "string" ? [value] : value) url.searchParams.append(name, one);
    }
    const full: https.RequestOptions = {
      ...options,
      agent: session.proxied ? options.agent : undefined,
      headers: { ...headersOf(options), "user-agent": "pod-sandbox-explorer" },
    };
    return { answer: await deadline.guard(server, ask(url, full)), server, secrets: secretsOf(options) };
  }

  /** How a request is sent, except where a stream is asked for. */
  #exchange(request: ApiRequest, signal: AbortSignal): Exchange<http.IncomingMessage> {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    return (url, options) => {
      const own = url.protocol === "https:" ? this.#agents.https : this.#agents.http;
      const headers = {
        ...headersOf(options),
        accept: "application/json",
        ...(request.verb === "watch" ? {} : { "accept-encoding": "gzip" }),
        ...(body === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      };
      const agent = options.agent ?? own;
      return sendRequest(url, { ...options, agent, signal, method: methods[request.verb], headers }, body);
    };
  }
}

type Answer = http.IncomingMessage | WebSocket;

/** Sends one request as these options have it. */
type Exchange<T extends Answer> = (url: URL, options: https.RequestOptions) => Promise<T>;

interface Opened<T extends Answer> {
  readonly answer: T;
  readonly server: Server;
  readonly secrets: readonly string[];
}

/** A time limit that tells its own end from a cancellation. */
class Deadline {
  readonly signal: AbortSignal;
  readonly #ms: number;
  readonly #outer: AbortSignal;
  readonly #own = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #passed = false;

  constructor(ms: number, signals: readonly AbortSignal[]) {
    this.#ms = ms;
    this.#outer = AbortSignal.any([...signals]);
    this.signal = AbortSignal.any([this.#outer, this.#own.signal]);
  }

  start(): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.#passed = true;
      this.#own.abort();
    }, this.#ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  abort(): void {
    this.#own.abort();
  }

  async guard<T>(server: Server, promise: Promise<T>): Promise<T> {
    try {
      return await promise;
    } catch (error) {
      throw this.explain(server, error);
    }
  }

  explain(server: Server, thrown: unknown): SandboxError {
    if (this.#outer.aborted) return new SandboxError("cancelled", "cancelled");
    return this.#passed ? timeoutError(server, this.#ms) : connectionError(thrown, server);
  }
}

function isSuccess({ statusCode = 0 }: http.IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/**
 * A connection kept from before may have been closed by the server in the very moment it was used again: those are tried anew.
 * What is created by such a request may be there already; the server says so then (409).
 */
async function sendRequest(
  url: URL,
  options: https.RequestOptions,
  body: string | undefined,
): Promise<http.IncomingMessage> {
  for (;;) {
    const sent = (url.protocol === "https:" ? https : http).request(url, options);
    sent.end(body);
    try {
      const response = new Promise<http.IncomingMessage>((resolve, reject) => {
        sent.on("response", resolve).on("error", reject);
      });
      return await response;
    } catch (error) {
      if (!sent.reusedSocket || options.signal?.aborted === true) throw error;
    }
  }
}

/** What is sent in one message is far less: what is longer is no answer of ours. */
const socketOptions = { perMessageDeflate: false, maxPayload: 16 * 1024 * 1024 };

/** The socket once it is open, paused; or what the server answered instead. */
function openSocket(connect: () => WebSocket, signal: AbortSignal): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    const socket = connect();
    const giveUp = (): void => socket.terminate();
    signal.addEventListener("abort", giveUp);
    const settle = (): void => signal.removeEventListener("abort", giveUp);
    socket.once("open", () => {
      settle();
      socket.pause();
      resolve(socket);
    });
    // Ends with the signal, when its body has been read.
    socket.once("unexpected-response", (_request, response) => resolve(response));
    socket.on("error", (error) => {
      settle();
      reject(error);
    });
    if (signal.aborted) giveUp();
  });
}

async function readBody(response: http.IncomingMessage): Promise<string> {
  const gzipped = response.headers["content-encoding"] === "gzip";
  // pipe() alone does not pass an error on: a connection cut in the middle would leave the reader waiting.
  const source = gzipped ? response.pipe(createGunzip()) : response;
  if (source !== response) response.on("error", (error) => source.destroy(error));
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > maxBodyBytes) {
      throw new SandboxError("api-error", `an answer of more than ${maxBodyBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function raise(
  response: http.IncomingMessage,
  body: unknown,
  question: Question,
  server: Server,
  secrets: readonly string[],
): never {
  const detail = scrub(statusMessage(body), secrets);
  const retryAfter = response.headers["retry-after"];
  throw new ApiStatusError(response.statusCode ?? 0, detail, { server, question, retryAfter });
}

/** A server, or something in between that plays one, may send back what it was given. */
function scrub(text: string, secrets: readonly string[]): string {
  return secrets.reduce((scrubbed, secret) => scrubbed.replaceAll(secret, "***"), text);
}

/** The library makes them an object, though the type allows a list. */
function headersOf(options: https.RequestOptions): http.OutgoingHttpHeaders {
  return options.headers === undefined || isList(options.headers) ? {} : options.headers;
}

function isList(headers: http.OutgoingHttpHeaders | readonly string[]): headers is readonly string[] {
  return Array.isArray(headers);
}

function secretsOf(options: https.RequestOptions): readonly string[] {
  const authorization = headersOf(options)["Authorization"];
  const token = typeof authorization === "string" ? authorization.replace(/^Bearer /, "") : "";
  const password = options.auth?.replace(/^[^:]*:/, "") ?? "";
  return [token, password].filter((secret) => secret.length > 0);
}
