/** Every vector of the format that a page can be asked, in Node, by WebCrypto and by the library. One named test each. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { useEngine, webCrypto } from "../src/format/engine";
import { library } from "../src/format/library";
import { type Vectors, cases } from "./vectors";

const load = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
const vectors = {
  ...Object.fromEntries(["tokens", "releases", "keys", "trust", "install", "files"].map((name) => [name, load(`../tests/vectors/${name}.json`)])),
  ed25519: load("tests/wycheproof-ed25519.json"),
} as unknown as Vectors;

for (const engine of [webCrypto, library]) {
  for (const { name, expected, found } of cases(vectors)) {
    test(`${engine.name}: ${name}`, async () => {
      useEngine(engine);
      assert.equal(await found(), expected);
    });
  }
}
