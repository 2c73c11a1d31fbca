// Attack: hostile text in config.json, in requests, in what a portal answers: it stays text, and the policy has nothing to stop.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { BUILT_IN, PAYLOADS, STRINGS, names } from "./corpora.mjs";
import { countersign, delegate, startSite, startVendor, x } from "./trial-world.mjs";
import { Machine, scratch, startBrowser, visit } from "./world.mjs";

let folder, site, browser, vendor, portal;
const config = {};
const answer = {};

/** Everything that the page is made of. An element that is not here was smuggled in. */
const ELEMENTS = ["a", "button", "dd", "details", "div", "dl", "dt", "footer", "h1", "h2", "h3", "header", "img", "input", "label", "li", "main", "noscript", "ol", "p", "path",
  "pre", "progress", "rect", "section", "span", "summary", "svg", "textarea"];

before(async () => {
  folder = scratch();
  site = await startSite(config);
  vendor = startVendor(folder.path, "--max-days", "30");
  config.good = {
    mode: "standalone", vendor: "Acme Software", roots: [x(vendor.roots)], signer: vendor.signer, support: "support@acme.example",
    products: [{ id: "acme-cad", name: "Acme CAD", trial: { days: 14 } }],
  };
  portal = createServer((_, response) => {
    response.writeHead(answer.status, { "Access-Control-Allow-Origin": "*", "Content-Type": "application/json" }).end(JSON.stringify(answer.body));
  });
  await new Promise((ready) => { portal.listen(0, "127.0.0.1", ready); });
  portal.origin = `http://127.0.0.1:${portal.address().port}`;
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await site?.stop();
  portal?.closeAllConnections();
  await new Promise((done) => { portal?.close(done); });
  folder?.remove();
});

/** A visitor who watches: `load` opens the page anew with these settings, `look` finds whatever is more than text. */
async function watched() {
  const { page, close } = await visit(browser, [site.origin, portal.origin]);
  await page.addInitScript(() => {
    Object.defineProperty(globalThis, "canary", { value: "untouched", writable: true });
    globalThis.stopped = [];
    addEventListener("securitypolicyviolation", (event) => globalThis.stopped.push(`${event.violatedDirective}: ${event.blockedURI}`));
  });
  const look = async (what) => {
    const found = await page.evaluate((elements) => {
      const strange = [];
      for (const element of document.querySelectorAll("body *")) {
        if (!elements.includes(element.localName)) strange.push(`<${element.localName}>`);
        for (const { name } of element.attributes) if (/^on|^(style|srcdoc|formaction|ping)$/.test(name)) strange.push(`${name} of <${element.localName}>`);
        if (element.localName === "a" && !["http:", "https:", "mailto:", "blob:"].includes(element.protocol)) strange.push(`a link to ${element.href}`);
      }
      if (document.querySelectorAll("script").length !== 1 || document.querySelectorAll("style, link[rel=stylesheet], base, iframe").length !== 1) strange.push("scripts or styles");
      return { strange, canary: globalThis.canary, stopped: globalThis.stopped };
    }, ELEMENTS);
    assert.deepEqual(found, { strange: [], canary: "untouched", stopped: [] }, what);
  };
  const load = async (settings) => {
    config.now = settings;
    await page.goto(site.url);
    await page.waitForSelector("body.open, .problem");
  };
  return { page, close, look, load };
}

const shownAs = (text) => text.replaceAll(/[\u202A-\u202E\u2066-\u2069\u200B-\u200F\u061C\uFEFF]|\p{Cc}/gu, "\uFFFD").replaceAll(/\s+/gu, " ").trim();

/** In portions: many texts fit on one page. */
function portions(texts, size) {
  return Array.from({ length: Math.ceil(texts.length / size) }, (_, n) => texts.slice(n * size, (n + 1) * size));
}

test("attack: config.json with markup in every text", async () => {
  const { page, close, look, load } = await watched();
  for (const texts of portions(names(64), 60)) {
    const products = texts.map((name, index) => ({ id: `product-${index}`, name, trial: { days: 14, entitlements: { [name]: name } } }));
    await load({ ...config.good, vendor: texts[0], products });
    await look(texts.join("\n"));
    assert.equal(await page.locator("body.open").count(), 1, await page.locator("#out").innerText());
    assert.equal(shownAs(await page.locator("#vendor").textContent()), shownAs(texts[0]));
    assert.equal(shownAs(await page.locator("#products").textContent()), shownAs(texts.map((text) => text.trim()).join(" · ")));
  }
  for (const text of names(64, BUILT_IN)) {
    await load({ ...config.good, vendor: text });
    await look(text);
    assert.equal(shownAs(await page.locator("#vendor").textContent()), shownAs(text));
  }
  await close();
});

