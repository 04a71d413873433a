import { SandboxError, type ErrorReason } from "../core/errors.ts";

/** What was asked of the API server, for the sentence that tells why it failed. */
export interface Question {
  readonly verb: "get" | "list" | "watch" | "create" | "delete";
  readonly resource:
    | "pods"
    | "pods/exec"
    | "nodes"
    | "namespaces"
    | "runtimeclasses"
    | "selfsubjectaccessreviews";
  /** undefined for what belongs to no Kubernetes namespace, and for all of them. */
  readonly namespace: string | undefined;
}

/** Who was asked. */
export interface Server {
  readonly context: string;
  readonly host: string;
  readonly port: string;
}

/** The API server answered, but not with what was asked for. */
export class ApiStatusError extends SandboxError {
  /** HTTP status code, or that of a Status object in a watch stream. */
  readonly status: number;
  /** The server's own words; untrusted text, "" where there are none. */
  readonly detail: string;
  /** From the header Retry-After, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    status: number,
    detail: string,
    options: { server?: Server; question: Question; retryAfter?: string | undefined },
  ) {
    const { server, question, retryAfter } = options;
    const at = server === undefined ? "" : ` at ${server.host}`;
    const what = `${question.verb} ${question.resource}${at}: HTTP ${status}`;
    super(reasonOf(status), detail === "" ? what : `${what}: ${detail}`, {
      facts: {
        ...server,
        verb: question.verb,
        resource: question.resource,
        ...(question.namespace === undefined ? {} : { namespace: question.namespace }),
        actual: String(status),
      },
    });
    this.status = status;
    this.detail = detail;
    this.retryAfterMs = parseRetryAfter(retryAfter);
  }
}

/** True for 410 Gone: the resource version or the continue token is older than the server's history. */
export function isExpired(thrown: unknown): boolean {
  return thrown instanceof ApiStatusError && thrown.status === 410;
}

export function isNotFound(thrown: unknown): boolean {
  return thrown instanceof ApiStatusError && thrown.status === 404;
}

function reasonOf(status: number): ErrorReason {
  switch (status) {
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 504:
      return "api-timeout";
    default:
      return "api-error";
  }
}

/** Seconds only: no Kubernetes component sends the form with a date. */
function parseRetryAfter(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : undefined;
}

/** `message` of a Status object (meta/v1), which is what an API server answers with when it does not do as asked. */
export function statusMessage(body: unknown): string {
  if (typeof body !== "object" || body === null || !("message" in body)) return "";
  return typeof body.message === "string" ? body.message.slice(0, 500) : "";
}

/** From OpenSSL through node:tls: X509 verification codes and protocol errors. */
const tlsCode =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO$|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH)/;

/** Anything thrown on the way to the server and back. Libraries' own messages stay out: they may quote what they were given. */
export function connectionError(thrown: unknown, server: Server): SandboxError {
  if (thrown instanceof SandboxError) return thrown;
  const code = codeOf(thrown);
  const detail = isSystemError(thrown) ? thrown.message : code || proxyAnswer(thrown) || nameOf(thrown);
  const message = `${server.host}:${server.port}: ${detail}`;
  const facts = { ...server };
  if (tlsCode.test(code)) return new SandboxError("api-tls", message, { facts });
  // node:zlib
  if (code.startsWith("Z_")) return new SandboxError("api-error", message, { facts });
  if (code === "ETIMEDOUT") return new SandboxError("api-timeout", message, { facts });
  return new SandboxError("api-unreachable", message, { facts });
}

export function timeoutError(server: Server, timeoutMs: number): SandboxError {
  const timeoutSeconds = String(Math.round(timeoutMs / 100) / 10);
  return new SandboxError("api-timeout", `${server.host}:${server.port}: no answer within ${timeoutMs} ms`, {
    facts: { ...server, timeoutSeconds },
  });
}

/** A code such as "ECONNREFUSED"; "" when there is none. */
export function codeOf(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return "";
  return typeof thrown.code === "string" ? thrown.code : "";
}

/** "Bad response: 407", as hpagent has it of a proxy that does not let us through; "" for anything else. */
function proxyAnswer(thrown: unknown): string {
  const [, status] = /^Bad response: (\d{3})$/.exec(thrown instanceof Error ? thrown.message : "") ?? [];
  return status === undefined ? "" : `the proxy answered ${status}`;
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown;
}

/** An error of the operating system: its message is made of the call, the code and the address alone. */
function isSystemError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && "syscall" in thrown;
}
