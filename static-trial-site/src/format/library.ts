/**
 * The engine for browsers without Ed25519: `@noble/ed25519` for the curve, `@noble/hashes` for the hashes. A chunk of its
 * own, loaded only where it is needed.
 *
 * The library's own `verify` accepts more than the core does: it multiplies by the cofactor. So the equation is computed
 * here as ed25519-dalek's `verify_strict` does, with the library's points: R must be, byte for byte, [s]B - [k]A.
 */

import { Point, hashes, sign } from "@noble/ed25519";
import { sha256, sha512 } from "@noble/hashes/sha2.js";

import type { Bytes } from "./base64url";
import type { Engine } from "./engine";

hashes.sha512 = sha512;
const ORDER = Point.CURVE().n;

/** The library as an engine. */
export const library: Engine = {
  name: "library",
  sha256: async (message) => sha256(message) as Bytes,
  verify: async (key, message, signature) => verify(key, message, signature),
  sign: async (pair, message) => sign(message, pair.seed) as Bytes,
};

function verify(key: Bytes, message: Bytes, signature: Bytes): boolean {
  const [r, s] = [signature.subarray(0, 32), littleEndian(signature.subarray(32))];
  if (s >= ORDER) return false;
  let point: Point;
  try {
    // True: a y that is not reduced is taken as the point that it stands for, as the core takes it.
    point = Point.fromBytes(key, true);
  } catch {
    return false;
  }
  const hashed = sha512.create().update(r).update(key).update(message).digest();
  const k = littleEndian(hashed) % ORDER;
  const expected = Point.BASE.multiply(s, false).subtract(point.multiply(k, false)).toBytes();
  return expected.every((byte, index) => byte === r[index]);
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}
