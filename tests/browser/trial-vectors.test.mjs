// Every vector of the file format in Chromium, by its WebCrypto and by the library that stands in for it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";

import { root, startBrowser } from "./world.mjs";

const load = (path) => JSON.parse(readFileSync(join(root, path), "utf8"));
const vectors = {
  ...Object.fromEntries(["tokens", "releases", "keys", "trust", "install", "files"].map((name) => [name, load(`tests/vectors/${name}.json`)])),
  ed25519: load("static-trial-site/tests/wycheproof-ed25519.json"),
};
const count = Object.values(vectors).reduce((sum, { cases }) => sum + cases.length, 0);

test("all vectors in Chromium, with both engines", async (t) => {
  const script = readFileSync(join(root, "static-trial-site/dist/tests/browser/browser.js"));
  const server = createServer((request, response) => {
    const isScript = request.url === "/vectors.js";
    response.writeHead(200, { "Content-Type": isScript ? "text/javascript" : "text/html" });
    response.end(isScript ? script : '<!doctype html><script type="module" src="vectors.js"></script>');
  });
  await new Promise((ready) => { server.listen(0, "127.0.0.1", ready); });
  const browser = await startBrowser();
  // Also when a vector is wrong: what stays open would keep this program waiting for ever.
  t.after(async () => {
    await browser.close();
    server.close();
    server.closeAllConnections();
  });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction(() => "runVectors" in globalThis);
  assert.equal(await page.evaluate(() => globalThis.hasWebCrypto()), true);
  assert.ok(count > 400, `${count} vectors`);
  for (const engine of ["webcrypto", "library"]) {
    const { tried, wrong } = await page.evaluate(([all, name]) => globalThis.runVectors(all, name), [vectors, engine]);
    assert.deepEqual(wrong, [], engine);
    assert.equal(tried, count);
  }
});
