/** What a device asks: activation, trial, deactivation (docs/format.md, sections 3 and 4). */

import type { Claims } from "./claims";
import { type Fingerprint, readFingerprint } from "./fingerprint";
import { hashOf } from "./ids";
import { type PublicKey, thumbprint } from "./key";
import { type Expect, type TokenType, Unverified, check } from "./token";

/** A request whose signature was verified. */
export interface Request {
  readonly type: TokenType;
  readonly token: string;
  /** SHA-256 of the token: what a response refers to. */
  readonly hash: string;
  readonly id: string;
  /** By the device's clock, which may be wrong. */
  readonly issuedAt: number;
  readonly product: string;
  /** Thumbprint of the key that signed it. */
  readonly device: string;
  readonly deviceName: string | undefined;
  readonly platform: string | undefined;
  readonly appVersion: string | undefined;
  /** The machine; a deactivation request does not describe it. */
  readonly fingerprint: Fingerprint | undefined;
}

/** Decodes and verifies a bare token. */
export async function verifyRequest(token: string, expect: Expect): Promise<Request> {
  const unverified = Unverified.decode(token);
  check("request", unverified.type);
  check(expect, unverified.type);
  const key = unverified.header.jwk as PublicKey;
  const claims = await unverified.verify(key);
  const base = { id: claims.id("jti"), issuedAt: claims.integer("iat"), product: claims.product() };
  const machine = unverified.type === "deactivation-request+jwt" ? deactivation(claims) : described(claims, unverified.type);
  return { type: unverified.type, token, hash: await hashOf(token), device: await thumbprint(key), ...base, ...machine };
}

type Machine = Pick<Request, "deviceName" | "platform" | "appVersion" | "fingerprint">;

function deactivation(claims: Claims): Machine {
  claims.id("activation");
  const deviceName = claims.has("device") ? claims.object("device").label("name") : undefined;
  return { deviceName, platform: undefined, appVersion: undefined, fingerprint: undefined };
}

function described(claims: Claims, type: TokenType): Machine {
  const device = claims.object("device");
  const machine = {
    deviceName: device.label("name"),
    platform: device.label("platform"),
    appVersion: device.label("app_version"),
    fingerprint: readFingerprint(device, "fingerprint"),
  };
  if (type === "activation-request+jwt" && claims.has("license")) {
    const license = claims.object("license");
    license.id("id");
    license.hash("proof");
  }
  return machine;
}
