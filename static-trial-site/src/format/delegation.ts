/** `signing-key+jwt`: a root lets another key sign, within a scope (docs/format.md, section 4). */

import { FormatError } from "./error";
import { isProductId } from "./ids";
import { type PublicKey, readKey } from "./key";
import type { Release } from "./release";
import type { Response } from "./response";
import type { Unverified } from "./token";

const DAY = 86_400;

/** A delegation's claims. */
export interface Delegation {
  /** The vendor, as the root's holder wrote it. */
  readonly issuer: string;
  readonly holder: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly key: PublicKey;
  /** What it may sign; entries that are not known here allow nothing here. */
  readonly types: string[];
  /** `undefined`: all products. */
  readonly products: string[] | undefined;
  /** The longest grant in days; null: no limit. */
  readonly maxDays: number | null;
}

/** Reads a delegation that `root` must have signed. */
export async function verifyDelegation(unverified: Unverified, root: PublicKey): Promise<Delegation> {
  const claims = await unverified.verify(root);
  claims.id("jti");
  claims.integer("iat");
  const issuer = claims.string("iss");
  const [holder, notBefore, notAfter] = [claims.string("sub"), claims.integer("nbf"), claims.integer("exp")];
  const jwk = claims.object("cnf").object("jwk");
  if (jwk.string("kty") !== "OKP" || jwk.string("crv") !== "Ed25519") throw jwk.wrong("crv", "Ed25519, of kty OKP");
  const key = readKey(jwk.string("x"));
  if (!key) throw jwk.wrong("x", "43 characters of base64url");
  const scope = claims.object("scope");
  const types = scope.strings("types");
  const products = scope.strings("products");
  const all = products.length === 1 && products[0] === "*";
  if (!all && !products.every(isProductId)) throw scope.wrong("products", 'product ids, or "*" alone');
  const maxDays = scope.isNull("max_days") ? null : scope.integer("max_days");
  return { issuer, holder, notBefore, notAfter, key, types, products: all ? undefined : products, maxDays };
}

/** Refuses a response that the delegation does not cover, with the limit in the error. */
export function covers(delegation: Delegation, response: Response): void {
  coversType(delegation, response.type.replace("-response+jwt", ""), response);
  if (delegation.maxDays !== null && response.granted) {
    const end = response.granted.expiresAt;
    if (end === null || end > response.issuedAt + delegation.maxDays * DAY) {
      throw outside(delegation, `may not grant more than ${delegation.maxDays} days`);
    }
  }
}

/** Refuses a release that the delegation does not cover, with the limit in the error. */
export function coversRelease(delegation: Delegation, release: Release): void {
  coversType(delegation, "release", release);
}

function coversType(delegation: Delegation, type: string, signed: { product: string; issuedAt: number }): void {
  if (!delegation.types.includes(type)) {
    throw outside(delegation, `may not sign ${type === "release" ? "releases" : `${type} responses`}`);
  }
  if (delegation.products && !delegation.products.includes(signed.product)) {
    throw outside(delegation, `may not sign for the product ${signed.product}`);
  }
  if (signed.issuedAt < delegation.notBefore || signed.issuedAt >= delegation.notAfter) {
    throw outside(delegation, "was used outside the time it is valid for");
  }
}

function outside(delegation: Delegation, fact: string): FormatError {
  return new FormatError("out-of-scope", `the key of "${delegation.holder}" ${fact}`);
}
