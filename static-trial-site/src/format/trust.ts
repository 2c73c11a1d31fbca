/** Who may sign a response or a release: the roots that the page is configured with, and keys they delegate to. */

import type { Claims } from "./claims";
import { type Delegation, covers, coversRelease, verifyDelegation } from "./delegation";
import { FormatError } from "./error";
import { type PublicKey, thumbprint } from "./key";
import { type Release, readRelease } from "./release";
import { type Response, readResponse } from "./response";
import { type Expect, Unverified, check } from "./token";

/** The root public keys that a verifier is configured with, by thumbprint. */
export class Roots {
  private readonly keys: ReadonlyMap<string, PublicKey>;

  private constructor(keys: ReadonlyMap<string, PublicKey>) {
    this.keys = keys;
  }

  /** Trusts these keys and what they delegate. */
  static async of(keys: PublicKey[]): Promise<Roots> {
    return new Roots(new Map(await Promise.all(keys.map(async (key) => [await thumbprint(key), key] as const))));
  }

  /** Whether one of them has this thumbprint. */
  includes(kid: string): boolean {
    return this.keys.has(kid);
  }

  private find(what: string, kid: string): PublicKey {
    const key = this.keys.get(kid);
    if (key) return key;
    throw new FormatError("untrusted-key", `${what} is signed by the key ${kid}, which is none of the trusted root keys`);
  }

  /** Verifies a response: signature, chain, scope, and the revocation list that it carries. */
  async verifyResponse(token: string, expect: Expect): Promise<{ response: Response; signer: string }> {
    const unverified = Unverified.decode(token);
    check("response", unverified.type);
    check(expect, unverified.type);
    const { claims, delegation } = await this.verifySignature("the response", unverified);
    const response = readResponse(unverified.type, claims);
    if (delegation) covers(delegation, response);
    return { response, signer: await this.unrevoked(unverified) };
  }

  /** Verifies the checksum list of a release: signature, chain, scope, and the revocation list that it carries. */
  async verifyRelease(token: string): Promise<{ release: Release; signer: string }> {
    const unverified = Unverified.decode(token);
    check("release+jwt", unverified.type);
    const { claims, delegation } = await this.verifySignature("the release", unverified);
    const release = readRelease(claims);
    if (delegation) coversRelease(delegation, release);
    return { release, signer: await this.unrevoked(unverified) };
  }

  /** The claims of what a root or a key with a chain signed. The scope is not looked at yet. */
  private async verifySignature(
    what: string,
    unverified: Unverified,
  ): Promise<{ claims: Claims; delegation: Delegation | undefined }> {
    const { kid = "", chain } = unverified.header;
    const delegation = !this.keys.has(kid) && chain !== undefined ? await this.verifyChain(chain, kid) : undefined;
    const claims = await unverified.verify(delegation?.key ?? this.find(what, kid));
    return { claims, delegation };
  }

  /** The signer, unless the revocation list that came along names it. */
  private async unrevoked(unverified: Unverified): Promise<string> {
    const { kid = "", revocations } = unverified.header;
    if (revocations !== undefined && (await this.verifyRevocations(revocations)).includes(kid)) throw revoked(kid);
    return kid;
  }

  /** Verifies a delegation on its own. */
  async verifyDelegation(token: string): Promise<Delegation> {
    const unverified = Unverified.decode(token);
    check("signing-key+jwt", unverified.type);
    return verifyDelegation(unverified, this.find("the delegation", await unverified.signer()));
  }

  /** Verifies a revocation list: the thumbprints of the keys that no longer count. */
  async verifyRevocations(token: string): Promise<string[]> {
    const unverified = Unverified.decode(token);
    check("revocations+jwt", unverified.type);
    const claims = await unverified.verify(this.find("the revocation list", await unverified.signer()));
    claims.id("jti");
    claims.integer("iat");
    claims.string("iss");
    claims.integer("seq");
    return claims.objects("revoked").map((key) => {
      key.boolean("compromised");
      return key.hash("kid");
    });
  }

  /** The delegation inside a token. Whatever is wrong with it is a bad chain, but that no root signed it. */
  private async verifyChain(chain: string, kid: string): Promise<Delegation> {
    let delegation: Delegation;
    try {
      delegation = await this.verifyDelegation(chain);
    } catch (error) {
      if (error instanceof FormatError && error.code !== "untrusted-key") {
        throw new FormatError("bad-chain", `the delegation of the signing key is invalid: ${error.message}`);
      }
      throw error;
    }
    if ((await thumbprint(delegation.key)) !== kid) {
      throw new FormatError("bad-chain", "the delegation is for another key than the one that signed");
    }
    return delegation;
  }
}

/** The error that a key was revoked. */
export function revoked(kid: string): FormatError {
  return new FormatError("revoked-key", `the signing key ${kid} was revoked by the vendor`);
}
