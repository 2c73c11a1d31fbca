/** The page's words and settings: each cause has its own, and nothing unfit passes as a setting. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { readConfig } from "../src/page/config";
import { safeName } from "../src/page/view";
import { ofProblem, ofSilence } from "../src/page/words";

const good = {
  portal: "https://portal.acme.example/",
  product: "acme-cad",
  vendor: "Acme",
  roots: ["YYnaU09MaE4k72Uml9YBC60cZpNrcEmJ2zLQDfGSeVg"],
};

test("a small configuration is enough", async () => {
  const config = await readConfig(good);
  assert.equal(config.portal, "https://portal.acme.example");
  assert.equal(config.productName, "acme-cad");
  assert.equal((await readConfig({ ...good, portal: "http://127.0.0.1:8080" })).portal, "http://127.0.0.1:8080");
  assert.equal((await readConfig({ ...good, portal: "https://acme.example/portal/" })).portal, "https://acme.example/portal");
});

for (const [name, wrong] of Object.entries({
  "no object": [],
  "no product": { ...good, product: "" },
  "a product that is none": { ...good, product: "Acme CAD" },
  "no roots": { ...good, roots: [] },
  "a root that is none": { ...good, roots: [...good.roots, "short"] },
  "a portal without encryption": { ...good, portal: "http://portal.acme.example" },
  "a portal that is a script": { ...good, portal: "javascript:alert(1)" },
  "no vendor": { ...good, vendor: undefined },
})) {
  test(`a configuration is refused: ${name}`, async () => {
    await assert.rejects(readConfig(wrong), /must|object/);
  });
}

test("every failure has words of its own, and says what to do", () => {
  const all = [
    ofSilence("unreachable", "https://p"), ofSilence("slow", "https://p"), ofSilence("not-a-portal", "https://p"),
    ofProblem(429, { code: "rate-limited", detail: "too many" }, 7),
    ofProblem(409, { code: "trial-already-used", detail: "this machine had its trial" }, undefined),
    ofProblem(404, { code: "unknown-product", detail: "none" }, undefined),
    ofProblem(500, {}, undefined), ofProblem(422, { code: "bad-claim", detail: "x", advice: "Do it." }, undefined),
  ];
  assert.equal(new Set(all.map((words) => words.title)).size, all.length);
  for (const words of all) assert.ok(words.text.endsWith(".") && words.next !== "", words.title);
  assert.match(ofProblem(429, { code: "rate-limited" }, 7).next, /Wait 7 seconds/);
});

test("names of machines make names of files that do no harm", () => {
  for (const [name, safe] of [
    ["../../etc/passwd", "etc-passwd"], ["CON", "machine-CON"], ["..", "machine"], ["lab-7", "lab-7"], ['a"b', "a-b"], ["Prüfstand 3", "Prüfstand-3"],
  ] as const) {
    assert.equal(safeName(name), safe);
  }
});
