// Attack: names of files that are brought - one by one, and in zips - and addresses that nobody has.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { activationRequest, logInPage } from "./clients.mjs";
import { BUILT_IN, PAYLOADS, STRINGS, names, ways } from "./corpora.mjs";
import { save, scratch, startBrowser, startPortal } from "./world.mjs";
import { watched } from "./watch.mjs";
import { namesInZip, zipNamed } from "./zips.mjs";

let folder, portal, browser;

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path, { seats: 10_000 });
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
});

/** Payloads that stay whole in a file's name: of a path only the end is shown, and not more than fits into a line. */
const NAMES = names(64, STRINGS.map((text) => text.replaceAll(/[\\/]/g, " ").replaceAll('"', "'")));
const device = (name) => ({ name, platform: name, app_version: name });
const label = (text) => names(64, [text])[0] ?? "unnamed";

/** Chooses files and looks at what the page says about them. */
async function review(visitor, files) {
  await visitor.look("/activate");
  await visitor.page.locator("input[type=file]").setInputFiles(files);
  await visitor.page.getByRole("heading", { name: "What will happen" }).waitFor();
  await visitor.inspect();
}

/** How many of these texts a review shows, on all its pages. */
async function shownInAll(visitor, texts) {
  const next = visitor.page.locator("nav.pages a[rel=next]");
  if (await next.count() === 0) return visitor.shown(texts);
  const { pathname } = new URL(await next.first().evaluate((a) => a.href));
  return visitor.walk(pathname, texts);
}

/** Confirms, and takes all responses as one zip with tame names. */
async function takeHome(visitor, count) {
  await visitor.page.locator("#confirm").click();
  await visitor.page.getByRole("heading", { name: "Carry this back" }).waitFor();
  await visitor.inspect();
  const zip = await save(visitor.page, visitor.page.locator("#all"), folder.path);
  const listed = namesInZip(zip).filter((name) => name.endsWith(".response"));
  assert.equal(listed.length, count);
  for (const name of namesInZip(zip)) assert.match(name, /^(?!\.)[\p{L}\p{N}._-]+$/u);
}

test("attack: files whose names are payloads, and that hold payloads", async () => {
  const visitor = await watched(browser, portal);
  const texts = NAMES.slice(0, 900);
  await review(visitor, texts.map((name, n) => ({ name: `${name}.request`, mimeType: "text/plain", buffer: Buffer.from(STRINGS[n % STRINGS.length]) })));
  assert.ok(await shownInAll(visitor, texts) > texts.length * 0.9, "their names are shown as text");
  for (const text of BUILT_IN) await review(visitor, [{ name: text, mimeType: "text/html", buffer: Buffer.from(text) }]);
  await visitor.close();
});

test("attack: requests in files whose names, and from machines whose names, are payloads", async () => {
  const visitor = await watched(browser, portal);
  const texts = names(64, PAYLOADS);
  const files = texts.map((name) => ({ name: `${name}.request`, mimeType: "text/plain", buffer: Buffer.from(activationRequest(device(name), portal.license.key)) }));
  await review(visitor, files);
  assert.equal(await shownInAll(visitor, texts), texts.length);
  await takeHome(visitor, texts.length);
  for (const name of texts.slice(0, 8)) {
    await review(visitor, [{ name, mimeType: "text/plain", buffer: Buffer.from(activationRequest(device(name), portal.license.key)) }]);
    await visitor.page.locator("#confirm").click();
    await visitor.page.locator("a.download").waitFor();
    await visitor.inspect();
    assert.equal(await visitor.shown([name]), 1);
  }
  await visitor.close();
});

test("attack: members of a zip are named as ways out of a folder, and as payloads", async () => {
  const visitor = await watched(browser, portal);
  const paths = ways("etc/passwd").filter((way) => !way.includes("\0"));
  const entries = paths.map((name) => [name, activationRequest(device(label(name)), portal.license.key)]);
  const zip = zipNamed(join(folder.path, "ways.zip"), [...new Map(entries)].slice(0, 500));
  await review(visitor, zip);
  const ready = Number(/\d+/.exec(await visitor.page.locator("#confirm").innerText())[0]);
  assert.ok(ready > 0, "a member is read whatever it is called: it is never written by its name");
  await takeHome(visitor, ready);

  const payloads = new Map(names(200, PAYLOADS).concat(NAMES.slice(0, 300)).map((name) => [name, `not a request: ${name}`]));
  await review(visitor, zipNamed(join(folder.path, "payloads.zip"), [...payloads]));
  assert.ok(await shownInAll(visitor, NAMES.slice(0, 300)) > Math.min(300, NAMES.length) * 0.9);
  await visitor.close();
});

test("attack: markup in an address that nobody has is not repeated as markup", async () => {
  const nobody = await watched(browser, portal);
  const jane = await watched(browser, portal);
  await logInPage(jane.page, portal, "jane@lab.example");
  for (const text of BUILT_IN) {
    const evil = encodeURIComponent(text);
    for (const path of [`/login?next=${evil}`, `/${evil}`, `/responses/${evil}`, `/setup/${evil}`, `/password/${evil}`, `/invite/${evil}`, `/reset/${evil}`, `/confirm/${evil}`, `/revert/${evil}`]) {
      await nobody.look(path);
    }
    for (const path of [`/licenses/${evil}`, `/licenses/${portal.license.id}/machines/${evil}`, `/downloads/${evil}`, `/downloads/acme-cad/${evil}`, `/releases/${evil}`]) {
      assert.equal(await jane.look(path), 404, path);
    }
  }
  await jane.close();
  await nobody.close();
});

test("attack: a way back after the login leads nowhere else", async () => {
  for (const next of ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "/\t/evil.example", "data:text/html,x", "/%09/evil.example", "///evil.example"]) {
    const { page, look, inspect, close } = await watched(browser, portal);
    await look(`/login?next=${encodeURIComponent(next)}`);
    await page.locator("[name=email]").fill("jane@lab.example");
    await page.locator("[name=password]").fill("correct horse battery");
    await page.locator("main form button").first().click();
    await page.locator(".who").waitFor();
    assert.equal(new URL(page.url()).origin, portal.url, next);
    await inspect();
    await close();
  }
});

test("attack: pasted text, and a link's fragment, that are payloads", async () => {
  const visitor = await watched(browser, portal);
  for (const text of [...BUILT_IN, STRINGS.join("\n").slice(0, 60_000)]) {
    await visitor.look("/activate");
    await visitor.send("form.upload", { pasted: text, license_key: text.slice(0, 100) });
  }
  for (const text of BUILT_IN) {
    await visitor.page.goto("about:blank");
    await visitor.look(`/activate#${text.padEnd(30, "x")}`);
    await visitor.page.getByRole("heading", { name: "What will happen" }).waitFor();
    await visitor.inspect();
  }
  await visitor.close();
});
