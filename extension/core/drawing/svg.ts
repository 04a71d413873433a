import type { Badge, Drawing, Label, Line, Rectangle, Shape } from "./model.ts";
import { hex, mixed, readableOn, type Colour, type Palette } from "./palette.ts";

/** An element of an SVG document with literal values only: the page shows it, and the file is written from it. */
export interface SvgElement {
  readonly name: "svg" | "title" | "desc" | "rect" | "line" | "text" | "tspan" | "g";
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (SvgElement | string)[];
}

/** No wider than what `textWidth` counts with, on any system. */
const fonts =
  "'Segoe UI', 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', Arial, 'DejaVu Sans', sans-serif";

export function svgOf(drawing: Drawing, palette: Palette): SvgElement {
  const { width, height, title, description, shapes, lines, badges, labels } = drawing;
  const page = { x: 0, y: 0, width, height };
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width: number(width),
      height: number(height),
      viewBox: `0 0 ${number(width)} ${number(height)}`,
      role: "img",
      "aria-labelledby": "drawing-title",
      "aria-describedby": "drawing-description",
      "font-family": fonts,
    },
    [
      element("title", { id: "drawing-title" }, [title]),
      element("desc", { id: "drawing-description" }, [description]),
      element("rect", { ...box(page), fill: hex(palette.background) }),
      ...shapes.filter(({ kind }) => kind !== "lane").map((shape) => shapeElement(shape, palette)),
      ...lines.map((line) => lineElement(line, palette)),
      // Lanes lie on the line that strings them together.
      ...shapes.filter(({ kind }) => kind === "lane").map((shape) => shapeElement(shape, palette)),
      ...badges.map((badge) => badgeElement(badge, palette)),
      ...labels.map((label) => labelElement(label, palette)),
    ],
  );
}

function element(
  name: SvgElement["name"],
  attributes: SvgElement["attributes"],
  children: SvgElement["children"] = [],
): SvgElement {
  return { name, attributes, children };
}

/** To a tenth of a pixel. */
function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function box({ x, y, width, height }: Rectangle): Readonly<Record<string, string>> {
  return { x: number(x), y: number(y), width: number(width), height: number(height) };
}

function shapeElement(shape: Shape, palette: Palette): SvgElement {
  const { background, tones, hues, tint } = palette;
  const { kind, look } = shape;
  const hue = shape.hue === null ? tones.dim : hues[shape.hue];
  const quiet = mixed(tones.text, background, 0.35);
  const dashes = { "stroke-dasharray": "5 4" };
  const common = { ...box(shape), rx: kind === "container" ? "7" : "12" };
  switch (kind) {
    case "node":
      return element("rect", {
        ...common,
        fill: hex(mixed(tones.text, background, 0.035)),
        stroke: hex(hue),
        "stroke-width": "1.5",
      });
    case "area":
      return element("rect", {
        ...common,
        fill: hex(mixed(hue, background, tint)),
        stroke: hex(hue),
        "stroke-width": "1.8",
      });
    case "unseen":
      return element("rect", { ...common, fill: "none", stroke: hex(quiet), ...dashes });
    case "lane":
      return element("rect", {
        ...common,
        rx: "6",
        fill: hex(mixed(hue, background, tint * 1.6)),
        stroke: hex(hue),
        "stroke-width": "1.5",
      });
    case "container": {
      const stroke = {
        plain: quiet,
        dashed: quiet,
        strong: tones.text,
        warning: tones.warning,
        error: tones.error,
      };
      return element("rect", {
        ...common,
        fill: hex(background),
        stroke: hex(stroke[look]),
        "stroke-width": look === "plain" || look === "dashed" ? "1" : "2",
        ...(look === "plain" || look === "strong" ? {} : dashes),
      });
    }
  }
}

function lineElement({ x1, y1, x2, y2, hue }: Line, { tones, hues, background }: Palette): SvgElement {
  const colour: Colour = hue === null ? mixed(tones.text, background, 0.2) : hues[hue];
  return element("line", {
    x1: number(x1),
    y1: number(y1),
    x2: number(x2),
    y2: number(y2),
    stroke: hex(colour),
    "stroke-width": hue === null ? "1" : "2",
  });
}

function badgeElement(badge: Badge, { hues, tones, background }: Palette): SvgElement {
  const hue = hues[badge.hue];
  return element("g", {}, [
    element("rect", { ...box(badge), rx: "4", fill: hex(hue) }),
    element(
      "text",
      {
        x: number(badge.x + badge.width / 2),
        y: number(badge.y + badge.height / 2 + 4),
        "font-size": "11",
        "font-weight": "700",
        "text-anchor": "middle",
        fill: hex(readableOn(hue, background, tones.text)),
      },
      [badge.letter],
    ),
  ]);
}

function labelElement({ x, y, lead, text, full, size, bold, tone }: Label, { tones }: Palette): SvgElement {
  const words =
    lead === ""
      ? [text]
      : [element("tspan", { "font-weight": "600" }, [lead]), text === "" ? "" : ` ${text}`];
  return element(
    "text",
    {
      x: number(x),
      y: number(y),
      "font-size": number(size),
      ...(bold ? { "font-weight": "600" } : {}),
      fill: hex(tones[tone]),
    },
    [...(full === null ? [] : [element("title", {}, [full])]), ...words],
  );
}

/** The document as a file: well-formed XML for every drawing that `layOut` makes. */
export function svgText(root: SvgElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${written(root)}\n`;
}

function written(node: SvgElement | string): string {
  if (typeof node === "string") return escaped(node);
  const { name, attributes, children } = node;
  const inTag = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const start = `<${name}${inTag.join("")}`;
  return children.length === 0 ? `${start}/>` : `${start}>${children.map(written).join("")}</${name}>`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
