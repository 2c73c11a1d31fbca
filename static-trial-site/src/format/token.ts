/** One signed token taken apart, strictly (docs/format.md, section 2). */

import { type Bytes, decode as decodeText } from "./base64url";
import { Claims } from "./claims";
import { FormatError } from "./error";
import { isHash } from "./ids";
import { type JsonObject, parseObject } from "./json";
import { type PublicKey, readKey, thumbprint, verifies } from "./key";

const MAX_LENGTH = 16_384;
const MOST_ROTATIONS = 16;

/** Every type with its words for people. */
const TYPES = {
  "activation-request+jwt": "activation request",
  "trial-request+jwt": "trial request",
  "deactivation-request+jwt": "deactivation request",
  "activation-response+jwt": "activation response",
  "trial-response+jwt": "trial response",
  "deactivation-response+jwt": "deactivation receipt",
  "time-reset+jwt": "time reset",
  "signing-key+jwt": "signing key delegation",
  "revocations+jwt": "revocation list",
  "root-key+jwt": "root key rotation",
  "release+jwt": "release checksum list",
  "proposal+jwt": "proposal",
  "approval+jwt": "approval",
  "audit-checkpoint+jwt": "audit log checkpoint",
} as const;

/** What a token is (`typ`). */
export type TokenType = keyof typeof TYPES;

export function isRequest(type: TokenType): boolean {
  return type.endsWith("-request+jwt");
}

export function isResponse(type: TokenType): boolean {
  return type.endsWith("-response+jwt") || type === "time-reset+jwt";
}

/** Whether a root or a delegated key signs it: it may carry a chain, a revocation list and rotations. */
function isDelegable(type: TokenType): boolean {
  return isResponse(type) || type === "release+jwt" || type === "audit-checkpoint+jwt";
}

/** Whether it gives a right to run. */
export function isGrant(type: TokenType): boolean {
  return type === "activation-response+jwt" || type === "trial-response+jwt";
}

/** Whether it goes between two who sign: it may carry a chain, and nothing else. */
function isBetweenSigners(type: TokenType): boolean {
  return type === "proposal+jwt" || type === "approval+jwt";
}

/** The header members of a type beside `alg` and `typ`. */
function membersOf(type: TokenType): readonly string[] {
  if (isRequest(type) || type === "root-key+jwt") return ["jwk"];
  if (isGrant(type)) return ["kid", "chain", "revocations", "rotations", "approval"];
  if (isDelegable(type)) return ["kid", "chain", "revocations", "rotations"];
  return isBetweenSigners(type) ? ["kid", "chain"] : ["kid"];
}

/** "an activation request" */
export function withArticle(type: TokenType): string {
  const words = TYPES[type];
  return `${words.startsWith("a") ? "an" : "a"} ${words}`;
}

/** What a caller asks for: any type, any request, any response, or one type. */
export type Expect = TokenType | "request" | "response" | "any";

/** Refuses a type that was not asked for, naming both. */
export function check(expect: Expect, found: TokenType): void {
  const fits =
    expect === "any" ||
    (expect === "request" && isRequest(found)) ||
    (expect === "response" && isResponse(found)) ||
    expect === found;
  if (fits) return;
  const wanted = expect === "request" || expect === "response" ? `a ${expect}` : withArticle(expect as TokenType);
  throw new FormatError("wrong-type", `this is ${withArticle(found)}, but ${wanted} is needed`);
}

/** The members of a header that passed, each only where its `typ` defines it. */
export interface Header {
  /** Requests: the device's own key. Rotations: the old root. */
  readonly jwk?: PublicKey;
  /** All others: the thumbprint of the signing key. */
  readonly kid?: string;
  /** What a delegated key signed, where present: its delegation. */
  readonly chain?: string;
  /** Responses and releases, where present: a revocation list. */
  readonly revocations?: string;
  /** Responses and releases, where present: rotations, oldest first. */
  readonly rotations?: readonly string[];
  /** Activation and trial responses, where present: the approval of a second key. */
  readonly approval?: string;
}

/** A token in parts whose signature is not verified yet: says what it claims to be, gives no payload. */
export class Unverified {
  readonly type: TokenType;
  readonly header: Header;
  /** The bytes of the payload, whoever signed them: nothing in them is to be believed. */
  readonly payload: Bytes;
  private readonly signingInput: string;
  private readonly signature: Bytes;

  private constructor(type: TokenType, header: Header, payload: Bytes, signingInput: string, signature: Bytes) {
    this.type = type;
    this.header = header;
    this.payload = payload;
    this.signingInput = signingInput;
    this.signature = signature;
  }

