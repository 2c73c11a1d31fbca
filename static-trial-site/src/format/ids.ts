/**
 * Ids, hashes, thumbprints and product ids. They stay text here: decoding is canonical, so the texts are equal exactly
 * when the bytes are.
 */

import { type Bytes, decodeExactly, encode } from "./base64url";
import { engine } from "./engine";

/** Whether `text` is an id, a license id or a component hash: 16 bytes, 22 characters. */
export function isId(text: string): boolean {
  return decodeExactly(text, 16) !== undefined;
}

/** Whether `text` is a hash or a thumbprint: 32 bytes, 43 characters. */
export function isHash(text: string): boolean {
  return decodeExactly(text, 32) !== undefined;
}

/** Whether `text` is a product id: 1 to 64 of `a-z 0-9 . _ -`. */
export function isProductId(text: string): boolean {
  return /^[a-z0-9._-]{1,64}$/.test(text);
}

/** The bytes of SHA-256 over UTF-8 text. */
export async function sha256(text: string): Promise<Bytes> {
  return engine().sha256(new TextEncoder().encode(text));
}

/** SHA-256 of bytes, 43 characters. */
export async function hashOfBytes(bytes: Bytes): Promise<string> {
  return encode(await engine().sha256(bytes));
}

/** SHA-256 of text, 43 characters: how a response refers to its request token. */
export async function hashOf(text: string): Promise<string> {
  return encode(await sha256(text));
}
