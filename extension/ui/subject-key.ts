import type { PanelSubject } from "../protocol/messages.ts";

/**
 * The same for the same sandbox, also after a restart. JSON keeps the parts apart, whatever they hold. What another
 * sandbox is called does not tell it from others.
 */
export function subjectKey(subject: PanelSubject): string {
  return subject.kind === "pod"
    ? JSON.stringify(["pod", subject.context, subject.namespace, subject.name])
    : JSON.stringify(["other", subject.context, subject.node, subject.key]);
}
