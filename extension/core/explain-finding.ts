import * as l10n from "@vscode/l10n";
import type { Finding } from "./report.ts";

/** Why this kind of finding is worth saying, as one sentence; the README's paragraph of the same name says more. */
export function explainFinding({ code }: Pick<Finding, "code">): string {
  switch (code) {
    case "sharing-differs":
      return l10n.t("One Linux namespace was asked for and the kernel shows another, seen in two readings.");
    case "sharing-unverified":
      return l10n.t("A verdict takes both links, and the kernel showed only one of them.");
    case "needs-root":
      return l10n.t(
        "The kernel shows another user's links only to who may trace that process, which root may.",
      );
    case "unsupported-type":
      return l10n.t("This type came with a later kernel than the node's, so there is nothing to share.");
    case "no-main-process":
      return l10n.t(
        "The API and the node disagree on whether the container runs, as they may while it starts or ends.",
      );
    case "read-raced":
      return l10n.t("Processes come and go, and what was half read would be wrong.");
    case "truncated":
      return l10n.t("A reading takes only so many processes, so that it does not burden the node.");
    case "no-sandbox-found":
      return l10n.t("The pause container usually holds the Pod's Linux namespaces, and none was found.");
    case "sandbox-inferred":
      return l10n.t(
        "The runtime's own files were not readable, so the pause container was told by its cgroup and name.",
      );
    case "leftover-sandbox":
      return l10n.t("A Pod gets a new sandbox when the old one dies, and the old one is not gone yet.");
    case "sandboxed-runtime":
      return l10n.t(
        "The RuntimeClass gives the Pod a kernel of its own, whose Linux namespaces the node cannot show.",
      );
    case "process-elsewhere":
      return l10n.t("A process may move itself with unshare or setns, as browsers and nested containers do.");
    case "thread-elsewhere":
      return l10n.t(
        "setns and unshare act on a single thread, which network plugins written in Go make use of.",
      );
    case "zombies":
      return l10n.t("An ended process keeps its PID until its parent asks how it ended.");
    case "nested-node":
      return l10n.t(
        "The node runs in a container, as those of kind do, so that its own is not the machine's.",
      );
    case "other-machine":
      return l10n.t("The boot ID that was read is not the one that the kubelet reported.");
    case "outsider":
      return l10n.t("Whoever is in a Linux namespace of the Pod sees what its containers see there.");
    case "held-by-nothing":
      return l10n.t("A Linux namespace ends with its last process when nothing else holds it.");
    case "unclaimed-sandbox":
      return l10n.t("The node runs what the API does not know, or knows elsewhere.");
    case "unused-pin":
      return l10n.t("A bind mount keeps a Linux namespace alive that no process was seen in.");
    case "pod-without-sandbox":
      return l10n.t("The API says that the Pod runs, and the node has no process of it.");
  }
}
