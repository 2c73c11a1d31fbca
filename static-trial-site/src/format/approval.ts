/** `approval+jwt` and `proposal+jwt`: a second key approves of exactly one grant (docs/format.md, section 4). */

import { type Bytes, decode } from "./base64url";
import type { Claims } from "./claims";
import { type TokenType, isGrant } from "./token";

/** An approval's claims. */
export interface Approval {
  readonly issuedAt: number;
  /** The type of what is approved. */
  readonly type: TokenType;
  /** SHA-256 of its payload. */
  readonly payload: string;
}

/** A proposal's claims: what is to be signed once another key approves of it. */
export interface Proposal {
  readonly issuedAt: number;
  /** The request token that is to be answered. */
  readonly request: string;
  /** The type of the response. */
  readonly type: TokenType;
  /** The payload of the response, to the byte. */
  readonly payload: Bytes;
}

/** Reads the claims of a verified payload. */
export function readApproval(claims: Claims): Approval {
  claims.id("jti");
  const issuedAt = claims.integer("iat");
  claims.string("iss");
  const approves = claims.object("approves");
  return { issuedAt, type: readType(approves), payload: approves.hash("hash") };
}

/** Reads the claims of a verified payload. */
export function readProposal(claims: Claims): Proposal {
  const response = claims.object("response");
  const payload = decode(response.string("payload"));
  if (!payload) throw response.wrong("payload", "base64url without padding");
  claims.id("jti");
  const issuedAt = claims.integer("iat");
  claims.string("iss");
  return { issuedAt, request: claims.string("request"), type: readType(response), payload };
}

/** Only grants are approved. */
function readType(claims: Claims): TokenType {
  const type = claims.string("typ") as TokenType;
  if (!isGrant(type)) throw claims.wrong("typ", "activation-response+jwt or trial-response+jwt");
  return type;
}
