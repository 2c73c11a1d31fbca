/** A QR code on the screen, drawn as one path: sharp at any size, with the quiet zone that scanners need. */

import { drawing } from "./view";

/** What a code holds at most, in bytes, at the lowest error correction. */
export const MOST_BYTES = 2953;
const QUIET = 4;

/** The drawing, or nothing where the text is too long. The encoder is loaded for it. */
export async function qrCode(text: string, label: string): Promise<SVGElement | undefined> {
  if (text.length > MOST_BYTES) return undefined;
  const { default: encode } = await import("qr");
  const rows = encode(text, "raw", { ecc: "low", border: QUIET });
  const side = String(rows.length);
  const path = rows.map((row, y) => runs(row).map(([x, length]) => `M${x} ${y}h${length}v1h-${length}z`).join("")).join("");
  return drawing(
    "svg", { class: "qr", role: "img", "aria-label": label, viewBox: `0 0 ${side} ${side}`, "shape-rendering": "crispEdges" },
    drawing("rect", { width: side, height: side, fill: "#fff" }), drawing("path", { d: path, fill: "#000" }),
  );
}

/** Where dark modules stand side by side: begin and length. */
function runs(row: readonly boolean[]): [number, number][] {
  const found: [number, number][] = [];
  row.forEach((dark, x) => {
    const last = found.at(-1);
    if (dark && last && last[0] + last[1] === x) last[1]++;
    else if (dark) found.push([x, 1]);
  });
  return found;
}
