/** Every vector of the format that a page can be asked: tokens, files, installing. One named test each. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { FormatError } from "../src/format/error";
import { readFile } from "../src/format/file";
import { checkInstall } from "../src/format/install";
import { readKey } from "../src/format/key";
import { verifyRequest } from "../src/format/request";
import { type Expect, Unverified, check, isRequest, isResponse } from "../src/format/token";
import { Roots } from "../src/format/trust";

/* eslint-disable-next-line @typescript-eslint/no-explicit-any -- test data */
type Vector = Record<string, any>;

function load(name: string): { roots?: Record<string, string>; cases: Vector[] } {
  return JSON.parse(readFileSync(`../tests/vectors/${name}.json`, "utf8"));
}

async function verdict(doing: () => Promise<unknown>): Promise<string> {
  try {
    await doing();
    return "ok";
  } catch (error) {
    if (error instanceof FormatError) return error.code;
    throw error;
  }
}

function roots(all: Record<string, string> = {}): Promise<Roots> {
  const keys = Object.values(all).map((x) => readKey(x));
  return Roots.of(keys.filter((key) => key !== undefined));
}

async function verify(token: string, expect: Expect, trusted: Roots): Promise<unknown> {
  const { type } = Unverified.decode(token);
  check(expect, type);
  if (isRequest(type)) return verifyRequest(token, expect);
  if (isResponse(type)) return trusted.verifyResponse(token, expect);
  if (type === "release+jwt") return trusted.verifyRelease(token);
  return type === "signing-key+jwt" ? trusted.verifyDelegation(token) : trusted.verifyRevocations(token);
}

const tokens = load("tokens");
for (const vector of tokens.cases) {
  test(`tokens: ${vector["name"]}`, async () => {
    const trusted = await roots(tokens.roots);
    assert.equal(await verdict(() => verify(vector["token"], vector["expect"], trusted)), vector["verdict"]);
  });
}

const releases = load("releases");
for (const vector of releases.cases) {
  test(`releases: ${vector["name"]}`, async () => {
    const trusted = await roots(releases.roots);
    assert.equal(await verdict(() => verify(vector["token"], vector["expect"], trusted)), vector["verdict"]);
  });
}

const installs = load("install");
for (const vector of installs.cases) {
  test(`install: ${vector["name"]}`, async () => {
    const machine = {
      roots: await roots(installs.roots),
      product: vector["product"],
      device: vector["device_jkt"],
      fingerprint: new Map<string, string>(Object.entries(vector["fingerprint"])),
      requests: new Map<string, string>(Object.entries(vector["outstanding"])),
      revoked: new Set<string>(vector["revoked_kids"]),
      deactivated: new Set<string>(vector["deactivated"]),
    };
    const found = await verdict(() => checkInstall(machine, vector["token"], "response", vector["now"]));
    assert.equal(found, vector["verdict"]);
  });
}

for (const vector of load("files").cases) {
  test(`files: ${vector["name"]}`, async () => {
    const bytes = new Uint8Array(Buffer.from(vector["base64"], "base64"));
    let token: string | undefined;
    const found = await verdict(async () => {
      token = await readFile(bytes);
    });
    assert.equal(found, vector["verdict"]);
    if (found === "ok") assert.equal(token, vector["token"]);
  });
}
