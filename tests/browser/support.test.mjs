// A support person's day in Chromium: a customer's request is dropped, its license is found, it is answered; what stands in the way is
// said with the way out of it; and the numbers of the morning.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { activate, activationRequest, logIn, logInPage } from "./clients.mjs";
import { Machine, accessible, bin, picture, save, scratch, startBrowser, startPortal, visit } from "./world.mjs";

let folder, portal, browser;

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path, { seats: 3 });
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
});

const machine = (name) => new Machine(folder.path, name, portal.roots);
const text = (page) => page.locator("main").innerText();
const field = (page) => page.locator("input[type=file]");

async function support() {
  const { page, close } = await visit(browser, [portal.url]);
  await logInPage(page, portal, "admin@acme.example");
  await page.goto(`${portal.url}/admin/activations`);
  return { page, close };
}

/** Drops a file anywhere on the page, as from a mail program's window. */
async function drop(page, path, name) {
  const content = readFileSync(path).toString("base64");
  const transfer = await page.evaluateHandle(([data, file]) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const all = new DataTransfer();
    all.items.add(new File([bytes], file));
    return all;
  }, [content, name]);
  await page.dispatchEvent("body", "dragover", { dataTransfer: transfer });
  await Promise.all([page.waitForNavigation(), page.dispatchEvent("body", "drop", { dataTransfer: transfer })]);
}

test("a support person finds a license by a dropped request file and answers it", async () => {
  const lathe = machine("lathe-7");
  const request = lathe.request("activation", "--license-key", portal.license.key);
  const { page, close } = await support();
  await accessible(page, "the field");
  await picture(page, "support-field");
  await drop(page, request.path, "lathe-7.request");
  await page.getByRole("heading", { name: "lathe-7", level: 1 }).waitFor();
  const said = await text(page);
  for (const words of ["Acme CAD", "Jane's lab", "Jane", "0 of 3", "This machine is not known here yet", "1 of 3 seats"]) assert.ok(said.includes(words), `${words} in ${said}`);
  await accessible(page, "a request");
  await picture(page, "support-request");
  await page.locator("#confirm").click();
  await page.locator("a.download").waitFor();
  await accessible(page, "the answer");
  await picture(page, "support-answer");
  const path = await save(page, page.locator("a.download"), folder.path);
  assert.equal(lathe.install(path).state, "active");

  // The customer has lost it and sends the request again.
  await page.goto(`${portal.url}/admin/activations`);
  await drop(page, request.path, "lathe-7.request");
  await page.getByRole("heading", { name: "Answered before" }).waitFor();
  assert.equal(await page.locator("#confirm").count(), 0);
  await accessible(page, "answered before");
  await picture(page, "support-again");
  const again = await save(page, page.locator("a.download"), folder.path);
  assert.deepEqual(readFileSync(again), readFileSync(path), "byte for byte");
  await page.locator("#license h2 a").click();
  assert.ok(page.url().endsWith(`/admin/licenses/${portal.license.id}`));
  await page.goto(`${portal.url}/licenses/${portal.license.id}`);
  await page.getByRole("link", { name: "lathe-7", exact: true }).first().click();
  assert.match(await text(page), /Ada/, "who answered it");
  await close();
});

test("what stands in the way is said, with the way out of it, and the same file goes through then", async () => {
  const device = (n) => ({ name: `desk-${n}`, platform: "linux-x86_64" });
  await activate(portal, Array.from({ length: 2 }, (_, n) => activationRequest(device(n), portal.license.key)));
  const press = machine("press-2");
  const request = press.request("activation", "--license-key", portal.license.key);
  const { page, close } = await support();
  await drop(page, request.path, "press-2.request");
  await page.locator("#why").waitFor();
  const said = await text(page);
  assert.match(said, /desk-0/, "who holds the seats");
  assert.match(said, /seats-used-up/);
  await accessible(page, "a refusal");
  await picture(page, "support-refused");
  await page.getByRole("link", { name: "Raise the license's limit" }).click();
  await page.locator("#allowed_activations").fill("5");
  await page.getByRole("button", { name: "Change the limits" }).click();
  await Promise.all([page.waitForURL((url) => url.pathname === `/admin/licenses/${portal.license.id}`), page.getByRole("button", { name: "Do it" }).click()]);
  await page.waitForLoadState();
  await page.goto(`${portal.url}/admin/activations`);
  await drop(page, request.path, "press-2.request");
  await page.locator("#confirm").click();
  const path = await save(page, page.locator("a.download"), folder.path);
  assert.equal(press.install(path).state, "active");
  await close();
});

