// What both sides must know of how much a message may hold: what is more is not sent, as the host would drop it unsaid.

/** Characters; a drawing of 20 containers has 30,000 as SVG and 500,000 as PNG. */
export const longestDrawing = 40_000_000;
