// A machine's own page in Chromium: its response again, the release of a lost one's seat, and what is said when it returns.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { logInPage } from "./clients.mjs";
import { Machine, accessible, picture, save, scratch, startBrowser, startPortal, visit } from "./world.mjs";

let folder, portal, browser;

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path, { seats: 5 });
  portal.admin("settings", "set", "--releases-per-year", "3", "--release-cool-down-seconds", "86400");
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
});

const machine = (name) => new Machine(folder.path, name, portal.roots);
const text = (page) => page.locator("main").innerText();

/** Carries a request to the license's page, and the response home. */
async function activate(page, one) {
  await page.goto(`${portal.url}/licenses/${portal.license.id}`);
  await page.locator("input[type=file]").setInputFiles(one.request("activation").path);
  await page.getByRole("heading", { name: "What will happen" }).waitFor();
  const said = await text(page);
  await page.locator("#confirm").click();
  const path = await save(page, page.locator("a.download"), folder.path);
  assert.equal(one.install(path).state, "active");
  return { said, path };
}

async function open(page, name) {
  await page.goto(`${portal.url}/licenses/${portal.license.id}`);
  await page.getByRole("link", { name, exact: true }).first().click();
  await page.getByRole("heading", { name }).waitFor();
}

test("a machine's page: its response again, a lost one's seat released, the wait, and its return", async () => {
  const [thief, bench] = [machine("notebook-4"), machine("bench-2")];
  const { page, close } = await visit(browser, [portal.url]);
  await logInPage(page, portal, "jane@lab.example");
  const first = await activate(page, thief);
  await activate(page, bench);

  await open(page, "notebook-4");
  await accessible(page, "a machine");
  await picture(page, "machine");
  const again = await save(page, page.locator("#response"), join(folder.path));
  assert.deepEqual(readFileSync(again), readFileSync(first.path), "byte for byte");

  await page.locator("#release").click();
  assert.match(await text(page), /3 releases are left now, of 3 within a year/);
  await accessible(page, "release of a seat");
  await picture(page, "machine-release");
  await page.getByLabel("Reason").fill("Stolen from the car, reported on Monday");
  await page.getByRole("button", { name: "Release the seat without proof" }).click();
  await page.getByText("The machine was not seen since.").waitFor();
  assert.match(await text(page), /released without the machine[\s\S]*By Jane[\s\S]*Stolen from the car, reported on Monday/);
  await accessible(page, "a released machine");
  await picture(page, "machine-released");

  // The next one has to wait, and until when is said: on the license, and where it is tried.
  await page.goto(`${portal.url}/licenses/${portal.license.id}`);
  assert.match(await text(page), /1 of 3[\s\S]*The next one is possible on \d+ \w+ \d{4}, \d\d:\d\d UTC/);
  await accessible(page, "a license with a release");
  await picture(page, "license-after-release");
  await open(page, "bench-2");
  await page.locator("#release").click();
  assert.match(await text(page), /Too soon after the last release[\s\S]*The next one is possible on/);
  assert.equal(await page.locator("main form").count(), 0, "there is no button to press in vain");
  await accessible(page, "a release that has to wait");
  await picture(page, "machine-release-wait");

  // It comes back, with the same parts and nothing else left of it.
  thief.forget();
  const back = await activate(page, thief);
  assert.match(back.said, /This machine's seat was released on .* by Jane: activating it takes a new seat/);
  await page.goto(`${portal.url}/licenses/${portal.license.id}?state=released`);
  await page.getByRole("link", { name: "notebook-4" }).click();
  await page.getByText(/The machine was seen again on/).waitFor();
  await picture(page, "machine-came-back");
  await close();
});

test("a machine that never left is deactivated with proof, and its receipt stays on its page", async () => {
  const lab = machine("bench-9");
  const { page, close } = await visit(browser, [portal.url]);
  await logInPage(page, portal, "jane@lab.example");
  await activate(page, lab);
  await page.goto(`${portal.url}/licenses/${portal.license.id}`);
  await page.locator("input[type=file]").setInputFiles(lab.request("deactivation").path);
  await page.locator("#confirm").click();
  const receipt = await save(page, page.locator("a.download"), folder.path);
  assert.equal(lab.install(receipt).installed, "receipt");
  await picture(page, "receipt");
  await open(page, "bench-9");
  await accessible(page, "a deactivated machine");
  await page.emulateMedia({ colorScheme: "dark" });
  await picture(page, "machine-deactivated-dark");
  const again = await save(page, page.locator("#receipt"), folder.path);
  assert.deepEqual(readFileSync(again), readFileSync(receipt));
  await close();
});

test("attack: a machine of somebody else has no page, and its seat is not released", async () => {
  const { page, close } = await visit(browser, [portal.url]);
  portal.admin("user", "create", "--email", "eve@evil.example", "--name", "Eve", "--password-file", "-");
  await logInPage(page, portal, "jane@lab.example");
  await open(page, "bench-2");
  const { pathname } = new URL(page.url());
  await close();
  const eve = await visit(browser, [portal.url]);
  await logInPage(eve.page, portal, "eve@evil.example");
  for (const path of [pathname, `${pathname}/release`, `${pathname}/response`]) {
    assert.equal((await eve.page.goto(portal.url + path)).status(), 404, path);
  }
  await eve.close();
});
