/**
 * What the format needs of cryptography, and who does it: WebCrypto, or a library where the browser has no Ed25519 or
 * no WebCrypto at all (a page that came over plain HTTP). One engine serves the whole page.
 */

import type { Bytes } from "./base64url";

/** A private key as its two halves, 32 bytes each. */
export interface KeyPair {
  readonly seed: Bytes;
  readonly public: Bytes;
}

/** The primitives. `verify` comes after the checks of `key.ts`; it answers false for bytes that are no point. */
export interface Engine {
  readonly name: "webcrypto" | "library";
  sha256(message: Bytes): Promise<Bytes>;
  verify(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean>;
  sign(pair: KeyPair, message: Bytes): Promise<Bytes>;
}

/** The browser's own. */
export const webCrypto: Engine = {
  name: "webcrypto",

  async sha256(message) {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", message));
  },

  async verify(key, message, signature) {
    try {
      const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
      return await crypto.subtle.verify("Ed25519", imported, signature, message);
    } catch (error) {
      if (error instanceof DOMException && error.name === "DataError") return false;
      throw error;
    }
  },

  async sign(pair, message) {
    // PKCS#8, version 1: the only form of a bare seed that WebCrypto takes (RFC 8410).
    const prefix = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    const pkcs8 = new Uint8Array([...prefix, ...pair.seed]);
    const imported = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("Ed25519", imported, message));
  },
};

let current: Engine = webCrypto;

/** The engine in use. */
export function engine(): Engine {
  return current;
}

/** Has all that follows done by another engine. */
export function useEngine(other: Engine): void {
  current = other;
}

/** Whether this browser's WebCrypto can do Ed25519: it must be recent, and the page in a secure context. */
export async function hasWebCrypto(): Promise<boolean> {
  try {
    const pair = (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
    return pair.publicKey.algorithm.name === "Ed25519";
  } catch {
    return false;
  }
}
