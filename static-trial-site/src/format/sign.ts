/**
 * Signing trials with a delegated key: what a page without a server does, and nothing else. Everything is checked against
 * the delegation before the key is touched, and what comes out passes the ordinary verifier before anybody gets it.
 */

import { type Bytes, decodeExactly, encode } from "./base64url";
import { type Delegation, covers } from "./delegation";
import { engine } from "./engine";
import { FormatError } from "./error";
import type { Strategy } from "./fingerprint";
import { hashOf, sha256 } from "./ids";
import { type PublicKey, readKey, thumbprint } from "./key";
import type { Request } from "./request";
import type { Response } from "./response";
import type { Roots } from "./trust";

const DAY = 86_400;

/** What every trial of a product gives. */
export interface Terms {
  readonly days: number;
  readonly strategy: Strategy;
  /** Days within which the response must be installed. */
  readonly importDays: number;
  readonly entitlements: Readonly<Record<string, true | number | string>>;
}

/** Why a key cannot be used for a page that gives trials. */
export type KeyFault = "malformed" | "halves-differ" | "is-a-root" | "not-delegated" | "not-trial-only" | "no-day-limit" | "counted";

/** The key cannot be used here at all, whatever is asked. */
export class KeyError extends Error {
  readonly fault: KeyFault;

  constructor(fault: KeyFault, cause?: unknown) {
    super(fault, { cause });
    this.name = "KeyError";
    this.fault = fault;
  }
}

/** A delegated key that may give trials, and nothing but trials. */
export class TrialSigner {
  readonly delegation: Delegation;
  private readonly chain: string;
  private readonly kid: string;
  private readonly key: PublicKey;
  private readonly seed: Bytes;

  private constructor(delegation: Delegation, chain: string, kid: string, key: PublicKey, seed: Bytes) {
    this.delegation = delegation;
    this.chain = chain;
    this.kid = kid;
    this.key = key;
    this.seed = seed;
  }

  /** Reads the private JWK (RFC 8037) and its delegation, which one of `roots` must have signed. */
  static async of(jwk: unknown, chain: string, roots: Roots): Promise<TrialSigner> {
    const { key, seed } = readPrivate(jwk);
    if (roots.includes(await thumbprint(key))) throw new KeyError("is-a-root");
    let delegation: Delegation;
    try {
      delegation = await roots.verifyDelegation(chain);
    } catch (error) {
      throw error instanceof FormatError ? new KeyError("not-delegated", error) : error;
    }
    if (delegation.key.x !== key.x) throw new KeyError("not-delegated");
    // Whoever opens the page has the key: one that can give more than short trials must not be on it.
    if (delegation.types.length !== 1 || delegation.types[0] !== "trial") throw new KeyError("not-trial-only");
    if (delegation.maxDays === null) throw new KeyError("no-day-limit");
    // Each visitor has a page of their own: nobody could say which number comes next.
    if (delegation.maxGrants !== undefined) throw new KeyError("counted");
    const signer = new TrialSigner(delegation, chain, await thumbprint(key), key, seed);
    await signer.tryOut();
    return signer;
  }

  /** A private half that belongs to another public one would give signatures that nobody accepts. */
  private async tryOut(): Promise<void> {
    const message = new TextEncoder().encode("countersign: do the halves of this key belong together?");
    const signature = await engine().sign({ seed: this.seed, public: this.key.bytes }, message);
    if (!(await engine().verify(this.key.bytes, message, signature))) throw new KeyError("halves-differ");
  }

  /** What a trial of `request` would be from `now` on, in seconds since 1970; refused if the delegation does not cover it. */
  async plan(request: Request, terms: Terms, now: number): Promise<Response> {
    if (request.type !== "trial-request+jwt" || !request.fingerprint) {
      throw new FormatError("wrong-type", "only trial requests are answered here");
    }
    const response: Response = {
      type: "trial-response+jwt",
      issuer: this.delegation.issuer,
      product: request.product,
      id: await trialId(request.token),
      issuedAt: now,
      requestId: request.id,
      requestHash: request.hash,
      device: request.device,
      granted: {
        importBy: now + terms.importDays * DAY,
        strategy: terms.strategy,
        fingerprint: request.fingerprint,
        expiresAt: now + terms.days * DAY,
        entitlements: new Map(Object.entries(terms.entitlements).map(([name, value]) => [name, typeof value === "number" ? BigInt(value) : value])),
      },
    };
    covers(this.delegation, response);
    return response;
  }

  /** The signed trial response for `request`, a bare token. */
  async sign(request: Request, terms: Terms, now: number): Promise<string> {
    const plan = await this.plan(request, terms, now);
    const header = { alg: "EdDSA", typ: plan.type, kid: this.kid, chain: this.chain };
    const payload = {
      iss: plan.issuer, aud: plan.product, jti: plan.id, iat: plan.issuedAt,
      req: { jti: plan.requestId, hash: plan.requestHash },
      cnf: { jkt: plan.device },
      exp: plan.granted?.importBy,
      bind: { strategy: terms.strategy, fingerprint: Object.fromEntries(request.fingerprint ?? []) },
      grant: { expires_at: plan.granted?.expiresAt, entitlements: terms.entitlements },
      ...(this.delegation.serial === undefined ? {} : { delegation: { hash: await hashOf(this.chain) } }),
    };
    const utf8 = new TextEncoder();
    const input = [header, payload].map((part) => encode(utf8.encode(JSON.stringify(part)))).join(".");
    const signature = await engine().sign({ seed: this.seed, public: this.key.bytes }, utf8.encode(input));
    return `${input}.${encode(signature)}`;
  }
}

/** The id of the trial that a request gets from a page without a server: always the same one. */
export async function trialId(token: string): Promise<string> {
  const digest = await sha256(`countersign/trial-id/v1\0${token}`);
  return encode(digest.subarray(0, 16));
}

function readPrivate(jwk: unknown): { key: PublicKey; seed: Bytes } {
  const members = typeof jwk === "object" && jwk !== null ? (jwk as Record<string, unknown>) : {};
  const { kty, crv, x, d } = members;
  const key = typeof x === "string" ? readKey(x) : undefined;
  const seed = typeof d === "string" ? decodeExactly(d, 32) : undefined;
  if (Object.keys(members).length !== 4 || kty !== "OKP" || crv !== "Ed25519" || !key || !seed) throw new KeyError("malformed");
  return { key, seed };
}
