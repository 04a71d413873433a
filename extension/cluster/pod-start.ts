import { fieldOf, textOf } from "../core/json.ts";

/** How far a pod with one container has come. Texts are untrusted. */
export type PodStart =
  | { readonly kind: "running" }
  /** `reason` is what the kubelet waits for, "" where it says nothing. */
  | { readonly kind: "waiting"; readonly reason: string }
  | { readonly kind: "failed"; readonly detail: string };

/**
 * Reasons to wait after which waiting does not help (kubernetes pkg/kubelet/images/types.go and
 * pkg/kubelet/kuberuntime): the kubelet would try again for ever.
 */
const hopeless: ReadonlySet<string> = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "ImageInspectError",
  "ErrImageNeverPull",
  "InvalidImageName",
  "RegistryUnavailable",
  "SignatureValidationFailed",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
  "CrashLoopBackOff",
]);

/** @param pod - a Pod object (v1) as the API has it; whatever it is, nothing is thrown. */
export function podStart(pod: unknown): PodStart {
  const over = podEnd(pod);
  if (over !== undefined) return { kind: "failed", detail: over };
  if (textOf(fieldOf(pod, "metadata"), "deletionTimestamp") !== undefined) {
    return { kind: "failed", detail: "it is being deleted" };
  }
  const state = stateOf(pod);
  if (fieldOf(state, "running") !== undefined) return { kind: "running" };
  return { kind: "waiting", reason: textOf(fieldOf(state, "waiting"), "reason") ?? "" };
}

/** Why its container has ended or will never begin; undefined where it runs or may do so yet. */
export function podEnd(pod: unknown): string | undefined {
  const state = stateOf(pod);
  const terminated = fieldOf(state, "terminated");
  if (terminated !== undefined) {
    const code = fieldOf(terminated, "exitCode");
    const exit = typeof code === "number" ? `exit status ${code}` : undefined;
    return words(textOf(terminated, "reason"), textOf(terminated, "message") ?? exit);
  }
  const status = fieldOf(pod, "status");
  const phase = textOf(status, "phase");
  if (phase === "Failed" || phase === "Succeeded") {
    return words(textOf(status, "reason") ?? phase, textOf(status, "message"));
  }
  const waiting = fieldOf(state, "waiting");
  const reason = textOf(waiting, "reason") ?? "";
  return hopeless.has(reason) ? words(reason, textOf(waiting, "message")) : undefined;
}

/** Of its only container. */
function stateOf(pod: unknown): unknown {
  const statuses = fieldOf(fieldOf(pod, "status"), "containerStatuses");
  const [container] = Array.isArray(statuses) ? (statuses as readonly unknown[]) : [];
  return fieldOf(container, "state");
}

function words(reason: string | undefined, message: string | undefined): string {
  return [reason, message].filter((word) => word !== undefined && word !== "").join(": ") || "it ended";
}
