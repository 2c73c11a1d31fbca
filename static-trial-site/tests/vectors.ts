/** The vectors of docs/format.md as checks that Node and a browser both run, with either engine. */

import { FormatError } from "../src/format/error";
import { readFile } from "../src/format/file";
import { checkInstall } from "../src/format/install";
import { readKey, verifies } from "../src/format/key";
import { verifyRequest } from "../src/format/request";
import { type Expect, Unverified, check, isRequest, isResponse } from "../src/format/token";
import { Roots } from "../src/format/trust";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- test data
type Vector = Record<string, any>;

/** The files of tests/vectors that a page can be asked about, and the Ed25519 sets. */
export interface Vectors {
  readonly tokens: { roots: Record<string, string>; cases: Vector[] };
  readonly releases: { roots: Record<string, string>; cases: Vector[] };
  readonly install: { roots: Record<string, string>; cases: Vector[] };
  readonly files: { cases: Vector[] };
  readonly ed25519: { cases: { name: string; key: string; message: string; signature: string; valid: boolean }[] };
}

/** One vector: its name, what must come out, and what does. */
export interface Case {
  readonly name: string;
  readonly expected: string;
  found(): Promise<string>;
}

/** All of them. */
export function cases(vectors: Vectors): Case[] {
  return [
    ...tokenCases("tokens", vectors.tokens), ...tokenCases("releases", vectors.releases),
    ...vectors.install.cases.map((vector) => installCase(vectors.install.roots, vector)),
    ...vectors.files.cases.map(fileCase),
    ...vectors.ed25519.cases.map(({ name, key, message, signature, valid }) => ({
      name: `ed25519: ${name}`,
      expected: String(valid),
      found: async () => String(await verifies({ x: "", bytes: hex(key) }, hex(message), hex(signature))),
    })),
  ];
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

function roots(all: Record<string, string>): Promise<Roots> {
  const keys = Object.values(all).map((x) => readKey(x));
  return Roots.of(keys.filter((key) => key !== undefined));
}

function tokenCases(file: string, { roots: trusted, cases: list }: Vectors["tokens"]): Case[] {
  return list.map((vector) => ({
    name: `${file}: ${vector["name"]}`,
    expected: vector["verdict"],
    found: async () => {
      const all = await roots(trusted);
      return verdict(() => verify(vector["token"], vector["expect"], all));
    },
  }));
}

async function verify(token: string, expect: Expect, trusted: Roots): Promise<unknown> {
  const { type } = Unverified.decode(token);
  check(expect, type);
  if (isRequest(type)) return verifyRequest(token, expect);
  if (isResponse(type)) return trusted.verifyResponse(token, expect);
  if (type === "release+jwt") return trusted.verifyRelease(token);
  return type === "signing-key+jwt" ? trusted.verifyDelegation(token) : trusted.verifyRevocations(token);
}

function installCase(trusted: Record<string, string>, vector: Vector): Case {
  return {
    name: `install: ${vector["name"]}`,
    expected: vector["verdict"],
    found: async () => {
      const machine = {
        roots: await roots(trusted),
        product: vector["product"],
        device: vector["device_jkt"],
        fingerprint: new Map<string, string>(Object.entries(vector["fingerprint"])),
        requests: new Map<string, string>(Object.entries(vector["outstanding"])),
        revoked: new Set<string>(vector["revoked_kids"]),
        deactivated: new Set<string>(vector["deactivated"]),
      };
      return verdict(() => checkInstall(machine, vector["token"], "response", vector["now"]));
    },
  };
}

function fileCase(vector: Vector): Case {
  const bytes = Uint8Array.from(atob(vector["base64"]), (char) => char.charCodeAt(0));
  return {
    name: `files: ${vector["name"]}`,
    expected: vector["verdict"] === "ok" ? vector["token"] : vector["verdict"],
    found: async () => {
      let token = "";
      const found = await verdict(async () => { token = await readFile(bytes); });
      return found === "ok" ? token : found;
    },
  };
}

function hex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
