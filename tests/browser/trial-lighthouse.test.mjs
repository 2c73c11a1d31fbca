// What the page weighs, what its first paint waits for, and what Lighthouse says of it, on a phone and on a desktop.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import lighthouse, { desktopConfig } from "lighthouse";

import { startSite, startVendor, x } from "./trial-world.mjs";
import { scratch, startBrowser, visit } from "./world.mjs";

const MOST_BYTES = 60 * 1024;
const ONE_ROUND_TRIP = 14 * 1024;
const PORT = 9000 + (process.pid % 900);
const SCANNER_AND_FALLBACK = /^(qr-decoder|library|scan)-/;

let folder, site;
const config = {};

before(async () => {
  folder = scratch();
  const logo = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" rx="9" fill="#7c2ae8"/></svg>';
  site = await startSite(config, { "logo.svg": logo });
  const vendor = startVendor(folder.path, "--max-days", "30");
  config.now = {
    mode: "standalone", vendor: "Acme Software", roots: [x(vendor.roots)], signer: vendor.signer, support: "support@acme.example",
    website: "https://acme.example", logo: "logo.svg", accent: "#7c2ae8", products: [{ id: "acme-cad", name: "Acme CAD", trial: { days: 14 } }],
  };
});

after(async () => {
  await site?.stop();
  folder?.remove();
});

const sum = (served) => served.reduce((bytes, file) => bytes + file.bytes, 0);

test("the whole page is at most 60 KB, and its first paint needs its first packets alone", async () => {
  const browser = await startBrowser();
  for (const locale of ["en-GB", "de-DE"]) {
    site.served.length = 0;
    const { page, close } = await visit(browser, [site.origin], { locale });
    // Nothing but the document may be needed to paint: the rest is held back until it has.
    let painted;
    const paint = new Promise((done) => { painted = done; });
    await page.route(/\.(js|json|svg)$/, async (route) => { await paint; await route.continue(); });
    await page.goto(site.url, { waitUntil: "commit" });
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length === 1);
    assert.deepEqual(site.served.map(({ name }) => name), ["index.html"]);
    assert.ok(sum(site.served) <= ONE_ROUND_TRIP, `${sum(site.served)} bytes before the first paint`);
    await page.screenshot({ path: new URL("screenshots/trial-first-paint.png", import.meta.url).pathname });
    painted();
    await page.waitForSelector("body.open");
    const names = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name.split("/").pop()));
    assert.deepEqual(names.filter((name) => SCANNER_AND_FALLBACK.test(name)), [], "loaded only when it is asked for");
    await page.getByText(/works without network|geht auch ohne Netz/).waitFor();
    // Whatever the browser has asked for, for offline use as well, but what is only for scanning and for old browsers.
    const page_ = sum(site.served.filter(({ name }) => !SCANNER_AND_FALLBACK.test(name)));
    console.log(`# ${locale}: ${page_} bytes, with everything stored for offline use ${sum(site.served)}`);
    assert.ok(page_ <= MOST_BYTES, `${page_} bytes`);
    await close();
  }
  await browser.close();
});

for (const [form, settings] of [["mobile", undefined], ["desktop", desktopConfig]]) {
  test(`Lighthouse, ${form}`, async () => {
    const browser = await startBrowser([`--remote-debugging-port=${PORT}`]);
    const runs = [];
    for (let n = 0; n < 3; n++) {
      const { lhr } = await lighthouse(site.url, { port: PORT, output: "json", logLevel: "error" }, settings);
      assert.equal(lhr.runtimeError, undefined);
      runs.push(lhr);
    }
    await browser.close();
    for (const lhr of runs) {
      for (const name of ["accessibility", "best-practices", "seo"]) {
        const refs = lhr.categories[name].auditRefs.filter(({ id, weight }) => weight > 0 && (lhr.audits[id].score ?? 1) < 1);
        assert.equal(lhr.categories[name].score, 1, `${name}: ${refs.map(({ id }) => id).join(", ")}`);
      }
      // Times depend on what else this machine does. What does not is held in every run.
      assert.ok(lhr.audits["cumulative-layout-shift"].numericValue <= 0.01, `the page shifts: ${lhr.audits["cumulative-layout-shift"].numericValue}`);
      assert.equal(lhr.audits["render-blocking-resources"].score ?? 1, 1, "nothing blocks rendering");
      assert.equal(lhr.audits["third-party-summary"].details?.items.length ?? 0, 0);
      assert.ok(lhr.audits["total-byte-weight"].numericValue <= MOST_BYTES, `${lhr.audits["total-byte-weight"].numericValue} bytes`);
      for (const id of ["dom-size", "unminified-javascript", "unminified-css", "uses-text-compression", "redirects", "legacy-javascript", "unsized-images"]) {
        assert.equal(lhr.audits[id]?.score ?? 1, 1, id);
      }
    }
    const scores = runs.map((lhr) => Math.round(lhr.categories.performance.score * 100)).sort((a, b) => a - b);
    const paints = runs.map((lhr) => lhr.audits["first-contentful-paint"].displayValue);
    console.log(`# Lighthouse, ${form}: performance ${scores.join(", ")}; first paint ${paints.join(", ")}`);
    assert.ok(scores[1] >= 90, `performance ${scores.join(", ")}`);
  });
}
