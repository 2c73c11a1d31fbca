/** `revocations+jwt`: signing keys that no longer count (docs/format.md, section 4). */

import type { Claims } from "./claims";

/** A key that no longer counts. */
export interface Revoked {
  readonly kid: string;
  readonly compromised: boolean;
  /** Only under delegations with a lower serial, or with none. */
  readonly below: number | undefined;
}

/** A list that a root was found to have signed. */
export interface Revocations {
  /** Thumbprint of that root. */
  readonly root: string;
  readonly seq: number;
  readonly issuedAt: number;
  readonly revoked: readonly Revoked[];
}

/** Reads the claims of a verified payload. */
export function readRevocations(claims: Claims, root: string): Revocations {
  claims.id("jti");
  claims.string("iss");
  const [issuedAt, seq] = [claims.integer("iat"), claims.integer("seq")];
  const revoked = claims.objects("revoked").map((key) => ({
    kid: key.hash("kid"),
    compromised: key.boolean("compromised"),
    below: key.has("below") ? key.integer("below") : undefined,
  }));
  return { root, seq, issuedAt, revoked };
}

/** Whether a list revokes what `kid` signed under a delegation with this serial. */
export function names(list: Revocations, kid: string, serial: number | undefined): boolean {
  return list.revoked.some((key) => key.kid === kid && (key.below === undefined || serial === undefined || serial < key.below));
}
