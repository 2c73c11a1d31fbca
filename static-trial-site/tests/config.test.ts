/** config.json: little is enough, and nothing unfit or mistyped passes as a setting. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ConfigError, readConfig } from "../src/page/config";

const ROOT = "YYnaU09MaE4k72Uml9YBC60cZpNrcEmJ2zLQDfGSeVg";
const portal = {
  mode: "portal", vendor: "Acme", products: [{ id: "acme-cad" }], roots: [ROOT], portal: "https://portal.acme.example/",
};
const signer = { key: { kty: "OKP", crv: "Ed25519", x: ROOT, d: ROOT }, delegation: "a.b.c" };
const standalone = {
  mode: "standalone", vendor: "Acme", products: [{ id: "acme-cad", name: "Acme CAD", trial: { days: 14 } }], roots: [ROOT], signer,
};
const trial = (more: object): object => ({ ...standalone, products: [{ id: "acme-cad", trial: { days: 14, ...more } }] });

test("a small configuration is enough, in either mode", async () => {
  const config = await readConfig(portal);
  assert.deepEqual(config.answerer, { mode: "portal", portal: "https://portal.acme.example" });
  assert.deepEqual(config.products, [{ id: "acme-cad", name: "acme-cad", days: undefined, terms: undefined }]);
  const alone = await readConfig(standalone);
  assert.deepEqual(alone.products[0]?.terms, { days: 14, strategy: "fuzzy", importDays: 14, entitlements: {} });
  assert.equal(alone.portal, undefined);
});

test("everything that can be set is read", async () => {
  const config = await readConfig({
    ...portal, portal: "http://127.0.0.1:8080", logo: "logo.svg", accent: "#0b5fff", support: "help@acme.example", website: "https://acme.example/",
    products: [{ id: "a", name: "A", trial: { days: 30 } }, { id: "b" }],
  });
  assert.equal(config.portal, "http://127.0.0.1:8080");
  assert.equal(config.products[0]?.days, 30);
  assert.deepEqual([config.logo, config.accent, config.support, config.website], ["logo.svg", "#0b5fff", "help@acme.example", "https://acme.example"]);
  const alone = await readConfig(trial({ strategy: "exact", import_days: 3, entitlements: { cad: true, parts: 500, tier: "pro" } }));
  assert.deepEqual(alone.products[0]?.terms, { days: 14, strategy: "exact", importDays: 3, entitlements: { cad: true, parts: 500, tier: "pro" } });
});

test("the example in the built page is right", async () => {
  assert.equal((await readConfig(JSON.parse(readFileSync("static/config.json", "utf8")))).vendor, "Acme Software");
});

for (const [name, [wrong, says]] of Object.entries<[unknown, RegExp]>({
  "no object": [[], /not a JSON object/],
  "the old form": [{ portal: "https://p.example", product: "acme-cad", vendor: "Acme", roots: [ROOT] }, /"product" was replaced: write "products"/],
  "a mistyped member": [{ ...portal, suport: "a@b.example" }, /unknown member "suport"/],
  "a mistyped member of a product": [{ ...portal, products: [{ id: "a", nmae: "A" }] }, /unknown member "products.nmae"/],
  "no mode": [{ ...portal, mode: undefined }, /"mode" must be/],
  "no vendor": [{ ...portal, vendor: " " }, /"vendor" must be a text/],
  "a vendor of 65 characters": [{ ...portal, vendor: "a".repeat(65) }, /"vendor" must be a text/],
  "half a character": [{ ...portal, vendor: "\ud800" }, /"vendor" must be a text/],
  "no products": [{ ...portal, products: [] }, /"products" must list/],
  "a product that is none": [{ ...portal, products: [{ id: "Acme CAD" }] }, /"id" of a product/],
  "one product twice": [{ ...portal, products: [{ id: "a" }, { id: "a" }] }, /there twice/],
  "no roots": [{ ...portal, roots: [] }, /"roots" must list/],
  "a root that is none": [{ ...portal, roots: [ROOT, "short"] }, /"roots" must list/],
  "no portal": [{ ...portal, portal: undefined }, /"portal" must be an address/],
  "a portal without encryption": [{ ...portal, portal: "http://portal.acme.example" }, /"portal" must be an address/],
  "a portal that is a script": [{ ...portal, portal: "javascript:alert(1)" }, /"portal" must be an address/],
  "a portal with a password": [{ ...portal, portal: "https://a:b@portal.acme.example" }, /"portal" must be an address/],
  "a website that is a script": [{ ...portal, website: "javascript:alert(1)" }, /"website" must be an address/],
  "a key where a portal answers": [{ ...portal, signer }, /has no place in the mode "portal"/],
  "what only a key gives, where a portal answers": [{ ...portal, products: [{ id: "a", trial: { strategy: "exact" } }] }, /only in the mode "standalone"/],
  "standalone without a key": [{ ...standalone, signer: undefined }, /needs a "signer"/],
  "standalone without days": [{ ...standalone, products: [{ id: "a", trial: {} }] }, /"days" must be a whole number/],
  "standalone without a trial": [{ ...standalone, products: [{ id: "a" }] }, /"products.trial" must be an object/],
  "half a day": [trial({ days: 0.5 }), /"days" must be a whole number/],
  "an unknown strategy": [trial({ strategy: "any" }), /"strategy" must be/],
  "an entitlement that is none": [trial({ entitlements: { cad: false } }), /the entitlement "cad"/],
  "a number that is not exact": [trial({ entitlements: { parts: 2 ** 60 } }), /the entitlement "parts"/],
  "a logo from elsewhere": [{ ...portal, logo: "https://evil.example/logo.png" }, /"logo" must be the name/],
  "a logo with a path": [{ ...portal, logo: "../logo.png" }, /"logo" must be the name/],
  "a colour that is none": [{ ...portal, accent: "red;background:url(//evil)" }, /"accent" must be a colour/],
  "a mail address with headers": [{ ...portal, support: "a@b.example?bcc=c@d.example" }, /"support" must be a mail address/],
})) {
  test(`a configuration is refused: ${name}`, async () => {
    // As it comes from a file: what is undefined is not there.
    await assert.rejects(readConfig(JSON.parse(JSON.stringify(wrong))), (error) => error instanceof ConfigError && says.test(error.message));
  });
}
