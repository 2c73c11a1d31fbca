/** Ed25519 public keys and strict verification (docs/format.md, appendix). */

import { type Bytes, decodeExactly } from "./base64url";
import { engine } from "./engine";
import { hashOf } from "./ids";

/**
 * Encodings of points of small order, as hex. Neither a key nor the first half of a signature may be one: with these two
 * checks first, both engines accept what every other implementation of the format does.
 */
export const SMALL_ORDER = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]);

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** An Ed25519 public key. */
export interface PublicKey {
  /** Its 43 characters. */
  readonly x: string;
  readonly bytes: Bytes;
}

/** Reads the 43 characters of a key. */
export function readKey(x: string): PublicKey | undefined {
  const bytes = decodeExactly(x, 32);
  return bytes && { x, bytes };
}

/** The RFC 7638 thumbprint: how tokens name a key. */
export function thumbprint(key: PublicKey): Promise<string> {
  return hashOf(`{"crv":"Ed25519","kty":"OKP","x":"${key.x}"}`);
}

/** Whether `key` signed `message`, strictly. */
export async function verifies(key: PublicKey, message: Bytes, signature: Bytes): Promise<boolean> {
  if (key.bytes.length !== 32 || signature.length !== 64) return false;
  if (SMALL_ORDER.has(hex(key.bytes)) || SMALL_ORDER.has(hex(signature.subarray(0, 32)))) return false;
  return engine().verify(key.bytes, message, signature);
}
