/** The same vectors for a browser: tests/browser/trial-vectors.test.mjs loads this and hands them over. */

import { hasWebCrypto, useEngine, webCrypto } from "../src/format/engine";
import { library } from "../src/format/library";
import { type Vectors, cases } from "./vectors";

/** What did not come out as it must, and how many were tried. */
async function runVectors(vectors: Vectors, name: "webcrypto" | "library"): Promise<{ tried: number; wrong: string[] }> {
  useEngine(name === "library" ? library : webCrypto);
  const all = cases(vectors);
  const wrong: string[] = [];
  for (const { name: which, expected, found } of all) {
    const result = await found().catch(String);
    if (result !== expected) wrong.push(`${which}: ${result}, not ${expected}`);
  }
  return { tried: all.length, wrong };
}

Object.assign(globalThis, { runVectors, hasWebCrypto });
