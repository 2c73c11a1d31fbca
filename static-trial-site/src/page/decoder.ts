/** Finding a QR code in pixels: by the browser where it can, else by a library that is loaded for it. */

import { Failure } from "./failure";
import { Cancelled, within } from "./patience";

const LOADING_MS = 20_000;

interface Detector {
  detect(image: ImageData): Promise<{ rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}

/** Looks for a code: its text, or nothing. `patient` looks harder, for single pictures. */
export type Decoder = (image: ImageData, patient: boolean) => Promise<string | undefined>;

/** Gets a decoder ready. */
export async function loadDecoder(cancel?: AbortSignal): Promise<Decoder> {
  const own = await ownDetector();
  let load: ReturnType<typeof loadLibrary> | undefined;
  const library: Decoder = async (image, patient) => (await (load ??= loadLibrary(cancel)))(image, patient);
  if (own) {
    return async (image, patient) => {
      const [found] = await own.detect(image).catch(() => []);
      return found?.rawValue ?? (patient ? library(image, patient) : undefined);
    };
  }
  load = loadLibrary(cancel);
  await load;
  return library;
}

async function ownDetector(): Promise<Detector | undefined> {
  const made = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  try {
    if (made && (await made.getSupportedFormats()).includes("qr_code")) return new made({ formats: ["qr_code"] });
  } catch {
    // Some systems have the name, and nothing behind it.
  }
  return undefined;
}

async function loadLibrary(cancel?: AbortSignal): Promise<(image: ImageData, patient: boolean) => string | undefined> {
  try {
    const { findCode } = await within(LOADING_MS, () => import("./qr-decoder"), cancel);
    return findCode;
  } catch (error) {
    throw error instanceof Cancelled ? error : new Failure("chunk", { again: true, detail: String(error) });
  }
}
