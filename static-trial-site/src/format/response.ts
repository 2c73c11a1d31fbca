/** What a vendor answers: grants and receipts (docs/format.md, sections 3 and 4). */

import type { Claims } from "./claims";
import { type Fingerprint, type Strategy, readFingerprint, readStrategy } from "./fingerprint";
import type { TokenType } from "./token";

/** A grant with its binding and import deadline. */
export interface Granted {
  /** The app refuses to install the file from this time on. */
  readonly importBy: number;
  readonly strategy: Strategy;
  readonly fingerprint: Fingerprint;
  /** End of the right to run; null is perpetual. */
  readonly expiresAt: number | null;
  readonly entitlements: ReadonlyMap<string, Entitlement>;
}

/** What a feature is granted with. */
export type Entitlement = true | bigint | string;

/** The claims of a response. */
export interface Response {
  readonly type: TokenType;
  readonly issuer: string;
  readonly product: string;
  readonly id: string;
  readonly issuedAt: number;
  readonly requestId: string;
  readonly requestHash: string;
  readonly device: string;
  /** The grant, unless this is a receipt or a time reset. */
  readonly granted: Granted | undefined;
}

/** Reads the claims of a verified payload. */
export function readResponse(type: TokenType, claims: Claims): Response {
  const request = claims.object("req");
  const base = {
    type,
    issuer: claims.string("iss"),
    product: claims.product(),
    id: claims.id("jti"),
    issuedAt: claims.integer("iat"),
    requestId: request.id("jti"),
    requestHash: request.hash("hash"),
    device: claims.object("cnf").hash("jkt"),
  };
  if (type === "time-reset+jwt") return { ...base, granted: undefined };
  if (type === "deactivation-response+jwt") {
    claims.id("activation");
    return { ...base, granted: undefined };
  }
  return { ...base, granted: readGranted(claims, type === "activation-response+jwt") };
}

function readGranted(claims: Claims, hasLicense: boolean): Granted {
  const bind = claims.object("bind");
  const grant = claims.object("grant");
  const entitlements = readEntitlements(grant.object("entitlements"));
  const granted = {
    importBy: claims.integer("exp"),
    strategy: readStrategy(bind, "strategy"),
    fingerprint: readFingerprint(bind, "fingerprint"),
    expiresAt: grant.isNull("expires_at") ? null : grant.integer("expires_at"),
    entitlements,
  };
  if (grant.has("renew_by")) grant.integer("renew_by");
  if (hasLicense) readLicense(grant.object("license"));
  if (grant.has("metadata")) {
    const metadata = grant.object("metadata");
    for (const name of metadata.map.keys()) metadata.string(name);
  }
  return granted;
}

function readEntitlements(claims: Claims): Map<string, Entitlement> {
  const read = (name: string, value: unknown): Entitlement => {
    const isInteger = typeof value === "bigint" && value >= -(2n ** 63n) && value < 2n ** 63n;
    if (value !== true && typeof value !== "string" && !isInteger) {
      throw claims.wrong(name, "true, a whole number or a string");
    }
    return value;
  };
  return new Map([...claims.map].map(([name, value]) => [name, read(name, value)]));
}

function readLicense(license: Claims): void {
  license.id("id");
  license.optionalString("plan");
  license.optionalString("holder");
  if (license.has("deactivations_left")) license.integer("deactivations_left");
}
