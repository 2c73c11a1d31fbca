// The customer portal in Chromium: the public page with and without JavaScript, login, licenses, the vendor's pages.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Machine, accessible, picture, save, scratch, startBrowser, startPortal, unzip, visit, zip } from "./world.mjs";

let folder, portal, browser;

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path);
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
});

const machine = (name) => new Machine(folder.path, name, portal.roots);

/** Chooses files, which the page then sends by itself. */
async function bring(page, files) {
  await page.locator("input[type=file]").setInputFiles(files);
  await page.getByRole("heading", { name: "What will happen" }).waitFor();
}

/** The same without JavaScript: by the button. */
async function bringByButton(page, files) {
  await page.locator("input[type=file]").setInputFiles(files);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "What will happen" }).waitFor();
}

async function logIn(page, email) {
  await page.goto(`${portal.url}/login`);
  await page.getByLabel(/mail/i).fill(email);
  await page.getByLabel(/password/i).fill("correct horse battery");
  await page.getByRole("button", { name: /log in/i }).click();
}

test("the public page: choose a file, see what will happen, take the response home", async () => {
  const lab = machine("lab-7");
  const request = lab.request("activation", "--license-key", portal.license.key);
  const { page, close } = await visit(browser, [portal.url]);
  await page.goto(`${portal.url}/activate`);
  await accessible(page, "public page");
  await picture(page, "activate");
  await bring(page, request.path);
  const text = await page.locator("main").innerText();
  assert.match(text, /lab-7/);
  assert.match(text, /Nothing is used up yet/);
  assert.match(text, /seat/);
  await accessible(page, "review");
  await picture(page, "review");
  await page.locator("#confirm").click();
  await page.getByRole("heading", { name: "Carry this back" }).waitFor();
  await accessible(page, "result");
  await picture(page, "result");
  const path = await save(page, page.getByRole("link", { name: /Download lab-7.response/ }), folder.path);
  assert.equal(lab.install(path).state, "active");
  await page.getByText("As a QR code").click();
  const qr = page.locator("img.qr");
  await qr.scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.querySelector("img.qr").naturalWidth > 0);
  await close();
});

test("dropping a file on the public page chooses it", async () => {
  const request = machine("lab-drop").request("trial");
  const { page, close } = await visit(browser, [portal.url]);
  await page.goto(`${portal.url}/activate`);
  const transfer = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "lab-drop.request"));
    return data;
  }, request.text);
  await page.dispatchEvent("[data-drop]", "drop", { dataTransfer: transfer });
  await page.getByRole("heading", { name: "What will happen" }).waitFor();
  assert.match(await page.locator("main").innerText(), /lab-drop/);
  await close();
});

test("without JavaScript: many files at once, pasted text, deactivation and receipt", async () => {
  const a = machine("nojs-a");
  const b = machine("nojs-b");
  const options = { javaScriptEnabled: false };
  const { page, close } = await visit(browser, [portal.url], options);
  await page.goto(`${portal.url}/activate`);
  await bringByButton(page, [a, b].map((m) => m.request("trial").path));
  assert.equal(await page.locator("section.card.ok").count(), 2);
  await page.locator("#confirm").click();
  for (const m of [a, b]) {
    const path = await save(page, page.getByRole("link", { name: `Download ${m.name}.response` }), folder.path);
    assert.equal(m.install(path).state, "active");
  }

  await page.goto(`${portal.url}/activate`);
  await page.getByText("Paste text instead").click();
  await page.locator("#pasted").fill(a.request("activation", "--license-key", portal.license.key).text);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.locator("#confirm").click();
  const path = await save(page, page.getByRole("link", { name: /Download nojs-a/ }), folder.path);
  assert.equal(a.install(path).right.license, portal.license.id);

  await page.goto(`${portal.url}/activate`);
  await bringByButton(page, a.request("deactivation").path);
  await page.locator("#confirm").click();
  assert.match(await page.locator("main").innerText(), /The seat is free again/);
  const receipt = await save(page, page.getByRole("link", { name: /Download nojs-a/ }), folder.path);
  assert.equal(a.install(receipt).installed, "receipt");
  await close();
});

