import { SandboxError, type ErrorReason } from "../../core/errors.ts";
import { oneLine } from "../../core/one-line.ts";
import type { SshTarget } from "./target.ts";

/** The part of the way on which something went wrong. */
export type Step = "resolve" | "connect" | "handshake" | "authentication" | "channel" | "command";

type Place = Pick<SshTarget, "node" | "host" | "port" | "user">;

/** A SandboxError with the facts that every message about a connection has: node, host, port, user. */
export function sshError(
  reason: ErrorReason,
  target: Place,
  detail: string,
  options: { cause?: unknown; facts?: Readonly<Record<string, string>> } = {},
): SandboxError {
  const { node, host, port, user } = target;
  return new SandboxError(reason, `${user}@${host}:${port}: ${detail}`, {
    cause: options.cause,
    facts: { node, host, port: String(port), user, detail, ...options.facts },
  });
}

export function timedOut(target: Place, step: Step, ms: number): SandboxError {
  const seconds = String(Math.round(ms / 100) / 10);
  return sshError("ssh-timeout", target, `no answer in ${seconds} s (${step})`, { facts: { step, seconds } });
}

/** Codes of getaddrinfo(3) and connect(2) as Node.js names them. */
const reasonOfCode: Readonly<Record<string, ErrorReason>> = {
  ENOTFOUND: "ssh-unresolved",
  EAI_AGAIN: "ssh-unresolved",
  EAI_FAIL: "ssh-unresolved",
  EAI_NODATA: "ssh-unresolved",
  EAI_NONAME: "ssh-unresolved",
  ENODATA: "ssh-unresolved",
  ECONNREFUSED: "ssh-refused",
  EHOSTUNREACH: "ssh-unreachable",
  EHOSTDOWN: "ssh-unreachable",
  ENETUNREACH: "ssh-unreachable",
  ENETDOWN: "ssh-unreachable",
  EADDRNOTAVAIL: "ssh-unreachable",
  EACCES: "ssh-unreachable",
  EPERM: "ssh-unreachable",
  ETIMEDOUT: "ssh-timeout",
  ECONNRESET: "ssh-connection-lost",
  EPIPE: "ssh-connection-lost",
};

/** An error of the network or of ssh2 as one of ours. */
export function fromSshError(error: unknown, target: Place, step: Step): SandboxError {
  if (error instanceof SandboxError) return error;
  const detail = messageOf(error);
  const reason = reasonOf(error, detail);
  const facts = reason === "ssh-unsupported" ? { step, feature: detail } : { step };
  return sshError(reason, target, detail, { cause: error, facts });
}

function reasonOf(error: unknown, detail: string): ErrorReason {
  const reason = reasonOfCode[codeOf(error) ?? ""];
  if (reason !== undefined) return reason;
  const level = error instanceof Error && "level" in error ? error.level : undefined;
  if (level === "client-authentication") return "ssh-auth-failed";
  // No common algorithm, or not what RFC 4253 lets a server say; for some of the latter ssh2 gives no level.
  if (level === "handshake" || /invalid|malformed|unsupported/i.test(detail)) return "ssh-unsupported";
  return "ssh-connection-lost";
}

/** Where several addresses were tried, the first one's failure speaks for all. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  const text = error instanceof Error ? error.message : String(error);
  return oneLine(text, 300);
}
