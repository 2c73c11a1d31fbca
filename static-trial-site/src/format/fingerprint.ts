/** Machine fingerprints and the strategies that compare them (docs/format.md, section 4). */

import type { Claims } from "./claims";
import { isId } from "./ids";

/** Component name to keyed hash, 1 to 16 components. */
export type Fingerprint = ReadonlyMap<string, string>;

/** How much of a fingerprint must be the same. */
export type Strategy = "exact" | "fuzzy" | "loose";

const PERCENT: Record<Strategy, number> = { exact: 100, fuzzy: 60, loose: 30 };

/** Reads the object of a claim. */
export function readFingerprint(claims: Claims, name: string): Fingerprint {
  const map = claims.object(name).map;
  const fits = [...map].every(([component, hash]) => /^[a-z0-9-]{1,32}$/.test(component) && typeof hash === "string" && isId(hash));
  if (map.size < 1 || map.size > 16 || !fits) {
    throw claims.wrong(name, "an object of 1 to 16 components, each hash 22 characters");
  }
  return map as Map<string, string>;
}

/** Reads the strategy of a claim. */
export function readStrategy(claims: Claims, name: string): Strategy {
  const text = claims.string(name);
  if (!Object.hasOwn(PERCENT, text)) throw claims.wrong(name, "exact, fuzzy or loose");
  return text as Strategy;
}

/** Whether the machine `now` is the one that was `bound`, and which components of it changed. */
export function compare(strategy: Strategy, bound: Fingerprint, now: Fingerprint): { matches: boolean; changed: string[] } {
  const changed = [...bound].filter(([name, hash]) => now.get(name) !== hash).map(([name]) => name);
  const needed = Math.max(1, Math.ceil((bound.size * PERCENT[strategy]) / 100));
  return { matches: bound.size - changed.length >= needed, changed };
}
