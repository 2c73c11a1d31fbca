// The trial page without a server: it signs by itself, with the network gone, and never beyond what its key may give.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { SITE, countersign, delegate, jwk, put, startSite, startVendor, x } from "./trial-world.mjs";
import { Machine, accessible, picture, save, scratch, startBrowser, visit } from "./world.mjs";

let folder, site, browser, vendor;
const config = {};

before(async () => {
  folder = scratch();
  site = await startSite(config);
  vendor = startVendor(folder.path, "--max-days", "30");
  config.good = {
    mode: "standalone", vendor: "Acme Software", roots: [x(vendor.roots)], signer: vendor.signer, support: "support@acme.example",
    products: [{ id: "acme-cad", name: "Acme CAD", trial: { days: 14, entitlements: { cad: true, parts: 500 } } }],
  };
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await site?.stop();
  folder?.remove();
});

const machine = (name, product) => new Machine(folder.path, name, vendor.roots, product);
const heading = (page, name) => page.getByRole("heading", { name, exact: typeof name === "string" }).waitFor();
const get = (page) => page.getByRole("button", { name: "Get the trial" }).click();
const shown = (page) => page.locator("#out").innerText();
const stored = (page) => page.getByText("works without network").waitFor();

async function open(settings = config.good, { at = site, clock, date, ...options } = {}) {
  config.now = settings;
  config.date = date;
  const visitor = await visit(browser, [at.origin], options);
  if (clock !== undefined) await visitor.page.clock.setFixedTime(clock);
  await visitor.page.goto(at.url);
  await visitor.page.waitForSelector("body.open, .problem");
  return visitor;
}

async function bring(page, ...requests) {
  await page.locator("#file").setInputFiles(requests.map((request) => request.path));
}

test("with the network cut after loading, and the web server gone: signed, installed, loaded again", async () => {
  const at = await startSite(config);
  const labs = ["island", "island-2"].map((name) => machine(name));
  const { page, close } = await open(config.good, { at });
  await stored(page);
  await page.context().setOffline(true);
  await at.stop();
  for (const lab of labs) {
    await bring(page, lab.request("trial"));
    await heading(page, `Trial of Acme CAD for ${lab.name}`);
    assert.match(await shown(page), /Nothing\. The response is made in your browser\./);
    assert.match(await shown(page), /a trial of 14 days, until /);
    await accessible(page, "standalone review");
    await get(page);
    await heading(page, `The trial for ${lab.name} is ready`);
    await page.getByRole("img", { name: /QR code/ }).first().waitFor();
    assert.match(await shown(page), /Includes\s+cad, parts: 500/);
    const installed = lab.install(await save(page, page.getByRole("link", { name: `Save ${lab.name}.response` }), folder.path));
    assert.equal(installed.state, "active");
    assert.equal(lab.check().state, "active");
    // As after the browser was closed and opened again, with no network.
    await page.goto(at.url);
    await page.waitForSelector("body.open");
  }
  await close();
});

test("everything that is loaded later works with the network cut: the camera's window, German stays German", async () => {
  const at = await startSite(config);
  const { page, close } = await open(config.good, { at, locale: "de-DE" });
  await page.getByText("geht auch ohne Netz").waitFor();
  await page.context().setOffline(true);
  await at.stop();
  await page.goto(at.url);
  await page.waitForSelector("body.open");
  await heading(page, "Testversion starten");
  await page.getByRole("button", { name: "QR-Code scannen" }).click();
  // This browser has no camera: its window was there all the same.
  await heading(page, "Hier ist keine Kamera");
  await close();
});

test("nothing leaves the page while it signs", async () => {
  const { page, close } = await open();
  await stored(page);
  const asked = [];
  page.context().on("request", (request) => { if (!/^(blob|data):/.test(request.url())) asked.push(request.url()); });
  await bring(page, machine("quiet").request("trial"));
  await get(page);
  await heading(page, "The trial for quiet is ready");
  await page.getByRole("img", { name: /QR code/ }).waitFor();
  // The encoder is a part of the page: that at most.
  assert.deepEqual(asked.filter((url) => !/\/(qr|chunk)-[A-Z0-9]{8}\.js$/.test(url)), []);
  await close();
});

test("a new version of the page: loaded when online, whole, and from then on offline too", async () => {
  const changed = {};
  const at = await startSite(config, changed);
  const { page, close } = await open(config.good, { at });
  await stored(page);
  changed["index.html"] = readFileSync(join(SITE, "index.html"), "utf8").replace("<h2 id=\"how\"", "<p id=\"new-version\"></p><h2 id=\"how\"");
  const [version] = /[0-9a-f]{16}/.exec(readFileSync(join(SITE, "sw.js"), "utf8"));
  changed["sw.js"] = readFileSync(join(SITE, "sw.js"), "utf8").replaceAll(version, "0123456789abcdef");
  await page.goto(at.url);
  await page.locator("#new-version").waitFor({ state: "attached" });
  await page.waitForFunction(async () => {
    const { active, installing, waiting } = await navigator.serviceWorker.getRegistration();
    const stored = (await caches.keys()).includes("countersign-trial-0123456789abcdef");
    return stored && !installing && !waiting && active.state === "activated" && navigator.serviceWorker.controller === active;
  });
  await page.context().setOffline(true);
  await at.stop();
  await page.goto(at.url);
  await page.locator("#new-version").waitFor({ state: "attached" });
  await bring(page, machine("updated").request("trial"));
  await get(page);
  await heading(page, "The trial for updated is ready");
  await close();
});