/** Installs what a zip of responses brought, each on the machine of its name. */
function installAll(machines, path, name) {
  const folderOfZip = join(folder.path, name);
  const names = unzip(path, folderOfZip);
  assert.deepEqual(names, machines.map((m) => `${m.name}.response`).sort());
  for (const m of machines) {
    assert.equal(m.install(join(folderOfZip, `${m.name}.response`)).state, "active", m.name);
    assert.equal(m.check().state, "active", m.name);
  }
}

test("twelve machines by one zip: reviewed, activated, the zip of responses installed by the command line", async () => {
  const license = portal.admin("license", "create", "--product", "acme-cad", "--activations", "12", "--owner", "jane@lab.example");
  const machines = Array.from({ length: 12 }, (_, n) => machine(`bench-${n + 1}`));
  const photo = join(folder.path, "holiday.jpg");
  writeFileSync(photo, randomBytes(300_000));
  const named = (m) => {
    const path = join(folder.path, `${m.name}.request`);
    writeFileSync(path, m.request("activation").text);
    return path;
  };
  const batch = zip(join(folder.path, "batch.zip"), [...machines.map(named), photo]);
  const { page, close } = await visit(browser, [portal.url]);
  await logIn(page, "jane@lab.example");
  await page.goto(`${portal.url}/licenses/${license.id}`);
  // Large enough for the bar: what it says while the files leave is kept.
  await page.evaluate(() => {
    globalThis.said = [];
    const form = document.querySelector("form[data-work]");
    const note = () => {
      const bar = form.querySelector("progress");
      globalThis.said.push([form.querySelector("[role=status]").textContent, bar.hidden, bar.hasAttribute("value")]);
    };
    new MutationObserver(note).observe(form, { subtree: true, childList: true, attributes: true });
  });
  await bring(page, batch);
  const said = await page.evaluate(() => globalThis.said);
  assert.ok(said.some(([words, hidden]) => /^Sending: \d+ percent$/.test(words) && !hidden), JSON.stringify(said));
  assert.ok(said.some(([words, , known]) => /being read/.test(words) && !known), JSON.stringify(said));
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "What will happen", "a screen reader goes on there");
  const text = await page.locator("main").innerText();
  assert.match(text, /12 of these machines need a seat of Acme CAD, 12 are free/);
  assert.match(text, /13 files\. 12 can be answered\. One cannot/);
  assert.match(text, /holiday\.jpg[\s\S]+file-too-large/);
  assert.equal(await page.locator("table.batch tbody tr").count(), 13);
  await accessible(page, "review of a batch");
  await picture(page, "batch-review");
  await page.getByRole("button", { name: "Activate 12 machines" }).click();
  await page.getByRole("heading", { name: "Carry this back" }).waitFor();
  assert.match(await page.locator("main").innerText(), /12 requests are answered\./);
  await accessible(page, "result of a batch");
  await picture(page, "batch-result");
  const path = await save(page, page.getByRole("button", { name: "Download all responses as one zip" }), folder.path);
  installAll(machines, path, "responses");
  const table = await save(page, page.getByRole("button", { name: "Table for a spreadsheet (CSV)" }), folder.path);
  const lines = readFileSync(table, "utf8").trim().split("\r\n");
  assert.equal(lines.length, 14);
  assert.match(lines[1], /^"bench-1\.request","bench-1","activation request","done"/);
  assert.match(lines[13], /"holiday\.jpg".*"not answered"/);
  const single = await save(page, page.getByRole("link", { name: "bench-7.response" }), folder.path);
  assert.equal(readFileSync(single, "utf8"), readFileSync(join(folder.path, "responses/bench-7.response"), "utf8"));

  // One of them gives its seat back.
  await page.goto(`${portal.url}/licenses/${license.id}`);
  await bring(page, machines[2].request("deactivation").path);
  await page.locator("#confirm").click();
  const receipt = await save(page, page.getByRole("link", { name: /Download bench-3/ }), folder.path);
  assert.equal(machines[2].install(receipt).installed, "receipt");
  await close();
});

