import type { Hue, Tone } from "./model.ts";

/** Red, green, blue: 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

export interface Palette {
  readonly background: Colour;
  readonly tones: Readonly<Record<Tone, Colour>>;
  readonly hues: Readonly<Record<Hue, Colour>>;
  /** 0 to 1: how much of its hue an area has. */
  readonly tint: number;
}

/** Dark on white: each hue is readable as text on white and on its own tint, also in a grey copy. */
export const printColours: Palette = {
  background: [255, 255, 255],
  tones: { text: [17, 17, 17], dim: [70, 70, 70], warning: [130, 70, 0], error: [165, 20, 20] },
  hues: {
    host: [95, 95, 95],
    0: [15, 75, 150],
    1: [105, 40, 130],
    2: [30, 105, 45],
    3: [160, 65, 0],
    4: [110, 85, 0],
  },
  tint: 0.07,
};

/** `share` of one colour, the rest of another. */
export function mixed(colour: Colour, other: Colour, share: number): Colour {
  const of = (a: number, b: number): number => Math.round(a * share + b * (1 - share));
  return [of(colour[0], other[0]), of(colour[1], other[1]), of(colour[2], other[2])];
}

export function hex(colour: Colour): string {
  return `#${colour.map((part) => Math.min(255, Math.max(0, part)).toString(16).padStart(2, "0")).join("")}`;
}

/** Whichever of the two stands out more against it (WCAG 2.2, contrast ratio). */
export function readableOn(colour: Colour, one: Colour, other: Colour): Colour {
  return contrast(colour, one) >= contrast(colour, other) ? one : other;
}

/** 1 to 21. */
export function contrast(one: Colour, other: Colour): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** Relative luminance of sRGB (WCAG 2.2). */
function luminance([red, green, blue]: Colour): number {
  const linear = (part: number): number => {
    const share = part / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}