test("an activation request is sent to where activations are given", async () => {
  const lab = machine("bought");
  const request = lab.request("activation");
  const { page, close } = await open();
  await bring(page, request);
  await heading(page, "This is an activation request");
  assert.match(await shown(page), /Ask the vendor where that is/);
  await close();
  const with_ = await open({ ...config.good, portal: "https://portal.acme.example" });
  await bring(with_.page, request);
  assert.equal(await with_.page.getByRole("link", { name: /Go to the portal/ }).getAttribute("href"), "https://portal.acme.example/activate");
  await with_.close();
});

test("a browser without Ed25519 signs and verifies with the library, in a chunk of its own", async () => {
  const lab = machine("older-browser");
  config.now = config.good;
  const { page, close } = await visit(browser, [site.origin]);
  const chunks = [];
  page.on("request", (request) => chunks.push(new URL(request.url()).pathname.split("/").pop()));
  await page.addInitScript(() => { SubtleCrypto.prototype.generateKey = () => Promise.reject(new DOMException("no", "NotSupportedError")); });
  await page.addInitScript(() => { for (const name of ["importKey", "sign", "verify", "digest"]) SubtleCrypto.prototype[name] = () => Promise.reject(new Error("not in this browser")); });
  await page.goto(site.url);
  await page.waitForSelector("body.open");
  await bring(page, lab.request("trial"));
  await get(page);
  await heading(page, "The trial for older-browser is ready");
  assert.equal(lab.install(await save(page, page.getByRole("link", { name: "Save older-browser.response" }), folder.path)).state, "active");
  assert.equal(chunks.filter((name) => name.startsWith("library-")).length, 1);
  await close();
  const usual = await open();
  const loaded = await usual.page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  assert.deepEqual(loaded.filter((name) => /library-|qr-decoder-|scan-|de-/.test(name)), [], "who needs none of it loads none of it");
  await usual.close();
});

test("in an intranet over plain HTTP, where browsers give pages no WebCrypto and no clipboard", async () => {
  const lab = machine("intranet");
  const there = await startBrowser(["--host-resolver-rules=MAP trial.intranet.example 127.0.0.1"]);
  const origin = `http://trial.intranet.example:${new URL(site.url).port}`;
  config.now = config.good;
  const { page, close } = await visit(there, [origin]);
  await page.goto(`${origin}/acme/trial/`);
  await page.waitForSelector("body.open");
  assert.equal(await page.evaluate(() => globalThis.isSecureContext || crypto.subtle !== undefined), false);
  await bring(page, lab.request("trial"));
  await get(page);
  await heading(page, "The trial for intranet is ready");
  await page.getByRole("button", { name: "Copy as text" }).click();
  const text = page.getByLabel("The response as text");
  await text.waitFor();
  assert.equal(await text.evaluate(({ value, selectionStart, selectionEnd }) => selectionEnd - selectionStart === value.length), true, "ready to be copied by hand");
  await page.getByRole("button", { name: "Scan a QR code" }).click();
  await heading(page, "No camera here");
  assert.equal(lab.install(await save(page, page.getByRole("link", { name: "Save intranet.response" }), folder.path)).state, "active");
  await close();
  await there.close();
});

test("attack: the page does not sign beyond its key, whatever config.json asks", async () => {
  const narrow = (...more) => ({ ...config.good, signer: delegate(folder.path, vendor.root, ...more).signer });
  const longer = { ...narrow("--max-days", "7"), products: [{ id: "acme-cad", name: "Acme CAD", trial: { days: 8 } }] };
  const elsewhere = { ...config.good, products: [...config.good.products, { id: "acme-pro", trial: { days: 14 } }] };
  for (const [settings, request] of [[longer, machine("long").request("trial")], [elsewhere, machine("pro", "acme-pro").request("trial")]]) {
    const { page, close } = await open(settings);
    await bring(page, request);
    await heading(page, "The vendor's key does not allow this trial");
    await accessible(page, "too narrow");
    assert.equal(await page.getByRole("button", { name: "Get the trial" }).count(), 0);
    assert.match(await page.getByRole("link", { name: "Mail it to support" }).getAttribute("href"), /^mailto:/);
    await close();
  }
});

