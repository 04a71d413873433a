import * as l10n from "@vscode/l10n";
import { h, type JSX, type VNode } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { layOut } from "../../extension/core/drawing/layout.ts";
import { printColours } from "../../extension/core/drawing/palette.ts";
import { svgOf, svgText, type SvgElement } from "../../extension/core/drawing/svg.ts";
import type { AnyReport } from "../../extension/core/report.ts";
import { longestDrawing } from "../../extension/protocol/limits.ts";
import type { Post } from "../host.ts";
import { pngOf } from "./png.ts";
import { onThemeChange, themeColours } from "./theme-colours.ts";

/** The drawing, in which colours it is, and the buttons that make files of it. */
export function DrawingView({ report, post }: { report: AnyReport; post: Post }): JSX.Element {
  const [forPrint, setForPrint] = useState(false);
  const [theme, setTheme] = useState(() => themeColours(document));
  const [failed, setFailed] = useState(false);
  useEffect(
    () =>
      onThemeChange(document, () => {
        setTheme(themeColours(document));
      }),
    [],
  );
  const drawing = useMemo(() => layOut(report), [report]);
  const svg = useMemo(() => svgOf(drawing, forPrint ? printColours : theme), [drawing, forPrint, theme]);

  const savePng = async (): Promise<void> => {
    try {
      const data = await pngOf(svgText(svg), drawing.width, drawing.height);
      if (data.length > longestDrawing) throw new Error("The picture is too large to be handed over.");
      setFailed(false);
      post({ type: "saveDrawing", format: "png", data });
    } catch {
      setFailed(true);
    }
  };
  return (
    <>
      <fieldset class="drawing-colours">
        <legend>{l10n.t("Colours")}</legend>
        <ColourChoice
          name="theme"
          label={l10n.t("This theme's")}
          chosen={!forPrint}
          choose={() => setForPrint(false)}
        />
        <ColourChoice
          name="print"
          label={l10n.t("For print")}
          chosen={forPrint}
          choose={() => setForPrint(true)}
        />
      </fieldset>
      <div class="drawing" role="region" aria-label={l10n.t("Drawing")} tabIndex={0}>
        {elementOf(svg)}
      </div>
      <div class="buttons" role="group" aria-label={l10n.t("Save the drawing")}>
        <button
          type="button"
          class="button"
          onClick={() => {
            post({ type: "saveDrawing", format: "svg", data: svgText(svg) });
          }}
        >
          {l10n.t("Save as SVG…")}
        </button>
        <button type="button" class="button" onClick={() => void savePng()}>
          {l10n.t("Save as PNG…")}
        </button>
      </div>
      <p role="status">{failed ? l10n.t("The picture could not be made. Save it as SVG instead.") : ""}</p>
    </>
  );
}

function ColourChoice({
  name,
  label,
  chosen,
  choose,
}: {
  name: string;
  label: string;
  chosen: boolean;
  choose: () => void;
}): JSX.Element {
  return (
    <label>
      <input
        type="radio"
        name="drawing-colours"
        data-keep={`drawing-${name}`}
        checked={chosen}
        onChange={choose}
      />{" "}
      {label}
    </label>
  );
}

/** What the file holds, on the page. */
function elementOf(node: SvgElement | string): VNode | string {
  return typeof node === "string" ? node : h(node.name, node.attributes, node.children.map(elementOf));
}
