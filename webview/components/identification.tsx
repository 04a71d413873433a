import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import type { AnyReport } from "../../extension/core/report.ts";
import { inARow, oneSentence, sentencesOf } from "../../extension/core/words.ts";

/** What the identification of the sandbox rests on. */
export function Identification({ report }: { report: AnyReport }): JSX.Element {
  const { sandbox, node } = report;
  const kernel = [
    node.kernelRelease === "" ? "" : l10n.t("kernel {0}", node.kernelRelease),
    node.cgroupVersion === "unknown" ? "" : `cgroup ${node.cgroupVersion}`,
  ].filter((part) => part !== "");
  return (
    <footer>
      <p>
        {sentencesOf([
          sandboxWords(report),
          sandbox.evidence.length === 0 ? "" : confidenceWords(sandbox.confidence),
          oneSentence(sandbox.evidence),
        ])}
      </p>
      <p>
        {l10n.t(
          "{0}. Inode numbers mean something only on this node and until it restarts.",
          inARow([node.name, ...kernel]),
        )}
      </p>
    </footer>
  );
}

/** Only a pod is expected to have an ID of its sandbox. */
function sandboxWords(report: AnyReport): string {
  const { id } = report.sandbox;
  if (id !== null) return l10n.t("Sandbox {0}.", id.slice(0, 12));
  return "pod" in report ? l10n.t("No ID of a sandbox was found.") : "";
}

function confidenceWords(confidence: AnyReport["sandbox"]["confidence"]): string {
  switch (confidence) {
    case "certain":
      return l10n.t("How that was found (certain):");
    case "likely":
      return l10n.t("How that was found (likely, not certain):");
    case "unknown":
      return l10n.t("How that was found (uncertain):");
  }
}
