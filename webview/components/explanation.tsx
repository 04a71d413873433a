import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import { phrase } from "../../extension/core/phrase.ts";
import type { AnyReport } from "../../extension/core/report.ts";
import { Words } from "./words.tsx";

/** For somebody who meets all this for the first time. */
export function Explanation({ report }: { report: AnyReport }): JSX.Element {
  return (
    <details class="explanation" data-keep="explanation">
      <summary>{l10n.t("What is this?")}</summary>
      <p>
        {subjectWords(report)}{" "}
        <Words
          of={phrase(
            isProcesses(report)
              ? l10n.t(
                  "The kernel puts each process into one **Linux namespace** of each type; two processes in the same one see the same network, hostname, files and so on. Each row of the table is a type, each column a group of processes, and the number is the kernel's own name for that Linux namespace (the inode behind /proc/PID/ns).",
                )
              : l10n.t(
                  "The kernel puts each process into one **Linux namespace** of each type; two processes in the same one see the same network, hostname, files and so on. Each row of the table is a type, each column a container, and the number is the kernel's own name for that Linux namespace (the inode behind /proc/PID/ns).",
                ),
          )}
        />
      </p>
      <HolderWords report={report} />
      <ul class="legend">
        <li>
          <span class="cell group hue-0" aria-hidden="true">
            A
          </span>
          {l10n.t("shared: the same letter is the same Linux namespace")}
        </li>
        <li>
          <span class="cell read" aria-hidden="true" />
          {l10n.t("its own: no other column is in it")}
        </li>
        <li>
          <span class="cell group hue-host" aria-hidden="true">
            ●
          </span>
          {l10n.t("the node's own, not isolated from it")}
        </li>
        <li>
          <span class="cell unread" aria-hidden="true" />
          {l10n.t("could not be read")}
        </li>
        <li>
          <span class="cell marked warning" aria-hidden="true">
            ▲
          </span>
          {l10n.t("not as it was asked for")}
        </li>
        <li>
          <span class="cell read" data-lit aria-hidden="true" />
          {l10n.t("framed: the Linux namespace that you look at, wherever it is shown")}
        </li>
        <li>
          <span class="line hue-0" aria-hidden="true" />
          {l10n.t("the band goes on behind a cell that is not in it")}
        </li>
      </ul>
    </details>
  );
}

function isProcesses(report: AnyReport): boolean {
  return "other" in report && report.other.kind === "processes";
}

function subjectWords(report: AnyReport): string {
  if ("pod" in report) return l10n.t("A pod's containers are ordinary processes on the node.");
  return isProcesses(report)
    ? l10n.t("Not only containers are isolated: any process can be, by unshare(1), a browser or systemd.")
    : l10n.t("Containers are ordinary processes on the node.");
}

/** Why there is a process that does nothing; or why, in a pod, there is none. */
function HolderWords({ report }: { report: AnyReport }): JSX.Element | null {
  const infra = report.containers.find(({ kind }) => kind === "infra");
  if (infra !== undefined) {
    return (
      <p>
        <Words
          of={phrase(
            "pod" in report
              ? l10n.t(
                  "**{0}** is a tiny process that was started first and does nothing but wait: its Linux namespaces stay alive as long as it does, the others join them, and so a container can crash and come back without the pod losing its network.",
                )
              : l10n.t(
                  "**{0}** is the one that the others joined (the infra container): its Linux namespaces stay alive as long as it does, so that the others can crash and come back into them.",
                ),
            infra.name,
          )}
        />
      </p>
    );
  }
  return report.sandbox.holder.kind === "pinned" ? (
    <p>
      <Words
        of={phrase(
          l10n.t(
            "Nothing has to run to keep a Linux namespace alive: this runtime mounts each shared one onto a file (a **bind mount**), and the containers join it from there. So there is no pause process.",
          ),
        )}
      />
    </p>
  ) : null;
}