  /** Takes a bare token apart and checks its header. */
  static decode(token: string): Unverified {
    if (new TextEncoder().encode(token).length > MAX_LENGTH) {
      throw new FormatError("too-long", `the text is longer than a token may be (${MAX_LENGTH} characters)`);
    }
    const parts = token.split(".");
    const [header, payload, signature] = parts;
    if (parts.length !== 3 || header === undefined || payload === undefined || signature === undefined) {
      throw new FormatError("not-a-token", `a token has three parts, this has ${parts.length}`);
    }
    if (header === "" || payload === "") throw new FormatError("not-a-token", "a part of the token is empty");
    const headerBytes = part("header", header);
    const payloadBytes = part("payload", payload);
    const signatureBytes = part("signature", signature);
    const [type, read] = readHeader(parseObject("header", headerBytes));
    // Decoding comes before verifying: a payload that nobody may read is refused for what it is.
    parseObject("payload", payloadBytes);
    return new Unverified(type, read, payloadBytes, `${header}.${payload}`, signatureBytes);
  }

  /** The thumbprint of the key that is said to have signed it. */
  async signer(): Promise<string> {
    return this.header.kid ?? (await thumbprint(this.header.jwk as PublicKey));
  }

  /** The payload's claims, if `key` signed it: over the bytes that arrived. */
  async verify(key: PublicKey): Promise<Claims> {
    if (!(await verifies(key, new TextEncoder().encode(this.signingInput), this.signature))) {
      throw new FormatError("bad-signature", `the signature of this ${TYPES[this.type]} does not fit its content`);
    }
    return new Claims(parseObject("payload", this.payload));
  }
}

function part(name: string, text: string): Bytes {
  const bytes = decodeText(text);
  if (!bytes) throw new FormatError("bad-encoding", `the ${name} is not base64url without padding`);
  return bytes;
}

function badHeader(fact: string): FormatError {
  return new FormatError("bad-header", fact);
}

function readHeader(map: JsonObject): [TokenType, Header] {
  const string = (name: string): string => {
    const value = map.get(name);
    if (value === undefined) throw badHeader(`the header member "${name}" is missing`);
    if (typeof value !== "string") throw badHeader(`the header member "${name}" must be a string`);
    return value;
  };
  const alg = string("alg");
  if (alg !== "EdDSA") throw new FormatError("wrong-alg", `the algorithm is "${alg}", not EdDSA`);
  const typ = string("typ");
  if (!Object.hasOwn(TYPES, typ)) throw new FormatError("unknown-type", `"${typ}" is no type of token known here`);
  const type = typ as TokenType;
  const own = membersOf(type);
  for (const name of map.keys()) {
    if (name !== "alg" && name !== "typ" && !own.includes(name)) {
      throw badHeader(`the header member "${name}" does not belong to ${withArticle(type)}`);
    }
  }
  if (own.includes("jwk")) return [type, { jwk: readJwk(map.get("jwk")) }];
  const kid = string("kid");
  if (!isHash(kid)) throw badHeader('the header member "kid" is malformed');
  const chain = map.has("chain") ? { chain: string("chain") } : {};
  const revocations = map.has("revocations") ? { revocations: string("revocations") } : {};
  const rotations = map.has("rotations") ? { rotations: readRotations(map.get("rotations")) } : {};
  const approval = map.has("approval") ? { approval: string("approval") } : {};
  return [type, { kid, ...chain, ...revocations, ...rotations, ...approval }];
}

function readRotations(value: unknown): string[] {
  const tokens = Array.isArray(value) ? value.filter((token) => typeof token === "string") : [];
  if (!Array.isArray(value) || tokens.length !== value.length || tokens.length < 1 || tokens.length > MOST_ROTATIONS) {
    throw badHeader(`the header member "rotations" must be 1 to ${MOST_ROTATIONS} tokens`);
  }
  return tokens;
}

/** A fourth member would be a leaked private half ("d") or something that is not checked here. */
function readJwk(jwk: unknown): PublicKey {
  const isKey = jwk instanceof Map && jwk.size === 3 && jwk.get("kty") === "OKP" && jwk.get("crv") === "Ed25519";
  const x: unknown = isKey ? jwk.get("x") : undefined;
  const key = typeof x === "string" ? readKey(x) : undefined;
  if (!key) throw badHeader('the header member "jwk" must be {kty: OKP, crv: Ed25519, x} and nothing else');
  return key;
}
