/** `signing-key+jwt`: a root lets another key sign, within a scope (docs/format.md, section 4). */

import type { Claims } from "./claims";
import { FormatError } from "./error";
import { isProductId } from "./ids";
import { type PublicKey, readKey } from "./key";
import type { Release } from "./release";
import type { Response } from "./response";
import type { Unverified } from "./token";

const DAY = 86_400;
const KINDS = ["activation", "deactivation", "trial", "release", "time-reset", "audit-checkpoint", "approval"];

const PLURALS = new Map([
  ["release", "releases"], ["time-reset", "time resets"], ["audit-checkpoint", "checkpoints of an audit log"], ["approval", "approvals"],
]);

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
  /** With one, whatever is signed names this very delegation. */
  readonly serial: number | undefined;
  /** How many grants it may give, each with its number; `undefined`: no limit. */
  readonly maxGrants: number | undefined;
  /** How many days a grant may have that a second key approves of; null: no limit; `undefined`: an approval changes nothing. */
  readonly approvedDays: number | null | undefined;
  readonly issuedAt: number;
}

/** Reads a delegation that `root` must have signed. */
export async function verifyDelegation(unverified: Unverified, root: PublicKey): Promise<Delegation> {
  const claims = await unverified.verify(root);
  claims.id("jti");
  const issuedAt = claims.integer("iat");
  const issuer = claims.string("iss");
  const [holder, notBefore, notAfter] = [claims.string("sub"), claims.integer("nbf"), claims.integer("exp")];
  const key = readConfirmedKey(claims);
  const serial = claims.has("serial") ? claims.ordinal("serial") : undefined;
  const scope = claims.object("scope");
  const types = scope.strings("types");
  const products = scope.strings("products");
  const all = products.length === 1 && products[0] === "*";
  if (!all && !products.every(isProductId)) throw scope.wrong("products", 'product ids, or "*" alone');
  const maxDays = scope.isNull("max_days") ? null : scope.integer("max_days");
  const maxGrants = scope.has("max_grants") && !scope.isNull("max_grants") ? scope.ordinal("max_grants") : undefined;
  if (maxGrants !== undefined && serial === undefined) throw claims.wrong("serial", "there where scope.max_grants is");
  const approvedDays = readApprovedDays(scope, maxDays);
  if (approvedDays !== undefined && serial === undefined) throw claims.wrong("serial", "there where scope.approved_days is");
  return {
    issuer, holder, notBefore, notAfter, key, types, products: all ? undefined : products, maxDays, serial, maxGrants, approvedDays, issuedAt,
  };
}

function readApprovedDays(scope: Claims, maxDays: number | null): number | null | undefined {
  if (!scope.has("approved_days")) return undefined;
  const days = scope.isNull("approved_days") ? null : scope.integer("approved_days");
  if (maxDays === null) throw scope.wrong("max_days", "a number where approved_days is");
  if (days !== null && days <= maxDays) throw scope.wrong("approved_days", "more than max_days, or null");
  return days;
}

/** The key in `cnf.jwk`. */
export function readConfirmedKey(claims: Claims): PublicKey {
  const jwk = claims.object("cnf").object("jwk");
  if (jwk.string("kty") !== "OKP" || jwk.string("crv") !== "Ed25519") throw jwk.wrong("crv", "Ed25519, of kty OKP");
  const key = readKey(jwk.string("x"));
  if (!key) throw jwk.wrong("x", "43 characters of base64url");
  return key;
}

/** Whether the key can give nothing but trials: its clock is that of whoever opened the page. */
export function isTrialOnly(delegation: Delegation): boolean {
  const known = delegation.types.filter((type) => KINDS.includes(type));
  return known.length > 0 && known.every((type) => type === "trial");
}

/** Refuses a response that the delegation does not cover, approved or not, with the limit in the error. */
export function covers(delegation: Delegation, response: Response): void {
  coversType(delegation, response.type.replace(/(-response)?\+jwt$/, ""), response);
  const { maxDays, approvedDays } = delegation;
  if (maxDays === null || !isLonger(response, maxDays)) return;
  if (approvedDays === undefined) throw outside(delegation, `may not grant more than ${maxDays} days`);
  if (approvedDays !== null && isLonger(response, approvedDays)) {
    throw outside(delegation, `may not grant more than ${approvedDays} days, not with an approval either`);
  }
}

/** Whether a response that the delegation covers must be approved by a second key. */
export function needsApproval({ maxDays, approvedDays }: Delegation, response: Response): boolean {
  return approvedDays !== undefined && maxDays !== null && isLonger(response, maxDays);
}

function isLonger({ granted, issuedAt }: Response, days: number): boolean {
  return granted !== undefined && (granted.expiresAt === null || granted.expiresAt > issuedAt + days * DAY);
}

/** Refuses an approval at a time, of a product where it is known what is approved, that the delegation does not allow. */
export function coversApproval(delegation: Delegation, issuedAt: number, product?: string): void {
  coversType(delegation, "approval", { product, issuedAt });
}

/** Refuses a release that the delegation does not cover, with the limit in the error. */
export function coversRelease(delegation: Delegation, release: Release): void {
  coversType(delegation, "release", release);
}

function coversType(delegation: Delegation, type: string, signed: { product: string | undefined; issuedAt: number }): void {
  if (!delegation.types.includes(type)) {
    const plural = PLURALS.get(type) ?? `${type} responses`;
    throw outside(delegation, `may not sign ${plural}`);
  }
  if (delegation.products && signed.product !== undefined && !delegation.products.includes(signed.product)) {
    throw outside(delegation, `may not sign for the product ${signed.product}`);
  }
  if (signed.issuedAt < delegation.notBefore || signed.issuedAt >= delegation.notAfter) {
    throw outside(delegation, "was used outside the time it is valid for");
  }
}

/** Refuses the number of a grant that is over the limit. */
export function coversCount(delegation: Delegation, count: number): void {
  if (delegation.maxGrants !== undefined && count > delegation.maxGrants) {
    throw outside(delegation, `may give ${delegation.maxGrants} grants, and this is number ${count}`);
  }
}

function outside(delegation: Delegation, fact: string): FormatError {
  return new FormatError("out-of-scope", `the key of "${delegation.holder}" ${fact}`);
}
