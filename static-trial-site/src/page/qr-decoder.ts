/** The decoder where the browser has none; a chunk of its own. */

import decodeQR from "qr/decode.js";

/** The text of the code in a picture, if one is found. */
export function findCode(image: ImageData, patient: boolean): string | undefined {
  try {
    return decodeQR(image, { format: "RGBA", timeLimit: patient ? 3_000 : 150, effort: patient ? 8 : 2 });
  } catch {
    return undefined;
  }
}
