/** A picture or screenshot with a QR code in it: its text. */

import { loadDecoder } from "./decoder";
import { Failure } from "./failure";
import { Cancelled, within } from "./patience";

/** How long one picture may take. */
export const PICTURE_MS = 20_000;
const MOST_BYTES = 20 * 1024 * 1024;
const MOST_PIXELS = 80_000_000;
/** The longer side, in pixels: large codes need many, small ones in large photographs are found in fewer. */
const SIDES = [1600, 3000, 900];

/** Whether these are the first bytes of a picture that browsers know. */
export function isPicture(bytes: Uint8Array, type: string): boolean {
  const head = String.fromCharCode(...bytes.subarray(0, 12));
  return type.startsWith("image/") || /^(\x89PNG|\xFF\xD8\xFF|GIF8|BM|RIFF....WEBP|....ftyp(avif|heic|mif1))/s.test(head);
}

/** The text of the QR code in it. `name` is for the words of failures. */
export async function readPicture(file: Blob, name: string, cancel: AbortSignal): Promise<string> {
  const bad = new Failure("bad-picture", { values: { name } });
  if (file.size > MOST_BYTES) throw bad;
  const [width, height] = await declaredSize(file);
  if (width * height > MOST_PIXELS) throw bad;
  try {
    return await within(PICTURE_MS, (signal) => decode(file, name, signal), cancel);
  } catch (error) {
    throw error instanceof Failure || error instanceof Cancelled ? error : bad;
  }
}

async function decode(file: Blob, name: string, signal: AbortSignal): Promise<string> {
  const find = await loadDecoder(signal);
  const bitmap = await createImageBitmap(file);
  try {
    const longer = Math.max(bitmap.width, bitmap.height);
    const sides = new Set(SIDES.map((side) => Math.min(side, longer)));
    for (const side of sides) {
      const found = await find(pixels(bitmap, bitmap.width, bitmap.height, side / longer), true);
      if (found !== undefined) return found;
      // Lets the page breathe, and the limit strike.
      await new Promise((next) => { setTimeout(next); });
      signal.throwIfAborted();
    }
  } finally {
    bitmap.close();
  }
  throw new Failure("no-code", { values: { name } });
}

let canvas: HTMLCanvasElement | undefined;

/** The pixels of a picture or of a camera's frame, scaled. */
export function pixels(source: CanvasImageSource, width: number, height: number, scale = 1): ImageData {
  canvas ??= document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("no canvas");
  // Transparent pictures are meant to stand on white.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** Width and height as PNG and JPEG say them at their beginning: a small file can claim to be a huge picture. */
async function declaredSize(file: Blob): Promise<[number, number]> {
  const bytes = new Uint8Array(await file.slice(0, 256 * 1024).arrayBuffer());
  const view = new DataView(bytes.buffer);
  if (bytes[0] === 0x89 && bytes.length >= 24) return [view.getUint32(16), view.getUint32(20)];
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return [0, 0];
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = bytes[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return [view.getUint16(at + 7), view.getUint16(at + 5)];
  }
  return [0, 0];
}
