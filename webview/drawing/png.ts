/** Pixels of the file for one of the drawing: sharp on a slide. */
const scale = 2;
/** Pixels on one side; browsers make no larger canvas. */
const largestSide = 16_000;

/**
 * An SVG document as a PNG file, base64.
 *
 * @throws Error - where the browser cannot draw it.
 */
export async function pngOf(svg: string, width: number, height: number): Promise<string> {
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const times = Math.min(scale, largestSide / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.floor(width * times);
    canvas.height = Math.floor(height * times);
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const [, data = ""] = canvas.toDataURL("image/png").split(",");
    if (data === "") throw new Error("The browser made no picture of the drawing.");
    return data;
  } finally {
    URL.revokeObjectURL(url);
  }
}
