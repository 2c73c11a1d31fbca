/** The vectors of docs/format.md as checks that Node and a browser both run, with either engine. */

import { FormatError } from "../src/format/error";
import { readFile } from "../src/format/file";
import { type Machine, type Memory, accept, acceptRevocations, checkInstall } from "../src/format/install";
import { readKey, verifies } from "../src/format/key";
import { verifyRequest } from "../src/format/request";
import { verifyRotation } from "../src/format/rotation";
import { type Expect, Unverified, check, isRequest, isResponse } from "../src/format/token";
import { Roots } from "../src/format/trust";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- test data
type Vector = Record<string, any>;

/** The files of tests/vectors that a page can be asked about, and the Ed25519 sets. */
export interface Vectors {
  readonly tokens: { roots: Record<string, string>; cases: Vector[] };
  readonly releases: { roots: Record<string, string>; cases: Vector[] };
  readonly keys: { roots: Record<string, string>; cases: Vector[] };
  readonly trust: { roots: Record<string, string>; cases: Vector[] };
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
    ...tokenCases("keys", vectors.keys),
    ...vectors.trust.cases.map((vector) => trustCase(vectors.trust.roots, vector)),
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

/** Those that a case names, where it names some. */
function roots(all: Record<string, string>, named?: string[]): Promise<Roots> {
  const keys = (named ?? Object.keys(all)).map((kid) => readKey(all[kid] ?? ""));
  return Roots.of(keys.filter((key) => key !== undefined));
}

function tokenCases(file: string, { roots: trusted, cases: list }: Vectors["tokens"]): Case[] {
  return list.map((vector) => ({
    name: `${file}: ${vector["name"]}`,
    expected: vector["verdict"],
    found: async () => {
      const all = await roots(trusted, vector["roots"]);
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
  if (type === "proposal+jwt") return trusted.verifyProposal(token);
  if (type === "approval+jwt") return trusted.verifyApproval(token);
  if (type === "root-key+jwt") return trusted.learn([token]);
  return type === "signing-key+jwt" ? trusted.verifyDelegation(token) : trusted.verifyRevocations(token);
}

/** What a machine knows after something arrived, as far as a case asks for it. */
function trustCase(all: Record<string, string>, vector: Vector): Case {
  const { verdict: expected, warnings, learns = {} } = vector;
  const wanted = { verdict: expected, warnings, ...learns };
  return {
    name: `trust: ${vector["name"]}`,
    expected: JSON.stringify(expected === "ok" ? wanted : { verdict: expected }),
    found: async () => {
      const machine = await machineOf(all, vector);
      let learned: Record<string, unknown> = {};
      const found = await verdict(async () => { learned = await arrive(all, machine, vector); });
      const asked = Object.keys(wanted).filter((name) => name in learned);
      return JSON.stringify({ verdict: found, ...Object.fromEntries(asked.map((name) => [name, learned[name]])) });
    },
  };
}

async function machineOf(all: Record<string, string>, vector: Vector): Promise<Machine & { memory: Memory }> {
  const plain = await roots(all, vector["roots"]);
  let known = plain;
  for (const token of vector["rotations"]) known = await known.learn([token]);
  const asked = Object.entries<Vector>(vector["requests"]);
  return {
    roots: known,
    product: vector["product"],
    device: vector["device_jkt"],
    fingerprint: new Map<string, string>(Object.entries(vector["fingerprint"])),
    requests: new Map(asked.map(([id, { hash }]) => [id, hash])),
    revoked: new Set(),
    deactivated: new Set(),
    memory: {
      // A list may have been seen before the rotations were.
      lists: await Promise.all(vector["lists"].map((list: string) => plain.verifyRevocations(list).catch(() => known.verifyRevocations(list)))),
      signed: vector["signed"],
      tolerance: vector["tolerance"],
      asked: new Map(asked.map(([id, { made_at, may_reset }]) => [id, { madeAt: made_at, mayReset: may_reset }])),
    },
  };
}

async function arrive(all: Record<string, string>, machine: Machine & { memory: Memory }, vector: Vector): Promise<Record<string, unknown>> {
  const token: string = vector["token"];
  let [known, signed, lists, warnings] = [machine.roots, machine.memory.signed, machine.memory.lists, [] as readonly string[]];
  const { type } = Unverified.decode(token);
  if (type === "root-key+jwt") {
    known = await known.learn([token]);
    signed = Math.max(signed, (await verifyRotation(token)).issuedAt);
  } else if (type === "revocations+jwt") {
    const list = await acceptRevocations(machine, token);
    signed = Math.max(signed, list.issuedAt);
    lists = [...lists, list];
  } else {
    const accepted = await accept(machine, token, "response", vector["now"]);
    known = accepted.trusted.roots;
    signed = Math.max(signed, accepted.trusted.signedTime);
    warnings = accepted.warnings;
  }
  const revoked = lists.flatMap((list) => list.revoked.filter(({ kid }) => known.mayRevoke(list.root, kid)).map(({ kid }) => kid));
  return { warnings, roots: Object.keys(all).filter((kid) => known.trusts(kid)).sort(), signed, revoked: revoked.sort() };
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
