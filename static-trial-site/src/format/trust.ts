/**
 * Who may sign a response or a release: the roots that the page is configured with, those that they handed over to, and keys
 * that a root delegates to.
 */

import type { Claims } from "./claims";
import { type Delegation, covers, coversCount, coversRelease, isTrialOnly, verifyDelegation } from "./delegation";
import { FormatError } from "./error";
import { hashOf } from "./ids";
import { type PublicKey, thumbprint } from "./key";
import { Line, retired } from "./line";
import { type Release, readRelease } from "./release";
import { type Response, readResponse } from "./response";
import { type Revocations, names, readRevocations } from "./revocations";
import { verifyRotation } from "./rotation";
import { type Expect, Unverified, check } from "./token";

/** What goes with the claims of a verified response or release. */
export interface Trusted {
  /** The key that signed. */
  readonly signer: string;
  /** The root that it hangs on. */
  readonly root: string;
  readonly delegation: Delegation | undefined;
  readonly revocations: Revocations | undefined;
  /** The roots as known now, with the rotations that came along. */
  readonly roots: Roots;
  /** The highest time in it that the vendor signed. */
  readonly signedTime: number;
}

/** The root public keys that a verifier is configured with, by thumbprint, and what it has learned of their line. */
export class Roots {
  private readonly keys: ReadonlyMap<string, PublicKey>;
  private readonly line: Line;

  private constructor(keys: ReadonlyMap<string, PublicKey>, line: Line) {
    this.keys = keys;
    this.line = line;
  }

  /** Trusts these keys, what they delegate, and the roots that they hand over to. */
  static async of(keys: PublicKey[]): Promise<Roots> {
    return new Roots(new Map(await Promise.all(keys.map(async (key) => [await thumbprint(key), key] as const))), new Line());
  }

  /** Whether one of the configured keys has this thumbprint. */
  includes(kid: string): boolean {
    return this.keys.has(kid);
  }

  /** Whether this root is configured or learned. */
  trusts(kid: string): boolean {
    return this.key(kid) !== undefined;
  }

  /** The time from which this root signs nothing more; `undefined` while no successor is known. */
  until(kid: string): number | undefined {
    return this.line.until(kid);
  }

  /** Whether lists of `root` count for `kid`: those of a root do not for the roots that came after it. */
  mayRevoke(root: string, kid: string): boolean {
    return !this.line.isAfter(kid, root);
  }

  /** The roots as known with these rotations, which must follow one another. */
  async learn(tokens: readonly string[]): Promise<Roots> {
    if (tokens.every((token) => this.line.rotations.some((known) => known.token === token))) return this;
    const rotations = [];
    for (const token of tokens) rotations.push(await verifyRotation(token));
    return new Roots(this.keys, this.line.learn(rotations, (kid) => this.keys.has(kid)));
  }

  private key(kid: string): PublicKey | undefined {
    return this.keys.get(kid) ?? this.line.find(kid);
  }

  private find(what: string, kid: string): PublicKey {
    const key = this.key(kid);
    if (key) return key;
    throw new FormatError("untrusted-key", `${what} is signed by the key ${kid}, which is none of the trusted root keys`);
  }

  /** Verifies a response: rotations, signature, chain, scope, and the revocation list that it carries. */
  async verifyResponse(token: string, expect: Expect): Promise<{ response: Response } & Trusted> {
    const unverified = Unverified.decode(token);
    check("response", unverified.type);
    check(expect, unverified.type);
    const roots = await this.learn(unverified.header.rotations ?? []);
    const signed = await roots.verifySignature("the response", unverified);
    const response = readResponse(unverified.type, signed.claims);
    await checkClaim(signed, unverified.header.chain, response.granted !== undefined);
    if (signed.delegation) covers(signed.delegation, response);
    return { response, ...(await roots.trusted(unverified, signed, response.issuedAt)) };
  }

  /** Verifies the checksum list of a release in the same way. */
  async verifyRelease(token: string): Promise<{ release: Release } & Trusted> {
    const unverified = Unverified.decode(token);
    check("release+jwt", unverified.type);
    const roots = await this.learn(unverified.header.rotations ?? []);
    const signed = await roots.verifySignature("the release", unverified);
    const release = readRelease(signed.claims);
    await checkClaim(signed, unverified.header.chain, false);
    if (signed.delegation) coversRelease(signed.delegation, release);
    return { release, ...(await roots.trusted(unverified, signed, release.issuedAt)) };
  }

