import { isDrawingSvg } from "../core/drawing/check-svg.ts";
import { SandboxError } from "../core/errors.ts";

/** PNG specification, 5.2: each file begins with these bytes. */
const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * The file of a drawing that the panel has made. Nothing that comes from a webview becomes a file unless it is what it
 * says: our own SVG without scripts and links, or a PNG.
 *
 * @param data - the SVG document, or the PNG file in base64.
 * @throws SandboxError - `internal` where it is something else.
 */
export function drawingBytes(format: "svg" | "png", data: string): Uint8Array {
  if (format === "svg") {
    if (!isDrawingSvg(data)) throw new SandboxError("internal", "the panel's SVG is not a drawing of ours");
    return new TextEncoder().encode(data);
  }
  const bytes = Buffer.from(data, "base64");
  const isBase64 = data.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(data);
  if (!isBase64 || !pngSignature.every((byte, index) => bytes[index] === byte))
    throw new SandboxError("internal", "the panel's PNG is not a PNG");
  return bytes;
}
