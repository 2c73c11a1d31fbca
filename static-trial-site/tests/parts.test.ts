/** The page's small parts: names of files, zips, colours, the computing for a portal, mails, limits of waiting. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { hashOf } from "../src/format/ids";
import { trialId } from "../src/format/sign";
import { contrast, parse, readable } from "../src/page/accent";
import { Failure } from "../src/page/failure";
import { safeName } from "../src/page/names";
import { Cancelled, OutOfTime, within } from "../src/page/patience";
import { isPicture } from "../src/page/picture";
import { mailto } from "../src/page/problem";
import { compress, initial } from "../src/page/sha256";
import { workPrefix } from "../src/page/work";
import { attempts, search } from "../src/page/worker";
import { zip } from "../src/page/zip";

test("names of machines make names of files that do no harm", () => {
  for (const [name, safe] of [
    ["../../etc/passwd", "etc-passwd"], ["CON", "machine-CON"], ["..", "machine"], ["lab-7", "lab-7"], ['a"b', "a-b"], ["Prüfstand 3", "Prüfstand-3"],
  ] as const) {
    assert.equal(safeName(name), safe);
  }
});

test("a zip that another program unpacks, with a number for a second file of one name", async () => {
  const folder = mkdtempSync(join(tmpdir(), "trial-zip-"));
  const texts = ["# first\nä\n", "second", ""];
  const names = ["lab-7.response", "LAB-7.response", "Prüfstand.response"];
  const packed = zip(texts.map((text, index) => ({ name: names[index] ?? "", text })));
  writeFileSync(join(folder, "all.zip"), Buffer.from(await packed.arrayBuffer()));
  const list = "import sys, zipfile, json; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(json.dumps({i.filename: z.read(i).decode() for i in z.infolist()}))";
  const read = JSON.parse(execFileSync("python3", ["-c", list, join(folder, "all.zip")]).toString());
  assert.deepEqual(read, { "lab-7.response": texts[0], "LAB-7-2.response": texts[1], "Prüfstand.response": texts[2] });
});

test("any colour of a vendor becomes readable, in light and in dark", () => {
  const papers = { light: ["#ffffff", "#f4f6f9", "#eaf6ef", "#fdf0ee"], dark: ["#18212b", "#0f151c", "#15261c", "#2c1c1b"] };
  for (let red = 0; red < 256; red += 51) for (let green = 0; green < 256; green += 51) for (let blue = 0; blue < 256; blue += 51) {
    const wanted = `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
    for (const scheme of ["light", "dark"] as const) {
      const { accent, text } = readable(wanted, scheme);
      for (const paper of papers[scheme]) assert.ok(contrast(parse(accent), parse(paper)) >= 4.5, `${wanted} as ${accent} on ${paper}`);
      assert.ok(contrast(parse(accent), parse(text)) >= 4.5, `${text} on ${accent}`);
    }
  }
  // A colour that is readable as it is stays as it is.
  assert.equal(readable("#0b5cad", "light").accent, "#0b5cad");
});

test("the inner function of SHA-256 is right", () => {
  const block = new Uint8Array(64);
  block.set(new TextEncoder().encode("abc"));
  block[3] = 0x80;
  block[63] = 24;
  const state = initial();
  compress(state, block);
  const found = [...state].map((word) => word.toString(16).padStart(8, "0")).join("");
  assert.equal(found, createHash("sha256").update("abc").digest("hex"));
});

test("the nonce that is found is right by another implementation, in each lane another", () => {
  const prefix = `countersign/trial-work/v1:${createHash("sha256").update("a request").digest("base64url")}:`;
  const nonces = new Set<string>();
  for (const lane of ["0", "1"]) {
    for (const bits of [1, 8, 13]) {
      const nonce = search({ prefix, lane, bits }, () => undefined);
      assert.match(nonce, /^[A-Za-z0-9_-]{1,32}$/);
      const digest = createHash("sha256").update(prefix + nonce).digest();
      assert.ok(Math.clz32(digest.readUInt32BE(0)) >= bits, nonce);
      nonces.add(nonce);
    }
  }
  assert.equal([...nonces].filter((nonce) => nonce.startsWith("1_")).length >= 1, true);
});

test("the vectors of work and of trials that nobody stores", async () => {
  const { cases } = JSON.parse(readFileSync("../tests/vectors/trial-work.json", "utf8")) as {
    cases: { name: string; token: string; nonce: string; bits: number; ok: boolean; trial_id: string }[];
  };
  for (const { name, token, nonce, bits, ok, trial_id: id } of cases) {
    assert.equal(await trialId(token), id, name);
    // What is no nonce the portal refuses; the page makes none such.
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(nonce)) continue;
    assert.equal(attempts(workPrefix(await hashOf(token)))(nonce) >= bits, ok, name);
  }
  assert.ok(cases.length >= 5);
});

test("a mail to support carries the request, and is never too long for an address", () => {
  const failure = new Failure("fault", { again: true });
  const config = { support: "help@acme.example", products: [{ id: "acme-cad", name: "Acme CAD", days: undefined, terms: undefined }] };
  const item = (token: string, deviceName: string): never => ({ trial: { request: { token, deviceName }, product: config.products[0] } }) as never;
  const short = mailto(config, failure, item("e".repeat(900), "lab-7")) ?? "";
  assert.match(short, /^mailto:help@acme\.example\?subject=Trial%20of%20Acme%20CAD%20for%20lab-7&body=.*e{900}/);
  const long = mailto(config, failure, item("e".repeat(3000), "lab-7")) ?? "";
  assert.ok(long.length < 1900 && long.includes("attach"));
  const evil = mailto(config, failure, item("e", "x&bcc=evil@evil.example\r\nBcc: y")) ?? "";
  assert.equal(new URL(evil).searchParams.get("bcc"), null);
  assert.equal(mailto({ ...config, support: undefined }, failure, item("e", "lab-7")), undefined);
});

test("no wait goes on for ever, and each can be ended", async () => {
  const forever = (): Promise<never> => new Promise(() => undefined);
  await assert.rejects(within(5, forever), OutOfTime);
  const cancel = new AbortController();
  const waiting = within(60_000, forever, cancel.signal);
  cancel.abort();
  await assert.rejects(waiting, Cancelled);
  await assert.rejects(within(60_000, forever, cancel.signal), Cancelled);
  assert.equal(await within(60_000, async () => 7), 7);
  let aborted = false;
  await assert.rejects(within(5, (signal) => { signal.addEventListener("abort", () => { aborted = true; }); return forever(); }), OutOfTime);
  assert.ok(aborted);
});

test("pictures are told by their first bytes, requests are none", () => {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  assert.ok(isPicture(Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), ""));
  assert.ok(isPicture(Uint8Array.from([0xff, 0xd8, 0xff, 0xe0]), ""));
  assert.ok(isPicture(text("RIFF\0\0\0\0WEBP"), ""));
  for (const no of ["# Acme CAD - trial request", "eyJhbGciOiJFZERTQSIs.", "\u{feff}# Acme", ""]) assert.ok(!isPicture(text(no), "text/plain"), no);
});
