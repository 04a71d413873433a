import type * as entry from "./entry.tsx";

export type DrawingBundle = typeof entry;

declare global {
  interface Window {
    /** Set by the bundle of the drawing (build.mjs, globalName). */
    readonly sandboxDrawing?: DrawingBundle;
  }
}

/**
 * Loads the drawing's bundle from beside the panel's own, with the nonce that the page's policy asks for.
 *
 * @throws Error - where it cannot be loaded.
 */
export async function loadDrawing(page: Document): Promise<DrawingBundle> {
  if (window.sandboxDrawing === undefined) await runScript(page);
  if (window.sandboxDrawing === undefined) throw new Error("drawing.js did not say what it is");
  return window.sandboxDrawing;
}

function runScript(page: Document): Promise<void> {
  const own = page.querySelector<HTMLScriptElement>("script[nonce][src]");
  return new Promise((resolve, reject) => {
    if (own === null) {
      reject(new Error("the page has no script to load another one beside"));
      return;
    }
    const script = page.createElement("script");
    script.nonce = own.nonce;
    script.src = new URL("drawing.js", own.src).href;
    script.addEventListener("load", () => {
      resolve();
    });
    script.addEventListener("error", () => {
      script.remove();
      reject(new Error("drawing.js could not be loaded"));
    });
    page.head.append(script);
  });
}
