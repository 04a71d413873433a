import type { Colour, Palette } from "../../extension/core/drawing/palette.ts";

/**
 * The theme's colours as literal values. They are asked of elements on the page, as a theme (or the system's forced
 * colours) mixes them from variables in ways that only the browser works out.
 */
export function themeColours(page: Document): Palette {
  const canvas = page.createElement("canvas");
  canvas.width = 1;
  canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const probe = page.createElement("span");
  page.body.append(probe);
  // A background is forced to another colour than a text is.
  probe.style.backgroundColor = "var(--bg)";
  const under = getComputedStyle(probe).backgroundColor;

  const painted = (colour: string): Colour => {
    if (context === null) return [0, 0, 0];
    // A translucent colour is what it looks like on the page.
    for (const layer of [under, colour]) {
      context.fillStyle = layer;
      context.fillRect(0, 0, 1, 1);
    }
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
    return [red, green, blue];
  };
  const text = (value: string, className = ""): Colour => {
    probe.className = className;
    probe.style.color = value;
    return painted(getComputedStyle(probe).color);
  };
  const palette: Palette = {
    background: painted(under),
    tones: {
      text: text("var(--fg)"),
      dim: text("var(--dim)"),
      warning: text("var(--warn)"),
      error: text("var(--bad)"),
    },
    hues: {
      host: text("var(--hue)", "hue-host"),
      0: text("var(--hue)", "hue-0"),
      1: text("var(--hue)", "hue-1"),
      2: text("var(--hue)", "hue-2"),
      3: text("var(--hue)", "hue-3"),
      4: text("var(--hue)", "hue-4"),
    },
    tint: 0.13,
  };
  probe.remove();
  return palette;
}

/** Calls back when the theme changes: VS Code then writes other variables and classes. Returns how to stop it. */
export function onThemeChange(page: Document, callback: () => void): () => void {
  const observer = new MutationObserver(callback);
  const options = { attributes: true, attributeFilter: ["style", "class"] };
  observer.observe(page.documentElement, options);
  observer.observe(page.body, options);
  return () => {
    observer.disconnect();
  };
}
