import { expect, test } from "vitest";
import { layOut } from "../../../extension/core/drawing/layout.ts";
import { printColours } from "../../../extension/core/drawing/palette.ts";
import { svgOf, svgText } from "../../../extension/core/drawing/svg.ts";
import { drawingBytes } from "../../../extension/ui/drawing-bytes.ts";
import { samples } from "../../fixtures/reports/samples.ts";

const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1]).toString("base64");

test("a drawing of ours and a PNG become files", () => {
  const svg = svgText(svgOf(layOut(samples.plain), printColours));
  expect(new TextDecoder().decode(drawingBytes("svg", svg))).toBe(svg);
  expect([...drawingBytes("png", png)].at(-1)).toBe(1);
});

test.each([
  ["svg", "<svg onload='alert(1)'/>"],
  ["svg", png],
  ["png", Buffer.from("<svg/>").toString("base64")],
  ["png", `${png.slice(0, -1)}!`],
  ["png", `${png}\n`],
  ["png", ""],
] as const)("other things do not: %s %s", (format, data) => {
  expect(() => drawingBytes(format, data)).toThrow("the panel's");
});