  /** The claims of what a root or a key with a chain signed. The scope is not looked at yet. */
  private async verifySignature(what: string, unverified: Unverified): Promise<Signed> {
    const { kid = "", chain } = unverified.header;
    const chained = !this.trusts(kid) && chain !== undefined ? await this.verifyChain(chain, kid) : undefined;
    const claims = await unverified.verify(chained?.delegation.key ?? this.find(what, kid));
    return { claims, delegation: chained?.delegation, root: chained?.root ?? kid };
  }

  /** What is known of the signer, unless its root had been replaced or the revocation list that came along names either. */
  private async trusted(unverified: Unverified, { root, delegation }: Signed, issuedAt: number): Promise<Trusted> {
    this.checkTime(root, issuedAt);
    const { kid = "", revocations: list } = unverified.header;
    const revocations = list === undefined ? undefined : await this.verifyRevocations(list);
    if (revocations && names(revocations, kid, delegation?.serial)) throw revoked(kid);
    if (revocations && names(revocations, root, undefined)) throw revoked(root);
    const own = delegation && isTrialOnly(delegation) ? 0 : issuedAt;
    const rotated = this.line.rotations.map((rotation) => rotation.issuedAt);
    const signedTime = Math.max(own, delegation?.issuedAt ?? 0, revocations?.issuedAt ?? 0, ...rotated);
    return { signer: kid, root, delegation, revocations, roots: this, signedTime };
  }

  /** Verifies a delegation on its own. */
  async verifyDelegation(token: string): Promise<Delegation> {
    return (await this.readDelegation(token)).delegation;
  }

  /** Verifies a revocation list. Entries that name a root after the one that signed it are left out. */
  async verifyRevocations(token: string): Promise<Revocations> {
    const unverified = Unverified.decode(token);
    check("revocations+jwt", unverified.type);
    const root = await unverified.signer();
    const list = readRevocations(await unverified.verify(this.find("the revocation list", root)), root);
    this.checkTime(root, list.issuedAt);
    return { ...list, revoked: list.revoked.filter((entry) => this.mayRevoke(root, entry.kid)) };
  }

  private async readDelegation(token: string): Promise<{ delegation: Delegation; root: string }> {
    const unverified = Unverified.decode(token);
    check("signing-key+jwt", unverified.type);
    const root = await unverified.signer();
    const delegation = await verifyDelegation(unverified, this.find("the delegation", root));
    this.checkTime(root, delegation.issuedAt);
    return { delegation, root };
  }

  /** The delegation inside a token. Whatever is wrong with it is a bad chain, but that no root, or a replaced one, signed it. */
  private async verifyChain(chain: string, kid: string): Promise<{ delegation: Delegation; root: string }> {
    let read: { delegation: Delegation; root: string };
    try {
      read = await this.readDelegation(chain);
    } catch (error) {
      if (error instanceof FormatError && error.code !== "untrusted-key" && error.code !== "retired-key") {
        throw new FormatError("bad-chain", `the delegation of the signing key is invalid: ${error.message}`);
      }
      throw error;
    }
    if ((await thumbprint(read.delegation.key)) !== kid) {
      throw new FormatError("bad-chain", "the delegation is for another key than the one that signed");
    }
    return read;
  }

  /** Refuses what hangs on `root` and was signed when that had been replaced. */
  private checkTime(root: string, signed: number): void {
    const until = this.until(root);
    if (until !== undefined && signed >= until) throw retired(root);
  }
}

/** What a root or a key with a chain signed. */
interface Signed {
  readonly claims: Claims;
  readonly delegation: Delegation | undefined;
  readonly root: string;
}

/** The claim that says under which delegation something was signed, against the one that came along. */
async function checkClaim({ claims, delegation }: Signed, chain: string | undefined, isGrant: boolean): Promise<void> {
  const claim = claims.has("delegation") ? claims.object("delegation") : undefined;
  const hash = claim?.hash("hash");
  const count = claim?.has("count") ? claim.ordinal("count") : undefined;
  if (claim && (chain === undefined || (await hashOf(chain)) !== hash)) {
    throw new FormatError("bad-chain", "it was signed under another delegation than came along");
  }
  if (!claim && delegation?.serial !== undefined) {
    throw new FormatError("bad-chain", "it does not say under which delegation it was signed");
  }
  if (isGrant && delegation?.maxGrants !== undefined) {
    if (count === undefined) {
      throw new FormatError("bad-claim", "the claim delegation.count is missing: this key's grants are numbered");
    }
    coversCount(delegation, count);
  }
}

/** The error that a key was revoked. */
export function revoked(kid: string): FormatError {
  return new FormatError("revoked-key", `the signing key ${kid} was revoked by the vendor`);
}