test("without JavaScript: more machines than seats, said before, and the zip of those that got one", async () => {
  const license = portal.admin("license", "create", "--product", "acme-cad", "--activations", "4");
  const machines = Array.from({ length: 6 }, (_, n) => machine(`plain-${n + 1}`));
  const files = machines.map((m) => m.request("activation", "--license-key", license.key).path);
  const { page, close } = await visit(browser, [portal.url], { javaScriptEnabled: false });
  await page.goto(`${portal.url}/activate`);
  await bringByButton(page, files);
  assert.match(await page.locator("main").innerText(), /6 of these machines need a seat of Acme CAD, 4 are free\. 2 will get none/);
  await picture(page, "batch-short");
  await page.locator("#confirm").click();
  assert.match(await page.locator("main").innerText(), /4 requests are answered\. 2 were refused\./);
  await picture(page, "batch-short-result");
  const path = await save(page, page.getByRole("button", { name: "Download all responses as one zip" }), folder.path);
  installAll(machines.slice(0, 4), path, "plain-responses");
  await close();
});

test("a file that is none, and a request without a license key, are told what to do", async () => {
  const lab = machine("keyless");
  const { page, close } = await visit(browser, [portal.url]);
  await page.goto(`${portal.url}/activate`);
  await bring(page, { name: "holiday.jpg", mimeType: "image/jpeg", buffer: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2]) });
  assert.match(await page.locator("main").innerText(), /damaged-file|not-a-token/);
  await accessible(page, "refused file");
  await page.goto(`${portal.url}/activate`);
  await bring(page, lab.request("activation").path);
  await page.getByRole("heading", { name: "Which license?" }).waitFor();
  await accessible(page, "license asked for");
  await page.getByLabel("License key").fill(portal.license.key.toLowerCase().replaceAll("-", " "));
  await page.getByRole("button", { name: "Continue" }).click();
  await page.locator("#confirm").click();
  await page.getByRole("link", { name: /Download keyless.response/ }).waitFor();
  await close();
});

test("attack: a machine's name that is markup stays text", async () => {
  const name = "<img src=x onerror=alert(1)>";
  const lab = machine("markup");
  const request = lab.request("activation", "--license-key", portal.license.key, "--device-name", name);
  const { page, close } = await visit(browser, [portal.url]);
  await page.goto(`${portal.url}/activate`);
  await bring(page, request.path);
  assert.match(await page.locator("main").innerText(), /<img src=x onerror=alert\(1\)>/);
  await page.locator("#confirm").click();
  await logIn(page, "jane@lab.example");
  await page.goto(`${portal.url}/licenses/${portal.license.id}`);
  assert.match(await page.locator("main").innerText(), /<img src=x onerror=alert\(1\)>/);
  assert.equal(await page.locator("main img[src=x]").count(), 0);
  await close();
});

