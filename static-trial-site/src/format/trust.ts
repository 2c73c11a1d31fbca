/**
 * Who may sign a response or a release: the roots that the page is configured with, those that they handed over to, and keys
 * that a root delegates to.
 */

import { type Approval, type Proposal, readApproval, readProposal } from "./approval";
import { Claims } from "./claims";
import {
  type Delegation, covers, coversApproval, coversCount, coversRelease, isTrialOnly, needsApproval, verifyDelegation,
} from "./delegation";
import { FormatError } from "./error";
import { hashOf, hashOfBytes } from "./ids";
import { parseObject } from "./json";
import { type PublicKey, thumbprint } from "./key";
import { Line, retired } from "./line";
import { type Release, readRelease } from "./release";
import { type Request, verifyRequest } from "./request";
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
  /** The approval of a second key that came along. */
  readonly approved: Approved | undefined;
  readonly revocations: Revocations | undefined;
  /** The roots as known now, with the rotations that came along. */
  readonly roots: Roots;
  /** The highest time in it that the vendor signed. */
  readonly signedTime: number;
}

/** An approval, with what vouches for its key. */
export interface Approved {
  readonly approval: Approval;
  readonly approver: string;
  readonly root: string;
  readonly delegation: Delegation | undefined;
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

  /** Verifies a response: rotations, signature, chain, scope, approval, and the revocation list that it carries. */
  async verifyResponse(token: string, expect: Expect): Promise<{ response: Response } & Trusted> {
    const unverified = Unverified.decode(token);
    check("response", unverified.type);
    check(expect, unverified.type);
    const roots = await this.learn(unverified.header.rotations ?? []);
    const signed = await roots.verifySignature("the response", unverified);
    const response = readResponse(unverified.type, signed.claims);
    await checkClaim(signed, unverified.header.chain, isCounted(signed, response));
    if (signed.delegation) covers(signed.delegation, response);
    const approved = await roots.approvalOf(unverified, signed, response);
    return { response, ...(await roots.trusted(unverified, signed, response.issuedAt, approved)) };
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

  /** Verifies an approval on its own; what it is of, and so the product, is not looked at. */
  async verifyApproval(token: string): Promise<Approved> {
    const unverified = Unverified.decode(token);
    check("approval+jwt", unverified.type);
    const signed = await this.verifySignature("the approval", unverified);
    const approval = readApproval(signed.claims);
    await checkClaim(signed, unverified.header.chain, false);
    const { delegation, root } = signed;
    if (delegation) coversApproval(delegation, approval.issuedAt);
    this.checkTime(root, approval.issuedAt);
    return { approval, approver: unverified.header.kid ?? "", root, delegation };
  }

  /** Verifies what one key proposes to another: that the delegation allows it, and that it answers the request in it. */
  async verifyProposal(token: string): Promise<{ proposal: Proposal; request: Request; response: Response }> {
    const unverified = Unverified.decode(token);
    check("proposal+jwt", unverified.type);
    const signed = await this.verifySignature("the proposal", unverified);
    const proposal = readProposal(signed.claims);
    const claims = new Claims(parseObject("proposed payload", proposal.payload));
    const response = readResponse(proposal.type, claims);
    await checkClaim({ ...signed, claims }, unverified.header.chain, isCounted(signed, response));
    if (signed.delegation) covers(signed.delegation, response);
    this.checkTime(signed.root, response.issuedAt);
    const request = await verifyRequest(proposal.request, "request");
    checkAnswers(request, response);
    return { proposal, request, response };
  }

  /** The approval that a response carries, which must be right; one that is needed must be there. */
  private async approvalOf(unverified: Unverified, signed: Signed, response: Response): Promise<Approved | undefined> {
    const { approval: token, kid } = unverified.header;
    if (token === undefined) {
      if (signed.delegation && needsApproval(signed.delegation, response)) throw approvalMissing(signed.delegation);
      return undefined;
    }
    try {
      const approved = await this.verifyApproval(token);
      if (approved.approver === kid) throw approvalWrong("it is by the key that signed the grant: another key has to approve");
      if (approved.approval.type !== unverified.type || approved.approval.payload !== (await hashOfBytes(unverified.payload))) {
        throw approvalWrong("it is of something else than this grant");
      }
      if (approved.delegation) coversApproval(approved.delegation, approved.approval.issuedAt, response.product);
      return approved;
    } catch (error) {
      const passes = error instanceof FormatError && ["untrusted-key", "retired-key", "approval-wrong"].includes(error.code);
      throw passes || !(error instanceof FormatError) ? error : approvalWrong(error.message);
    }
  }

  /** The claims of what a root or a key with a chain signed. The scope is not looked at yet. */
  private async verifySignature(what: string, unverified: Unverified): Promise<Signed> {
    const { kid = "", chain } = unverified.header;
    const chained = !this.trusts(kid) && chain !== undefined ? await this.verifyChain(chain, kid) : undefined;
    const claims = await unverified.verify(chained?.delegation.key ?? this.find(what, kid));
    return { claims, delegation: chained?.delegation, root: chained?.root ?? kid };
  }

  /** What is known of the signer, unless its root had been replaced or the revocation list that came along names either. */
  private async trusted(unverified: Unverified, { root, delegation }: Signed, issuedAt: number, approved?: Approved): Promise<Trusted> {
    this.checkTime(root, issuedAt);
    const { kid = "", revocations: list } = unverified.header;
    const revocations = list === undefined ? undefined : await this.verifyRevocations(list);
    for (const [key, serial] of keysBehind({ signer: kid, root, delegation, approved })) {
      if (revocations && names(revocations, key, serial)) throw revoked(key);
    }
    const own = delegation && isTrialOnly(delegation) ? 0 : issuedAt;
    const rotated = this.line.rotations.map((rotation) => rotation.issuedAt);
    const second = Math.max(approved?.approval.issuedAt ?? 0, approved?.delegation?.issuedAt ?? 0);
    const signedTime = Math.max(own, second, delegation?.issuedAt ?? 0, revocations?.issuedAt ?? 0, ...rotated);
    return { signer: kid, root, delegation, approved, revocations, roots: this, signedTime };
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

/** Every key that something hangs on, with the serial of its delegation: a list that names one of them revokes it. */
export function keysBehind({ signer, root, delegation, approved }: Pick<Trusted, "signer" | "root" | "delegation" | "approved">): [string, number | undefined][] {
  const own: [string, number | undefined][] = [[signer, delegation?.serial], [root, undefined]];
  return approved ? [...own, [approved.approver, approved.delegation?.serial], [approved.root, undefined]] : own;
}

/** Whether a grant has a number where its delegation counts: one that needs an approval has none. */
function isCounted({ delegation }: Signed, response: Response): boolean {
  return response.granted !== undefined && !(delegation && needsApproval(delegation, response));
}

/** Whoever approves sees the request: what is proposed must be for that machine and no other. */
function checkAnswers(request: Request, response: Response): void {
  const [asked, bound] = [request.fingerprint ?? new Map<string, string>(), response.granted?.fingerprint ?? new Map<string, string>()];
  const sameParts = asked.size === bound.size && [...asked].every(([name, value]) => bound.get(name) === value);
  const sameRequest = response.requestHash === request.hash && response.requestId === request.id && response.product === request.product;
  if (!sameParts || !sameRequest || response.device !== request.device) {
    throw new FormatError("bad-claim", "what is proposed does not answer the request that came along");
  }
}

function approvalMissing({ holder, maxDays }: Delegation): FormatError {
  const fact = `the key of "${holder}" may not grant more than ${maxDays} days without the approval of a second key, and none came along`;
  return new FormatError("approval-missing", fact);
}

function approvalWrong(fact: string): FormatError {
  return new FormatError("approval-wrong", `the approval is not valid: ${fact}`);
}

/** The claim that says under which delegation something was signed, against the one that came along. */
async function checkClaim({ claims, delegation }: Signed, chain: string | undefined, isCounted: boolean): Promise<void> {
  const claim = claims.has("delegation") ? claims.object("delegation") : undefined;
  const hash = claim?.hash("hash");
  const count = claim?.has("count") ? claim.ordinal("count") : undefined;
  if (claim && (chain === undefined || (await hashOf(chain)) !== hash)) {
    throw new FormatError("bad-chain", "it was signed under another delegation than came along");
  }
  if (!claim && delegation?.serial !== undefined) {
    throw new FormatError("bad-chain", "it does not say under which delegation it was signed");
  }
  if (isCounted && delegation?.maxGrants !== undefined) {
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
