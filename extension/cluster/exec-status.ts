import { fieldOf, parseJson, textOf } from "../core/json.ts";

/** How a command in a container ended, or why there is none. */
export type ExecStatus =
  | { readonly kind: "ended"; readonly code: number }
  /** `message` is untrusted text. */
  | { readonly kind: "failed"; readonly message: string };

/**
 * What the error channel of an exec carries: a Status object (meta/v1), where a non-zero exit status is a cause of the
 * reason "ExitCode" (k8s.io/apimachinery pkg/util/remotecommand, NonZeroExitCodeReason).
 */
export function parseExecStatus(text: string): ExecStatus {
  const status = parseJson(text);
  if (textOf(status, "status") === "Success") return { kind: "ended", code: 0 };
  const causes = fieldOf(fieldOf(status, "details"), "causes");
  for (const cause of Array.isArray(causes) ? (causes as readonly unknown[]) : []) {
    const code = textOf(cause, "message") ?? "";
    if (textOf(cause, "reason") === "ExitCode" && /^\d{1,3}$/.test(code)) {
      return { kind: "ended", code: Number(code) };
    }
  }
  return { kind: "failed", message: textOf(status, "message") ?? "the status is not understood" };
}