test("attack: config.json with markup where something else belongs", async () => {
  const { page, close, look, load } = await watched();
  const wrong = (text) => [
    { mode: text }, { roots: [text] }, { portal: text }, { website: text }, { logo: text }, { accent: text }, { support: text }, { [text]: 1 },
    { signer: text }, { signer: { key: text, delegation: text } }, { products: text }, { products: [{ id: text, trial: { days: 14 } }] },
    { products: [{ id: "acme-cad", trial: { days: text } }] }, { products: [{ id: "acme-cad", trial: { days: 14, strategy: text } }] },
    { products: [{ id: "acme-cad", trial: { days: 14, [text]: 1 } }] }, { products: [{ id: "acme-cad", trial: { days: 14, entitlements: { [text]: null } } }] },
  ];
  for (const text of BUILT_IN.slice(0, 5)) {
    for (const settings of wrong(text)) {
      await load({ ...config.good, ...settings });
      await look(`${text} in ${Object.keys(settings)[0]}`);
      assert.equal(await page.getByRole("heading", { name: "This page is not set up" }).count(), 1, JSON.stringify(settings));
    }
  }
  await close();
});

test("attack: requests with markup in every text", async () => {
  const { page, close, look, load } = await watched();
  await load(config.good);
  const texts = names(64, PAYLOADS);
  const paths = texts.flatMap((text, index) => {
    const lab = new Machine(folder.path, `hostile-${index}`, vendor.roots);
    try {
      return [[text, lab.request("trial", `--device-name=${text}`, `--app-version=${text}`, `--product-name=${text}`, `--take-to=${text}`).path]];
    } catch {
      // The command line does not make it.
      return [];
    }
  });
  assert.ok(paths.length > texts.length * 0.8, `${paths.length} of ${texts.length}`);
  for (const some of portions(paths, 25)) {
    await load(config.good);
    await page.locator("#file").setInputFiles(some.map(([text, path]) => (
      { name: `${text.replaceAll("/", "∕").slice(0, 60)}.request`, mimeType: "text/plain", buffer: readFileSync(path) })));
    await page.waitForFunction((count) => document.querySelectorAll(".item button").length === count, some.length);
    const shown = shownAs(await page.locator("#out").textContent());
    for (const [text] of some) assert.ok(shown.includes(shownAs(text)), text);
    await look(some.join("\n"));
    if (some.length === 1) await page.getByRole("button", { name: "Get the trial" }).click();
    else await page.getByRole("button", { name: /^Get all/ }).click();
    await page.waitForFunction((count) => document.querySelectorAll(".item a[download]").length === count, some.length);
    await look(some.join("\n"));
    const files = await page.locator(".item a[download]").evaluateAll((links) => links.map((link) => link.getAttribute("download")));
    for (const name of files) assert.match(name, /^[\p{L}\p{N}][\p{L}\p{N}._-]*\.response$/u);
  }
  await close();
});

test("attack: answers with markup in every text, signed and not", async () => {
  const { page, close, look, load } = await watched();
  const request = new Machine(folder.path, "asker", vendor.roots).request("trial");
  const settings = { ...config.good, mode: "portal", portal: portal.origin, signer: undefined, products: [{ id: "acme-cad", name: "Acme CAD" }] };
  const ask = async () => {
    await page.locator("#file").setInputFiles(request.path);
    await page.getByRole("button", { name: "Get the trial" }).click();
    await page.locator(".card.problem, .card.ok").waitFor();
  };
  await load(settings);
  for (const [index, text] of PAYLOADS.slice(0, 30).entries()) {
    for (const code of [text, "rate-limited", "trial-already-used", "bad-claim"]) {
      Object.assign(answer, { status: 422, body: { type: text, title: text, detail: text, advice: text, code } });
      await ask();
      await look(`${text} in a problem`);
    }
    for (const body of [{ file: text, file_name: text }, { file: [text] }, text]) {
      Object.assign(answer, { status: 200, body });
      await ask();
      await look(`${text} as an answer`);
    }
    // What a careless portal signs: the vendor's name and features are text as well.
    const chain = delegate(folder.path, vendor.root, "--max-days", "30");
    const out = join(folder.path, `hostile-${index}.response`);
    countersign("sign", request.path, "--key", chain.key, "--chain", chain.chain, "--root", vendor.roots, "--days", "7", `--vendor=${text.replaceAll("\0", "")}`, "--feature", "cad", "--out", out);
    Object.assign(answer, { status: 200, body: { file: readFileSync(out, "utf8"), file_name: text } });
    await ask();
    await page.getByRole("heading", { name: "The trial for asker is ready" }).waitFor();
    await look(`${text} in a response`);
  }
  await close();
});

test("attack: pasted markup and links are nothing", async () => {
  const { page, close, look, load } = await watched();
  await load(config.good);
  await page.getByRole("button", { name: "Paste text" }).click();
  for (const text of STRINGS.slice(0, 80)) {
    await page.getByLabel("The text of the request").fill(text);
    await page.getByRole("button", { name: "Use this text" }).click();
    await page.locator("#out .problem").waitFor();
    await look(text);
  }
  for (const text of PAYLOADS.slice(0, 22)) {
    await page.evaluate((hash) => { location.hash = hash; }, text);
    await page.locator("#out .problem").waitFor();
    await look(text);
  }
  await close();
});