test("log in, see the license with its machines, upload a request there", async () => {
  const { page, close } = await visit(browser, [portal.url]);
  await page.goto(`${portal.url}/login`);
  await accessible(page, "login");
  await picture(page, "login");
  await page.getByLabel(/mail/i).fill("jane@lab.example");
  await page.getByLabel(/password/i).fill("wrong wrong wrong");
  await page.getByRole("button", { name: /log in/i }).click();
  assert.equal(await page.locator("[role=alert]").count(), 1);
  await logIn(page, "jane@lab.example");
  await page.goto(`${portal.url}/licenses`);
  assert.match(await page.locator("main").innerText(), /Acme CAD|acme-cad/);
  await accessible(page, "licenses");
  await picture(page, "licenses");
  await page.goto(`${portal.url}/licenses/${portal.license.id}`);
  assert.match(await page.locator("main").innerText(), /lab-7/);
  assert.ok(!(await page.locator("main").innerText()).includes(portal.license.key), "the key is masked");
  await accessible(page, "license");
  await picture(page, "license");
  await page.locator(".reveal summary").click();
  assert.ok((await page.locator("main").innerText()).includes(portal.license.key), "and shown when asked for");
  await accessible(page, "license with its key");

  const other = portal.admin("license", "create", "--product", "acme-cad", "--activations", "1");
  const strange = await page.goto(`${portal.url}/licenses/${other.id}`);
  assert.equal(strange.status(), 404, "somebody else's license");
  assert.equal((await page.goto(`${portal.url}/admin`)).status(), 403, "no vendor's page for a customer");

  const mine = portal.admin("license", "create", "--product", "acme-cad", "--activations", "1", "--owner", "jane@lab.example");
  await page.goto(`${portal.url}/licenses/${mine.id}`);
  const lab = machine("lab-upload");
  await bring(page, lab.request("activation").path);
  await page.locator("#confirm").click();
  const path = await save(page, page.getByRole("link", { name: /Download lab-upload/ }), folder.path);
  assert.equal(lab.install(path).right.license, mine.id);

  // The owner is told who holds the seat.
  await page.goto(`${portal.url}/licenses/${mine.id}`);
  await bring(page, machine("lab-second").request("activation").path);
  assert.match(await page.locator("main").innerText(), /In use by:\s+lab-upload[\s\S]+seats-used-up/);
  await close();
});

test("the vendor's pages: product, license, suspend", async () => {
  const { page, close } = await visit(browser, [portal.url]);
  await logIn(page, "admin@acme.example");
  for (const path of ["/admin", "/admin/products", "/admin/products/acme-cad", "/admin/plans", "/admin/licenses/new", "/admin/licenses/import", "/admin/licenses", `/admin/licenses/${portal.license.id}`, "/admin/customers", "/admin/settings"]) {
    const answer = await page.goto(portal.url + path);
    assert.equal(answer.status(), 200, path);
    await accessible(page, path);
    await picture(page, path.slice(1).replaceAll("/", "-").replace(portal.license.id, "license"));
  }
  await page.goto(`${portal.url}/admin/licenses/${portal.license.id}`);
  await page.getByRole("button", { name: "Suspend" }).click();
  assert.match(await page.locator("main").innerText(), /hear nothing of this|hears nothing of this|No machine holds a seat/);
  await accessible(page, "suspending, asked");
  await page.getByRole("button", { name: "Do it" }).click();
  await page.goto(`${portal.url}/activate`);
  await bring(page, machine("late").request("activation", "--license-key", portal.license.key).path);
  assert.match(await page.locator("main").innerText(), /license-suspended/);
  await close();
});

test("by keyboard alone: skip link, paste, review, confirm", async () => {
  const lab = machine("keyboard");
  const { page, close } = await visit(browser, [portal.url]);
  await page.goto(`${portal.url}/activate`);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to content");
  const focus = async (fits) => {
    for (let n = 0; n < 40; n++) {
      if (await page.evaluate(fits)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail("the keyboard does not get there");
  };
  await focus(() => document.activeElement.textContent === "Paste text instead");
  await page.keyboard.press("Enter");
  await focus(() => document.activeElement.id === "pasted");
  await page.keyboard.insertText(lab.request("trial").text);
  await focus(() => document.activeElement.textContent === "Continue");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "What will happen" }).waitFor();
  await focus(() => document.activeElement.id === "confirm");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Carry this back" }).waitFor();
  await close();
});

test("an address that does not exist says so, and leads back", async () => {
  const { page, close } = await visit(browser, [portal.url]);
  assert.equal((await page.goto(`${portal.url}/nowhere`)).status(), 404);
  await accessible(page, "not found");
  assert.ok(await page.locator("a").count() > 0);
  await close();
  assert.ok(readFileSync(portal.roots, "utf8").includes("PUBLIC KEY"));
});
