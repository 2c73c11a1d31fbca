// Renewal in Chromium: the vendor extends a license, its owner fetches fresh responses - one, and all as a zip - without
// new requests, and the machines install them.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { logInPage } from "./clients.mjs";
import { Machine, accessible, picture, save, scratch, startBrowser, startPortal, unzip, visit } from "./world.mjs";

const DAY = 86_400;
let folder, portal, browser, machines;

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path, { seats: 5 });
  browser = await startBrowser();
  machines = ["press-1", "press-2", "press-3"].map((name) => new Machine(folder.path, name, portal.roots));
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
});

const text = (page) => page.locator("main").innerText();

/** Until when a machine may run, as it says itself. */
function runsUntil(machine) {
  const checked = machine.check();
  assert.equal(checked.state, "active", JSON.stringify(checked));
  return checked.right.expires_at;
}

test("a license is extended, and fresh responses bring the new end to its machines", async () => {
  const jane = await visit(browser, [portal.url]);
  await logInPage(jane.page, portal, "jane@lab.example");
  const license = `${portal.url}/licenses/${portal.license.id}`;
  await jane.page.goto(license);
  await jane.page.locator("input[type=file]").setInputFiles(machines.map((one) => one.request("activation").path));
  await jane.page.locator("#confirm").click();
  const activated = await save(jane.page, jane.page.locator("#all"), folder.path);
  unzip(activated, join(folder.path, "activated"));
  for (const one of machines) assert.equal(one.install(join(folder.path, "activated", `${one.name}.response`)).state, "active");
  const before = machines.map(runsUntil);

  await jane.page.goto(license);
  await jane.page.getByRole("link", { name: "press-1" }).click();
  await jane.page.locator("#up-to-date").waitFor();

  const vendor = await visit(browser, [portal.url]);
  await logInPage(vendor.page, portal, "admin@acme.example");
  await vendor.page.goto(`${portal.url}/admin/licenses/${portal.license.id}`);
  await vendor.page.getByLabel("Extend by days").fill("365");
  await vendor.page.getByRole("button", { name: "Extend" }).click();
  await vendor.page.getByRole("button", { name: "Do it" }).click();
  await vendor.page.waitForLoadState();
  await vendor.close();

  await jane.page.reload();
  await jane.page.getByText(/The license has changed since this machine’s last response/).waitFor();
  assert.match(await text(jane.page), /It runs until [^.]+ instead of until [^.]+\./);
  await accessible(jane.page, "a machine that can be renewed");
  await picture(jane.page, "machine-renewal");
  await jane.page.emulateMedia({ colorScheme: "dark" });
  await picture(jane.page, "machine-renewal-dark");
  const fresh = await save(jane.page, jane.page.locator("#renew"), folder.path);
  const installed = machines[0].install(fresh);
  assert.equal(installed.state, "active", JSON.stringify(installed));
  assert.equal(runsUntil(machines[0]), before[0] + 365 * DAY, "the new end");
  assert.equal(runsUntil(machines[1]), before[1], "the others have theirs still");

  await jane.page.goto(license);
  const all = await save(jane.page, jane.page.locator("#renew-all"), folder.path);
  const names = unzip(all, join(folder.path, "renewed"));
  for (const one of machines) {
    assert.ok(names.includes(`${one.name}.response`), names.join(", "));
    const result = one.install(join(folder.path, "renewed", `${one.name}.response`));
    assert.equal(result.state, "active", JSON.stringify(result));
  }
  assert.deepEqual(machines.map(runsUntil), before.map((end) => end + 365 * DAY));
  await jane.page.reload();
  const seats = await text(jane.page);
  assert.match(seats, /3 of 5/, "no further seat was used");
  await picture(jane.page, "license-renewed");
  await jane.close();
});

test("a suspended license says so, and has no fresh response", async () => {
  const { page, close } = await visit(browser, [portal.url]);
  await logInPage(page, portal, "admin@acme.example");
  await page.goto(`${portal.url}/admin/licenses/${portal.license.id}`);
  await page.getByRole("button", { name: "Suspend" }).click();
  await page.getByRole("button", { name: "Do it" }).click();
  await page.waitForLoadState();
  await page.goto(`${portal.url}/licenses/${portal.license.id}`);
  assert.match(await text(page), /suspended/);
  await accessible(page, "a suspended license");
  await picture(page, "license-suspended");
  await page.getByRole("link", { name: "press-1" }).click();
  await page.getByText("There is no fresh response while the license is not in force.").waitFor();
  assert.equal(await page.locator("#renew").count(), 0);
  await close();
});
