/** Where Ed25519 libraries disagree: the library does what WebCrypto does, and neither does what the appendix forbids. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Point, hashes, utils, verify as lax } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";

import type { Bytes } from "../src/format/base64url";
import { useEngine, webCrypto } from "../src/format/engine";
import { SMALL_ORDER, verifies } from "../src/format/key";
import { library } from "../src/format/library";

hashes.sha512 = sha512;
const N = Point.CURVE().n;
const hex = (text: string): Bytes => new Uint8Array(Buffer.from(text, "hex"));
const join = (...parts: Uint8Array[]): Bytes => new Uint8Array(Buffer.concat(parts));
const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
const bytes32 = (value: bigint): Bytes => new Uint8Array(Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse());

async function both(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean[]> {
  const found: boolean[] = [];
  for (const engine of [webCrypto, library]) {
    useEngine(engine);
    found.push(await verifies({ x: "", bytes: key }, message, signature));
  }
  return found;
}

test("attack: no key and no R of small order, in any of their encodings", async () => {
  let accepted = 0;
  for (const a of SMALL_ORDER) {
    for (const r of SMALL_ORDER) {
      const signature = join(hex(r), new Uint8Array(32));
      // The library's own rule (ZIP 215) takes all of these where it can decode them.
      accepted += Number(lax(signature, new TextEncoder().encode("Zcash"), hex(a)));
      assert.deepEqual(await both(hex(a), hex("5a63617368"), signature), [false, false]);
    }
  }
  assert.equal(SMALL_ORDER.size, 14);
  assert.ok(accepted >= 100, `${accepted}`);
});

test("attack: keys with a part of small order count as the core counts them, without the cofactor", async () => {
  const torsion = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", true);
  const seen = new Set<boolean>();
  for (let n = 0; n < 64; n++) {
    const [a, r] = [number(utils.randomSecretKey()) % N, number(utils.randomSecretKey()) % N];
    const key = Point.BASE.multiply(a).add(torsion).toBytes() as Bytes;
    const point = Point.BASE.multiply(r).toBytes();
    const message = new TextEncoder().encode(`message ${n}`);
    const k = number(sha512(join(point, key, message))) % N;
    const signature = join(point, bytes32((r + k * a) % N));
    assert.equal(lax(signature, message, key), true, "with the cofactor all of them are right");
    const right = k % 8n === 0n;
    seen.add(right);
    assert.deepEqual(await both(key, message, signature), [right, right]);
  }
  assert.equal(seen.size, 2, "both kinds were tried");
});

test("attack: a signature with the order of the group added to S is none", async () => {
  const seed = utils.randomSecretKey() as Bytes;
  const message = new TextEncoder().encode("message");
  const pair = { seed, public: Point.BASE.multiply(number(scalar(seed))).toBytes() as Bytes };
  const signature = await library.sign(pair, message);
  assert.deepEqual(await both(pair.public, message, signature), [true, true]);
  const malleable = join(signature.subarray(0, 32), bytes32(number(signature.subarray(32)) + N));
  assert.deepEqual(await both(pair.public, message, malleable), [false, false]);
});

function scalar(seed: Bytes): Bytes {
  const hashed = sha512(seed).subarray(0, 32);
  hashed[0] = (hashed[0] as number) & 248;
  hashed[31] = ((hashed[31] as number) & 127) | 64;
  return bytes32(number(hashed) % N);
}

test("attack: what is too short, too long or no point is no signature, and no error", async () => {
  const seed = utils.randomSecretKey() as Bytes;
  const message = new TextEncoder().encode("message");
  const key = Point.BASE.multiply(number(scalar(seed))).toBytes() as Bytes;
  const signature = await library.sign({ seed, public: key }, message);
  for (const wrong of [signature.subarray(1), join(signature, new Uint8Array(1)), new Uint8Array(0)]) assert.deepEqual(await both(key, message, wrong as Bytes), [false, false]);
  for (const wrong of [key.subarray(1), join(key, new Uint8Array(1)), hex("02".padEnd(64, "0")), hex("ff".repeat(32))]) {
    assert.deepEqual(await both(wrong as Bytes, message, signature), [false, false]);
  }
});

test("both hash the same", async () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 1000]) {
    const message = new Uint8Array(length).fill(97);
    assert.deepEqual(await library.sha256(message), await webCrypto.sha256(message));
  }
});