test("a picture of a code, a damaged file and text in the field are read, too", async () => {
  const saw = machine("saw-4");
  const request = saw.request("activation", "--license-key", portal.license.key);
  const code = join(folder.path, "code.png");
  execFileSync(join(bin, "countersign"), ["qr", request.path, "--image", code]);
  const { page, close } = await support();
  await Promise.all([page.waitForNavigation(), field(page).setInputFiles(code)]);
  await page.getByRole("heading", { name: "saw-4", level: 1 }).waitFor();
  await page.locator("#q").fill(request.text);
  await Promise.all([page.waitForNavigation(), page.getByRole("button", { name: "Search" }).click()]);
  await page.getByRole("heading", { name: "saw-4", level: 1 }).waitFor();
  const cut = { name: "saw-4.request", mimeType: "text/plain", buffer: Buffer.from(request.text.slice(0, 400)) };
  await Promise.all([page.waitForNavigation(), field(page).setInputFiles(cut)]);
  await page.locator("#why").waitFor();
  assert.match(await page.locator(".readable").innerText(), /saw-4/);
  await accessible(page, "a damaged file");
  await picture(page, "support-damaged");
  await close();
});

test("a photograph that is larger than the portal reads is made smaller in the browser and read", async () => {
  const drill = machine("drill-9");
  const request = drill.request("activation", "--license-key", portal.license.key);
  const code = join(folder.path, "drill.png");
  execFileSync(join(bin, "countersign"), ["qr", request.path, "--image", code]);
  const { page, close } = await support();
  // As a phone makes it: 27 million pixels, most of them of no use. Drawn by the browser, and dropped there.
  const dropped = page.evaluate(async (data) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const drawn = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(6000, 4500);
    const context = canvas.getContext("2d");
    const grain = context.createImageData(500, 500);
    let state = 7;
    for (let at = 0; at < grain.data.length; at += 1) {
      state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
      grain.data[at] = at % 4 === 3 ? 255 : 64 + (state >>> 25);
    }
    for (let x = 0; x < 6000; x += 500) for (let y = 0; y < 4500; y += 500) context.putImageData(grain, x, y);
    context.imageSmoothingEnabled = false;
    context.drawImage(drawn, 1500, 500, 3500, 3500);
    const made = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
    const all = new DataTransfer();
    all.items.add(new File([made], "photo.jpg", { type: "image/jpeg" }));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: all, bubbles: true, cancelable: true }));
    return made.size;
  }, readFileSync(code).toString("base64"));
  const size = await dropped;
  assert.ok(size > 8 * 1024 * 1024, `${size} bytes are more than the portal reads`);
  await page.getByRole("heading", { name: "drill-9", level: 1 }).waitFor({ timeout: 120_000 });
  await close();
});

test("the field finds by name, and what it found is accessible and fits a phone", async () => {
  const { page, close } = await support();
  await page.locator("#q").fill("desk-");
  await page.locator("#q").press("Enter");
  await page.locator("#understood").waitFor();
  await page.getByRole("link", { name: "desk-1" }).waitFor();
  await accessible(page, "what was found");
  await picture(page, "support-found");
  await page.locator("#q").fill("nothing of that kind");
  await page.locator("#q").press("Enter");
  await page.getByText("Nothing was found").waitFor();
  await accessible(page, "nothing found");
  await page.locator("#q").fill(portal.license.key);
  await page.locator("#q").press("Enter");
  await page.waitForURL((url) => url.pathname === `/admin/licenses/${portal.license.id}`);
  await close();
});

test("the overview is accessible, fits a phone, and its charts have their numbers as tables", async () => {
  const admin = await logIn(portal, "admin@acme.example");
  await fetch(`${portal.url}/api/v1/activations`, { method: "POST", body: "# nothing", headers: { "content-type": "text/plain" } });
  for (let n = 0; n < 9; n += 1) await admin.post("/admin/licenses", { product: "acme-cad", holder: `Holder ${n}`, allowed_activations: "2", validity: "from-creation", validity_days: String(3 + 9 * n), import_days: "14", strategy: "fuzzy" });
  const { page, close } = await visit(browser, [portal.url]);
  await logInPage(page, portal, "admin@acme.example");
  // The numbers come some seconds later.
  for (let tries = 0; tries < 120; tries += 1) {
    await page.goto(`${portal.url}/admin`);
    const drawn = await Promise.all(["activity", "refused", "ending"].map((chart) => page.locator(`#chart-${chart} svg`).count()));
    if (drawn.every((count) => count > 0)) break;
    await page.waitForTimeout(500);
  }
  await page.locator("#chart-activity svg").waitFor();
  await accessible(page, "the overview");
  await picture(page, "overview");
  await page.emulateMedia({ colorScheme: "dark" });
  await picture(page, "overview-dark");
  await page.emulateMedia({ colorScheme: "light" });
  for (const summary of await page.locator(".figure summary").all()) await summary.click();
  await accessible(page, "the overview with its tables");
  const rows = page.locator("#chart-activity tbody tr");
  assert.equal(await rows.count(), 30);
  assert.match(await rows.last().innerText(), /\s4\s/, "four machines today");
  await page.getByRole("link", { name: "90 days" }).click();
  await page.waitForLoadState();
  assert.equal(await page.locator("#chart-activity tbody tr").count(), 90);
  await page.locator("#chart-activity summary").click();
  const file = await save(page, page.locator("#chart-activity .button"), folder.path);
  assert.equal(readFileSync(file, "utf8").trim().split("\n").length, 91);
  await close();
});
