// The trial page in Chromium, on a plain web server under a sub-path, against the real portal on another origin.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Machine, accessible, picture, save, scratch, startBrowser, startPortal, startSite, visit } from "./world.mjs";

let folder, portal, site, browser;
const config = {};

before(async () => {
  folder = scratch();
  site = await startSite(config);
  portal = await startPortal(folder.path, { origins: [site.origin] });
  config.good = {
    portal: portal.url, product: "acme-cad", product_name: "Acme CAD", vendor: "Acme Software",
    roots: [x(portal.roots)], support: "support@acme.example",
  };
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  await site?.stop();
  folder?.remove();
});

/** The 43 characters of a public key: the last 32 bytes of its DER form. */
function x(path) {
  const base64 = readFileSync(path, "utf8").replace(/-----[^-]+-----|\s/g, "");
  return Buffer.from(base64, "base64").subarray(-32).toString("base64url");
}

const machine = (name) => new Machine(folder.path, name, portal.roots);

async function open(settings = config.good, fragment = "", more = []) {
  config.now = settings;
  const visitor = await visit(browser, [site.origin, portal.url, ...more]);
  await visitor.page.goto(site.url + fragment);
  return visitor;
}

async function bring(page, request) {
  await page.locator("#file").setInputFiles(request.path);
}

const shown = (page) => page.locator("#out").innerText();

