import type { JSX } from "preact";
import type { AnyReport } from "../../extension/core/report.ts";
import { oneSentence } from "../../extension/core/words.ts";

const confidence = { certain: "certain", likely: "likely, not certain", unknown: "uncertain" } as const;

/** What the identification of the sandbox rests on. */
export function Identification({ report }: { report: AnyReport }): JSX.Element {
  const { sandbox, node } = report;
  const kernel = [
    node.kernelRelease === "" ? "" : `kernel ${node.kernelRelease}`,
    node.cgroupVersion === "unknown" ? "" : `cgroup ${node.cgroupVersion}`,
  ].filter((part) => part !== "");
  return (
    <footer>
      <p>
        {sandboxWords(report)}
        {sandbox.evidence.length > 0 && `How that was found (${confidence[sandbox.confidence]}): `}
        {oneSentence(sandbox.evidence)}
      </p>
      <p>
        {[node.name, ...kernel].join(", ")}. Inode numbers mean something only on this node and until it
        restarts.
      </p>
    </footer>
  );
}

/** Only a pod is expected to have an ID of its sandbox. */
function sandboxWords(report: AnyReport): string {
  const { id } = report.sandbox;
  if (id !== null) return `Sandbox ${id.slice(0, 12)}. `;
  return "pod" in report ? "No ID of a sandbox was found. " : "";
}
