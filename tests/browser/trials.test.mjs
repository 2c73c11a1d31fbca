// The vendor's pages about trials, in Chromium: the policy of a product, the list, and a trial that is extended and runs on.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { logInPage, trialRequest, tryOut } from "./clients.mjs";
import { Machine, accessible, picture, scratch, startBrowser, startPortal, visit } from "./world.mjs";

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

test("support finds a machine by its name and extends its trial, which runs on", async () => {
  await tryOut(portal, ["office-1", "office-2"].map((name) => trialRequest({ name, platform: "linux-x86_64", app_version: "2.1.0" })));
  const lab = new Machine(folder.path, "lab-7", portal.roots);
  const request = lab.request("trial");
  const answer = await fetch(`${portal.url}/api/v1/trials`, { method: "POST", body: request.text, headers: { "content-type": "text/plain", accept: "text/plain" } });
  const first = join(folder.path, "first.response");
  writeFileSync(first, await answer.text());
  lab.install(first);
  const before = lab.check().right.expires_at;
  assert.ok(before, JSON.stringify(lab.check()));

  const { page, close } = await visit(browser, [portal.url]);
  await logInPage(page, portal, "admin@acme.example");
  await page.goto(`${portal.url}/admin`);
  await page.getByRole("link", { name: "Trials" }).click();
  await page.locator("#q").fill("lab");
  await page.locator("form[role=search] button").click();
  assert.equal(await page.locator("tbody tr").count(), 1);
  await accessible(page, "the list of trials");
  await picture(page, "trials");
  await page.locator("tbody th a").click();
  await accessible(page, "a trial");
  await page.locator("#days").fill("10");
  await page.locator("#extend").click();
  await page.waitForURL(/#response$/);
  assert.ok((await page.locator("#up-to-date").innerText()).length > 0);
  await accessible(page, "an extended trial");
  await picture(page, "trial-extended");
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#file").click()]);
  const second = join(folder.path, "second.response");
  await download.saveAs(second);
  lab.install(second);
  assert.equal(Math.round((lab.check().right.expires_at - before) / 86_400), 10);
  await close();
});

test("the policy of a product is set on its page, and what does not go is said", async () => {
  const { page, close } = await visit(browser, [portal.url]);
  await logInPage(page, portal, "admin@acme.example");
  const here = `${portal.url}/admin/products/acme-cad`;
  await page.goto(here);
  await accessible(page, "a product");
  await page.locator("#trial_again").selectOption("after-days");
  await page.locator("main form button").first().click();
  assert.match(await page.locator("main").innerText(), /say after how many/);
  await page.goto(here);
  await page.locator("#trial_again").selectOption("per-major-version");
  await page.locator("#trial_newest_version").fill("2");
  await page.locator("#trial_end").fill("2099-12-31");
  await page.locator("main form button").first().click();
  await page.waitForURL(here);
  assert.equal(await page.locator("#trial_newest_version").inputValue(), "2");
  assert.equal(await page.locator("#trial_end").inputValue(), "2099-12-31");
  await picture(page, "product-trials");
  await close();
});
