import * as l10n from "@vscode/l10n";
import { lifetimeSeconds } from "../nodes/debug-pod/manifest.ts";
import type { DebugPodQuestion } from "../nodes/debug-pod/ports.ts";
import { oneLine } from "./text.ts";

/** What the user is asked before a debug pod is made. */
export interface ConsentWords {
  readonly question: string;
  /** Several lines of plain text. */
  readonly detail: string;
}

export function consentWords(question: DebugPodQuestion): ConsentWords {
  const line = (name: string, value: string): string => `${name}: ${oneLine(value)}`;
  return {
    question: l10n.t("Create a privileged debug pod on {0}?", oneLine(question.node)),
    detail: [
      l10n.t(
        "Whoever can use such a pod controls the node: it is privileged, is among the node's processes (hostPID), uses its network, and can reach its files. That is you, and whoever may exec into pods there. The node is read through it; nothing there is changed, but that the node may pull the image.",
      ),
      "",
      line(l10n.t("Context"), question.context),
      line(l10n.t("Kubernetes namespace"), question.namespace),
      line(l10n.t("Image"), question.image),
      "",
      l10n.t(
        "It is deleted when it is no longer used, at the latest when this window closes; after a crash, when this extension runs again. Should nothing delete it, its container ends by itself {0} minutes after it began; the ended pod then stays listed until somebody deletes it.",
        lifetimeSeconds / 60,
      ),
    ].join("\n"),
  };
}

/** What the status bar says of the debug pods that this window has. */
export function debugPodStatusWords(names: readonly string[]): {
  readonly text: string;
  readonly tooltip: string;
} {
  const [only = ""] = names;
  const listed = names.map((name) => oneLine(name)).join(", ");
  return {
    text:
      names.length === 1 ? l10n.t("Debug pod {0}", oneLine(only)) : l10n.t("{0} debug pods", names.length),
    tooltip: l10n.t("Made to read nodes, and deleted when no longer used: {0}. Click to delete now.", listed),
  };
}