test("attack: a key that may sign more than short trials, or a root, is not used: the page says so to its vendor", async () => {
  const with_ = (...more) => ({ ...config.good, signer: delegate(folder.path, vendor.root, ...more).signer });
  const stranger = startVendor(folder.path);
  for (const [settings, says] of [
    [with_("--types", "trial,activation"), /may sign more than trials/],
    [with_("--max-days", "0"), /trials without an end/],
    [{ ...config.good, signer: { key: jwk(vendor.root), delegation: vendor.signer.delegation } }, /is a root key: take it off the web/],
    [{ ...config.good, signer: stranger.signer }, /no root key in "roots" has delegated/],
    [{ ...config.good, signer: { key: { ...vendor.signer.key, d: stranger.signer.key.d }, delegation: vendor.signer.delegation } }, /does not belong to the public one/],
  ]) {
    const { page, close } = await open(settings);
    await heading(page, "This page is not set up");
    assert.match(await shown(page), says);
    assert.equal(await page.locator("#bring").isVisible(), false);
    await close();
  }
});

test("a key whose time is over, or has not come: said at once, and to who brings a request, which is kept", async () => {
  const request = machine("late").request("trial");
  for (const [clock, title] of [
    [Date.now() + 200 * 86_400_000, "The vendor's key for trials has ended"], [Date.now() - 30 * 86_400_000, "The vendor's key for trials is not valid yet"],
  ]) {
    const { page, close } = await open(config.good, { clock });
    await heading(page, title);
    await accessible(page, title);
    await bring(page, request);
    await page.getByText("Your request").last().waitFor();
    const mail = await page.getByRole("link", { name: "Mail it to support" }).getAttribute("href");
    assert.ok(mail.includes(request.token));
    await close();
  }
});

test("a clock that is wrong by the web server's time is said before anything is signed by it", async () => {
  const request = machine("skewed").request("trial");
  const { page, close } = await open(config.good, { date: new Date(Date.now() - 3 * 86_400_000).toUTCString() });
  await bring(page, request);
  await page.getByText("The clock of this device is wrong by 3 days.").waitFor();
  await picture(page, "trial-clock");
  await close();
  const right = await open();
  await bring(right.page, request);
  await heading(right.page, "Trial of Acme CAD for skewed");
  assert.equal(await right.page.locator(".warn").count(), 0);
  await right.close();
});

test("the response is what the command line calls right, and names the trial by its request", async () => {
  const lab = machine("inspected");
  const request = lab.request("trial");
  const ids = [];
  for (let n = 0; n < 2; n++) {
    const { page, close } = await open();
    await bring(page, request);
    await get(page);
    const path = await save(page, page.getByRole("link", { name: "Save inspected.response" }), folder.path);
    const verdict = JSON.parse(countersign("verify", path, "--root", vendor.roots, "--json"));
    assert.equal(verdict.verdict, "ok");
    const token = readFileSync(path, "utf8").split("\n").filter((line) => !line.startsWith("#")).join("");
    ids.push(JSON.parse(Buffer.from(token.split(".")[1], "base64url")).jti);
    await close();
  }
  assert.equal(ids[0], ids[1]);
});

test("attack: a second trial from the page does not get a machine more time: the app remembers the first", async () => {
  const lab = machine("again-and-again");
  const { page, close } = await open();
  const install = async () => {
    await bring(page, lab.request("trial"));
    await get(page);
    await heading(page, "The trial for again-and-again is ready");
    return lab.install(await save(page, page.getByRole("link", { name: "Save again-and-again.response" }), folder.path));
  };
  assert.equal((await install()).state, "active");
  // Later by the page's clock: a trial that would end later.
  await page.waitForTimeout(1_100);
  const second = await install();
  assert.equal(second.code ?? second.error?.code, "trial-already-used", JSON.stringify(second));
  await close();
});

test("several products on one page: each request picks its own", async () => {
  const both = delegate(folder.path, vendor.root, "--products", "acme-cad,acme-pro");
  const { page, close } = await open({
    ...config.good, signer: both.signer,
    products: [{ id: "acme-cad", name: "Acme CAD", trial: { days: 14 } }, { id: "acme-pro", name: "Acme Pro", trial: { days: 3 } }],
  });
  const pro = machine("pro-machine", "acme-pro");
  await bring(page, machine("cad-machine").request("trial"), pro.request("trial"));
  await heading(page, "Trial of Acme CAD for cad-machine");
  await heading(page, "Trial of Acme Pro for pro-machine");
  await page.getByRole("button", { name: "Get all 2 trials" }).click();
  await heading(page, "2 responses are ready");
  assert.equal(pro.install(await save(page, page.getByRole("link", { name: "Save pro-machine.response" }), folder.path)).state, "active");
  await close();
});

test("a damaged delegation, or none of a root that the page knows", async () => {
  const { delegation } = config.good.signer;
  for (const wrong of [delegation.slice(0, -6), `${delegation.slice(0, -6)}AAAAAA`, put(folder.path, "x", "x")]) {
    const { page, close } = await open({ ...config.good, signer: { ...config.good.signer, delegation: wrong } });
    await heading(page, "This page is not set up");
    await close();
  }
});
