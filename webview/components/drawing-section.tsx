import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { AnyReport } from "../../extension/core/report.ts";
import { loadDrawing, type DrawingBundle } from "../drawing/load-drawing.ts";
import type { Post } from "../host.ts";

/** The second drawing, for documents and talks: nothing of it is loaded or rendered until it is opened. */
export function DrawingSection({ report, post }: { report: AnyReport; post: Post }): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const [bundle, setBundle] = useState<DrawingBundle | "failed" | null>(null);

  useEffect(() => {
    const { current } = place;
    if (current === null || bundle === null || bundle === "failed") return;
    if (open) bundle.show(current, report, post);
    else bundle.close(current);
  }, [open, bundle, report, post]);

  const toggle = async (opened: boolean): Promise<void> => {
    setOpen(opened);
    if (!opened || (bundle !== null && bundle !== "failed")) return;
    try {
      const loaded = await loadDrawing(document);
      setBundle(() => loaded);
    } catch {
      setBundle("failed");
    }
  };
  return (
    <details
      class="drawing-section"
      data-keep="drawing"
      onToggle={({ currentTarget }) => void toggle(currentTarget.open)}
    >
      <summary>{l10n.t("Drawing for documents and talks")}</summary>
      <div ref={place} />
      {bundle === "failed" && (
        <p role="alert">{l10n.t("The drawing could not be loaded. Close and open it again.")}</p>
      )}
    </details>
  );
}
