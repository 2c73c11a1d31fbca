/** `root-key+jwt`: a root names its successor, and the successor vouches for its predecessor (docs/format.md, section 4). */

import { decodeExactly } from "./base64url";
import { readConfirmedKey } from "./delegation";
import { FormatError } from "./error";
import { type PublicKey, thumbprint, verifies } from "./key";
import { Unverified, check } from "./token";

/** A rotation whose two signatures were verified; whether either root is trusted is another question. */
export interface Rotation {
  readonly token: string;
  readonly issuedAt: number;
  /** The number of the new root, from 1. */
  readonly seq: number;
  /** The time from which the old root signs nothing more. */
  readonly until: number;
  readonly oldKey: PublicKey;
  readonly newKey: PublicKey;
  readonly oldKid: string;
  readonly newKid: string;
}

/** Verifies both signatures. */
export async function verifyRotation(token: string): Promise<Rotation> {
  const unverified = Unverified.decode(token);
  check("root-key+jwt", unverified.type);
  const oldKey = unverified.header.jwk as PublicKey;
  const claims = await unverified.verify(oldKey);
  claims.id("jti");
  claims.string("iss");
  const [issuedAt, seq, until] = [claims.integer("iat"), claims.ordinal("seq"), claims.integer("until")];
  const newKey = readConfirmedKey(claims);
  const proof = decodeExactly(claims.string("proof"), 64);
  if (!proof) throw claims.wrong("proof", "86 characters of base64url");
  if (oldKey.x === newKey.x) throw claims.wrong("cnf.jwk", "another key than the one that signed");
  const [oldKid, newKid] = [await thumbprint(oldKey), await thumbprint(newKey)];
  // The times are in it: who has the old root alone can neither shorten nor re-date it.
  const proven = new TextEncoder().encode(`countersign/root-key/v1:${oldKid}:${newKid}:${seq}:${issuedAt}:${until}`);
  if (!(await verifies(newKey, proven, proof))) {
    throw new FormatError("bad-signature", "the new root key has not vouched for this rotation");
  }
  return { token, issuedAt, seq, until, oldKey, newKey, oldKid, newKid };
}