test("a request becomes a response that the machine installs", async () => {
  const lab = machine("lab-7");
  const { page, close } = await open();
  await page.getByRole("heading", { name: "Start your trial of Acme CAD" }).waitFor();
  await accessible(page, "trial page");
  await picture(page, "trial");
  await bring(page, lab.request("trial"));
  await page.getByRole("heading", { name: "A trial of Acme CAD for lab-7" }).waitFor();
  assert.match(await shown(page), new RegExp(`This request is sent to ${portal.url}`));
  await accessible(page, "trial review");
  await picture(page, "trial-review");
  await page.getByRole("button", { name: "Get the trial" }).click();
  await page.getByRole("heading", { name: "The trial for lab-7 is ready" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "The trial for lab-7 is ready");
  await accessible(page, "trial response");
  await picture(page, "trial-response");
  const path = await save(page, page.getByRole("link", { name: "Save lab-7.response" }), folder.path);
  assert.equal(lab.install(path).state, "active");
  await close();
});

test("the same request again gives the same response", async () => {
  const lab = machine("again");
  const request = lab.request("trial");
  const files = [];
  for (let n = 0; n < 2; n++) {
    const { page, close } = await open();
    await bring(page, request);
    await page.getByRole("button", { name: "Get the trial" }).click();
    files.push(readFileSync(await save(page, page.getByRole("link", { name: "Save again.response" }), folder.path), "utf8"));
    await close();
  }
  assert.equal(files[0], files[1]);
});

test("pasted text, and a link whose fragment leaves the address bar", async () => {
  const lab = machine("phone");
  const request = lab.request("trial");
  const { page, close } = await open(config.good, `#${request.token}`);
  await page.getByRole("heading", { name: "A trial of Acme CAD for phone" }).waitFor();
  assert.equal(new URL(page.url()).hash, "");
  await page.locator("#paste").fill(`> ${request.text.replaceAll("\n", "\n> ")}`);
  await page.getByText("From the pasted text").waitFor({ state: "detached" }).catch(() => {});
  await page.getByRole("heading", { name: "A trial of Acme CAD for phone" }).waitFor();
  await close();
});

test("what does not belong here is told where it does", async () => {
  const lab = machine("elsewhere");
  const { page, close } = await open();
  await bring(page, lab.request("activation"));
  await page.getByRole("heading", { name: "This is an activation request" }).waitFor();
  assert.equal(await page.locator("#out a").getAttribute("href"), `${portal.url}/activate`);
  const trial = lab.request("trial");
  writeFileSync(join(folder.path, "cut.request"), trial.text.slice(0, 400));
  await page.locator("#file").setInputFiles(join(folder.path, "cut.request"));
  await page.getByRole("heading", { name: "The file is damaged" }).waitFor();
  await accessible(page, "damaged file");
  await page.locator("#file").setInputFiles({ name: "big", mimeType: "text/plain", buffer: Buffer.alloc(200_000, "a") });
  await page.getByText("more than the 65536").waitFor();
  const other = new Machine(folder.path, "other", portal.roots, "other-product");
  await bring(page, other.request("trial"));
  await page.getByText("this page gives trials of acme-cad").waitFor();
  await bring(page, trial);
  await page.getByRole("button", { name: "Get the trial" }).click();
  const path = await save(page, page.getByRole("link", { name: "Save elsewhere.response" }), folder.path);
  await page.locator("#file").setInputFiles(path);
  await page.getByRole("heading", { name: "This is already a response" }).waitFor();
  await close();
});

test("a machine has one trial, also after a reinstallation", async () => {
  const lab = machine("greedy");
  const { page, close } = await open();
  await bring(page, lab.request("trial"));
  await page.getByRole("button", { name: "Get the trial" }).click();
  await page.getByRole("heading", { name: "The trial for greedy is ready" }).waitFor();
  lab.forget();
  await bring(page, lab.request("trial"));
  await page.getByRole("button", { name: "Get the trial" }).click();
  await page.getByRole("heading", { name: "This machine had its trial" }).waitFor();
  await accessible(page, "trial used");
  await picture(page, "trial-used");
  const mail = await page.getByRole("link", { name: "Mail it to support" }).getAttribute("href");
  assert.match(mail, /^mailto:support@acme\.example\?subject=.*&body=/);
  await close();
});

test("a portal that is down, then up again: the request is kept", async () => {
  const request = machine("patient").request("trial");
  const { page, close } = await open();
  await bring(page, request);
  await page.getByRole("button", { name: "Get the trial" }).waitFor();
  const { port } = new URL(portal.url);
  await portal.stop();
  await page.getByRole("button", { name: "Get the trial" }).click();
  await page.getByRole("heading", { name: "The portal cannot be reached" }).waitFor();
  await accessible(page, "portal down");
  portal = { ...portal, ...(await startPortal(folder.path, { origins: [site.origin], port, again: true })), license: portal.license };
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("button", { name: "Get the trial" }).click();
  await page.getByRole("heading", { name: "The trial for patient is ready" }).waitFor();
  await close();
});

test("a page whose origin the portal does not allow", async () => {
  const request = machine("stranger").request("trial");
  const elsewhere = await startSite(config);
  config.now = config.good;
  const { page, close } = await visit(browser, [elsewhere.origin, portal.url]);
  await page.goto(elsewhere.url);
  await bring(page, request);
  await page.getByRole("button", { name: "Get the trial" }).click();
  await page.getByRole("heading", { name: "The portal cannot be reached" }).waitFor();
  assert.match(await shown(page), /allowed origins/);
  await close();
  await elsewhere.stop();
});

test("attack: a portal that signs with a key of its own gives nothing to save", async () => {
  const lab = machine("victim");
  const request = lab.request("trial");
  const key = join(folder.path, "forger.pem");
  const bin = join(process.env.CARGO_TARGET_DIR ?? "../../target", "debug/countersign");
  execFileSync(bin, ["keys", "root", "--out", key]);
  const forged = join(folder.path, "forged.response");
  execFileSync(bin, ["sign", request.path, "--key", key, "--days", "9999", "--out", forged]);
  const forger = createServer((_, response) => {
    response.writeHead(200, { "Access-Control-Allow-Origin": "*", "Content-Type": "application/json" });
    response.end(JSON.stringify({ file: readFileSync(forged, "utf8"), file_name: "victim.response" }));
  });
  await new Promise((ready) => { forger.listen(0, "127.0.0.1", ready); });
  const origin = `http://127.0.0.1:${forger.address().port}`;
  const { page, close } = await open({ ...config.good, portal: origin }, "", [origin]);
  await bring(page, request);
  await page.getByRole("button", { name: "Get the trial" }).click();
  await page.getByRole("heading", { name: "The answer does not check out" }).waitFor();
  assert.match(await shown(page), /untrusted-key/);
  assert.equal(await page.locator("a[download]").count(), 0);
  await close();
  await new Promise((done) => { forger.close(done); forger.closeAllConnections(); });
});

test("attack: a machine's name that is markup stays text", async () => {
  const { page, close } = await open();
  await bring(page, machine("markup").request("trial", "--device-name", "<img src=x onerror=alert(1)>"));
  await page.getByRole("button", { name: "Get the trial" }).click();
  await page.getByRole("heading", { name: /is ready/ }).waitFor();
  assert.match(await shown(page), /<img src=x onerror=alert\(1\)>/);
  assert.equal(await page.locator("#out img").count(), 0);
  await close();
});

test("a page that is not set up says so", async () => {
  const { page, close } = await open({ ...config.good, roots: [] });
  await page.getByRole("heading", { name: "This page is not set up" }).waitFor();
  assert.match(await shown(page), /"roots" must list/);
  await accessible(page, "not set up");
  await close();
});
