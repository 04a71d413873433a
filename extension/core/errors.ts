/** Why something could not be done. The closed list behind every message; see error-text.ts for the sentences. */
export type ErrorReason =
  | "kubeconfig-missing"
  | "kubeconfig-invalid"
  | "context-missing"
  | "credentials-failed"
  | "unauthorized"
  | "forbidden"
  | "api-unreachable"
  | "api-tls"
  | "api-timeout"
  | "api-error"
  | "pod-gone"
  | "pod-not-scheduled"
  | "pod-finished"
  | "pod-windows"
  | "node-virtual"
  | "node-windows"
  | "sandbox-gone"
  | "node-gone"
  | "node-no-address"
  | "ssh-config-invalid"
  | "ssh-unresolved"
  | "ssh-refused"
  | "ssh-timeout"
  | "ssh-unreachable"
  | "ssh-unsupported"
  | "ssh-host-key-unknown"
  | "ssh-host-key-changed"
  | "ssh-host-key-revoked"
  | "ssh-auth-failed"
  | "ssh-key-unreadable"
  | "ssh-connection-lost"
  | "ssh-program"
  | "ssh-untrusted"
  | "needs-answer"
  | "become-password"
  | "become-failed"
  | "container-engine"
  | "container-gone"
  | "local-not-node"
  | "debug-pod-forbidden"
  | "debug-pod-refused"
  | "debug-pod-failed"
  | "debug-pod-left"
  | "node-no-shell"
  | "node-other-command"
  | "probe-timeout"
  | "probe-too-large"
  | "probe-output"
  | "setting-invalid"
  | "snapshot-invalid"
  | "bad-argument"
  | "cancelled"
  | "internal";

/**
 * The one error type of the product. `message` is the technical detail for the log, free of secrets;
 * people are shown what error-text.ts says of `reason`, with `facts` filled in.
 */
export class SandboxError extends Error {
  readonly reason: ErrorReason;
  /** Values for the sentence: names, addresses, fingerprints. Untrusted text, never secrets. */
  readonly facts: Readonly<Record<string, string>>;

  constructor(
    reason: ErrorReason,
    message: string,
    options: { cause?: unknown; facts?: Readonly<Record<string, string>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "SandboxError";
    this.reason = reason;
    this.facts = options.facts ?? {};
  }
}

/**
 * Whether the way onto a node has failed, so that another may do. Not so where the node's identity is in doubt, which is
 * to be looked into and not to be gone around; nor where a way has only been cut, which trying again mends.
 */
export function isAboutTheWay(reason: ErrorReason): boolean {
  return waysEnd.includes(reason);
}

const waysEnd: readonly ErrorReason[] = [
  "node-no-address",
  "ssh-config-invalid",
  "ssh-unresolved",
  "ssh-refused",
  "ssh-timeout",
  "ssh-unreachable",
  "ssh-unsupported",
  "ssh-host-key-unknown",
  "ssh-auth-failed",
  "ssh-key-unreadable",
  "ssh-program",
  "ssh-untrusted",
  "become-password",
  "become-failed",
  "container-engine",
  "container-gone",
  "local-not-node",
  "debug-pod-forbidden",
  "debug-pod-refused",
  "debug-pod-failed",
  "node-no-shell",
  "node-other-command",
];

/** Anything thrown, as a SandboxError: our own as it is, everything else as `internal`. */
export function asSandboxError(thrown: unknown): SandboxError {
  if (thrown instanceof SandboxError) return thrown;
  if (thrown instanceof Error && thrown.name === "AbortError") {
    return new SandboxError("cancelled", thrown.message, { cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new SandboxError("internal", message, { cause: thrown });
}
