/** Signing in the page: what comes out is a response that verifies, and nothing comes out beyond the delegation. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { type Bytes, encode } from "../src/format/base64url";
import { type Engine, type KeyPair, useEngine, webCrypto } from "../src/format/engine";
import { FormatError } from "../src/format/error";
import { readFile } from "../src/format/file";
import { checkInstall } from "../src/format/install";
import { readKey, thumbprint } from "../src/format/key";
import { library } from "../src/format/library";
import { type Request, verifyRequest } from "../src/format/request";
import { KeyError, type Terms, TrialSigner, trialId } from "../src/format/sign";
import { Roots } from "../src/format/trust";
import { responseFile } from "../src/format/write";

const NOW = 1_795_000_000;
const DAY = 86_400;
const utf8 = new TextEncoder();
const terms: Terms = { days: 14, strategy: "fuzzy", importDays: 7, entitlements: { cad: true, parts: 500, tier: "pro" } };

async function newKey(): Promise<{ pair: KeyPair; x: string; d: string; kid: string }> {
  const made = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const { x = "", d = "" } = await crypto.subtle.exportKey("jwk", made.privateKey);
  const bytes = (text: string): Bytes => new Uint8Array(Buffer.from(text, "base64url"));
  return { pair: { seed: bytes(d), public: bytes(x) }, x, d, kid: await thumbprint({ x, bytes: bytes(x) }) };
}

async function token(pair: KeyPair, header: object, payload: object): Promise<string> {
  const input = [header, payload].map((part) => encode(utf8.encode(JSON.stringify(part)))).join(".");
  return `${input}.${encode(await webCrypto.sign(pair, utf8.encode(input)))}`;
}

interface World {
  readonly root: Awaited<ReturnType<typeof newKey>>;
  readonly key: Awaited<ReturnType<typeof newKey>>;
  readonly roots: Roots;
  delegation(more?: { scope?: object; nbf?: number; exp?: number; by?: KeyPair }): Promise<string>;
  signer(more?: Parameters<World["delegation"]>[0]): Promise<TrialSigner>;
  request(product?: string): Promise<Request>;
}

async function world(): Promise<World> {
  const [root, key, device] = await Promise.all([newKey(), newKey(), newKey()]);
  const known = readKey(root.x);
  assert.ok(known);
  const roots = await Roots.of([known]);
  const jwk = { kty: "OKP", crv: "Ed25519", x: key.x, d: key.d };
  const delegation: World["delegation"] = ({ scope, nbf = NOW - DAY, exp = NOW + 90 * DAY, by = root.pair } = {}) => token(
    by, { alg: "EdDSA", typ: "signing-key+jwt", kid: root.kid },
    {
      jti: "AAAAAAAAAAAAAAAAAAAAAA", iat: NOW - DAY, iss: "Acme Software", sub: "trial page", nbf, exp,
      cnf: { jwk: { kty: "OKP", crv: "Ed25519", x: key.x } }, scope: { types: ["trial"], products: ["acme-cad"], max_days: 30, ...scope },
    },
  );
  return {
    root, key, roots, delegation,
    signer: async (more) => TrialSigner.of(jwk, await delegation(more), roots),
    request: async (product = "acme-cad") => verifyRequest(await token(
      device.pair, { alg: "EdDSA", typ: "trial-request+jwt", jwk: { kty: "OKP", crv: "Ed25519", x: device.x } },
      { jti: "BBBBBBBBBBBBBBBBBBBBBA", iat: NOW, aud: product, device: { name: "lab-7", fingerprint: { board: "CCCCCCCCCCCCCCCCCCCCCA" } } },
    ), "request"),
  };
}

function machine(roots: Roots, request: Request): Parameters<typeof checkInstall>[0] {
  return {
    roots, product: "acme-cad", device: request.device, fingerprint: request.fingerprint ?? new Map(),
    requests: new Map([[request.id, request.hash]]), revoked: new Set(), deactivated: new Set(),
  };
}

for (const engine of [webCrypto, library] satisfies Engine[]) {
  test(`${engine.name}: a trial passes every check of the machine`, async () => {
    useEngine(engine);
    const { signer, request, roots } = await world();
    const [by, asked] = [await signer(), await request()];
    const signed = await by.sign(asked, terms, NOW);
    const response = await checkInstall(machine(roots, asked), signed, "trial-response+jwt", NOW);
    assert.equal(response.issuer, "Acme Software");
    assert.equal(response.id, await trialId(asked.token));
    assert.deepEqual(response.granted, {
      importBy: NOW + 7 * DAY, strategy: "fuzzy", fingerprint: asked.fingerprint, expiresAt: NOW + 14 * DAY,
      entitlements: new Map<string, unknown>([["cad", true], ["parts", 500n], ["tier", "pro"]]),
    });
    assert.deepEqual(response, await by.plan(asked, terms, NOW));
    const file = await responseFile(signed, response, "lab-7\nend 3 characters");
    assert.equal(await readFile(utf8.encode(file)), signed);
    assert.match(file, /^# acme-cad - trial response for lab-7 end 3 characters\n/);
  });
}

test("both engines sign the same", async () => {
  const { signer, request } = await world();
  const [by, asked] = [await signer(), await request()];
  const signed: string[] = [];
  for (const engine of [webCrypto, library]) {
    useEngine(engine);
    signed.push(await by.sign(asked, terms, NOW));
  }
  assert.equal(signed[0], signed[1]);
});

test("the same request always names the same trial", async () => {
  const { signer, request, roots } = await world();
  const asked = await request();
  const ids = await Promise.all([NOW, NOW + DAY].map(async (now) => (await roots.verifyResponse(await (await signer()).sign(asked, terms, now), "any")).response.id));
  assert.equal(ids[0], ids[1]);
});

async function refusesToSign(doing: Promise<unknown>, says: RegExp): Promise<void> {
  await assert.rejects(doing, (error) => error instanceof FormatError && error.code === "out-of-scope" && says.test(error.message));
}

test("attack: a longer trial than the delegation allows is not signed", async () => {
  const { signer, request } = await world();
  const by = await signer();
  await by.sign(await request(), { ...terms, days: 30 }, NOW);
  await refusesToSign(by.sign(await request(), { ...terms, days: 31 }, NOW), /more than 30 days/);
});

test("attack: a trial of another product is not signed", async () => {
  const { signer, request } = await world();
  await refusesToSign((await signer()).sign(await request("acme-pro"), terms, NOW), /product acme-pro/);
});

test("attack: nothing is signed before or after the delegation's time", async () => {
  const { signer, request } = await world();
  const by = await signer({ nbf: NOW, exp: NOW + DAY });
  await by.sign(await request(), terms, NOW);
  for (const now of [NOW - 1, NOW + DAY]) await refusesToSign(by.sign(await request(), terms, now), /outside the time/);
});

test("attack: a request that is not for a trial is not answered", async () => {
  const { signer, request } = await world();
  const asked = await request();
  for (const type of ["activation-request+jwt", "deactivation-request+jwt"] as const) {
    await assert.rejects((await signer()).sign({ ...asked, type }, terms, NOW), (error) => error instanceof FormatError && error.code === "wrong-type");
  }
});

async function refusesKey(doing: Promise<unknown>, fault: string): Promise<void> {
  await assert.rejects(doing, (error) => error instanceof KeyError && error.fault === fault);
}

test("attack: a key that may sign more than trials is not used on a page", async () => {
  const { signer } = await world();
  for (const types of [["trial", "activation"], ["activation"], ["trial", "later"], []]) await refusesKey(signer({ scope: { types } }), "not-trial-only");
  await refusesKey(signer({ scope: { max_days: null } }), "no-day-limit");
});

test("attack: a root key is not used on a page", async () => {
  const { root, roots, delegation } = await world();
  await refusesKey(TrialSigner.of({ kty: "OKP", crv: "Ed25519", x: root.x, d: root.d }, await delegation(), roots), "is-a-root");
});

test("attack: a delegation by somebody else, or for another key, is none", async () => {
  const [{ signer, roots, key }, other] = [await world(), await world()];
  await refusesKey(signer({ by: other.root.pair }), "not-delegated");
  await refusesKey(TrialSigner.of({ kty: "OKP", crv: "Ed25519", x: key.x, d: key.d }, await other.delegation(), roots), "not-delegated");
});

test("a key whose halves do not belong together is found out before anybody is answered", async () => {
  for (const engine of [webCrypto, library]) {
    useEngine(engine);
    const [{ key, roots, delegation }, other] = [await world(), await world()];
    await refusesKey(TrialSigner.of({ kty: "OKP", crv: "Ed25519", x: key.x, d: other.key.d }, await delegation(), roots), "halves-differ");
  }
});

test("a malformed key is refused", async () => {
  const { key, roots, delegation } = await world();
  const good = { kty: "OKP", crv: "Ed25519", x: key.x, d: key.d };
  const chain = await delegation();
  for (const wrong of [undefined, null, "key", {}, { ...good, d: undefined }, { ...good, d: "short" }, { ...good, crv: "X25519" }, { ...good, kid: "more" }]) {
    await refusesKey(TrialSigner.of(wrong, chain, roots), "malformed");
  }
});
