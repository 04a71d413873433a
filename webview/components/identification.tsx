import type { JSX } from "preact";
import type { SandboxReport } from "../../extension/core/report.ts";
import { oneSentence } from "../../extension/core/words.ts";

const confidence = { certain: "certain", likely: "likely, not certain", unknown: "uncertain" } as const;

/** What the identification of the sandbox rests on. */
export function Identification({ report }: { report: SandboxReport }): JSX.Element {
  const { sandbox, node } = report;
  const kernel = [
    node.kernelRelease === "" ? "" : `kernel ${node.kernelRelease}`,
    node.cgroupVersion === "unknown" ? "" : `cgroup ${node.cgroupVersion}`,
  ].filter((part) => part !== "");
  return (
    <footer>
      <p>
        {sandbox.id === null ? "No sandbox was identified. " : `Sandbox ${sandbox.id.slice(0, 12)}. `}
        {sandbox.evidence.length > 0 && `How that was found (${confidence[sandbox.confidence]}): `}
        {oneSentence(sandbox.evidence)}
      </p>
      {sandbox.holder.paths.length > 0 && <p>Bind mounts: {sandbox.holder.paths.join(", ")}</p>}
      <p>
        {[node.name, ...kernel].join(", ")}. Inode numbers mean something only on this node and until it
        restarts.
      </p>
    </footer>
  );
}
