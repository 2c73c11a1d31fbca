// The API's page in Chromium: read without a script, accessible, fits a phone; tried out with a token that is kept nowhere.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { logInPage } from "./clients.mjs";
import { accessible, picture, scratch, startBrowser, startPortal, visit } from "./world.mjs";

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

test("every operation of the document stands on the page, which is accessible and fits a phone, open and closed", async () => {
  const document = await (await fetch(`${portal.url}/api/v1/openapi.json`)).json();
  const { page, close } = await visit(browser, [portal.url]);
  await page.goto(`${portal.url}/developers/api`);
  let count = 0;
  for (const methods of Object.values(document.paths)) {
    for (const operation of Object.values(methods)) {
      const shown = page.locator(`#${operation.operationId}`);
      assert.match(await shown.textContent(), new RegExp(operation.summary));
      count += 1;
    }
  }
  assert.ok(count > 35 && await page.locator("details.operation").count() === count, `${count}`);
  await accessible(page, "the API, closed");
  await page.evaluate(() => { for (const part of document.querySelectorAll("details")) part.open = true; });
  await accessible(page, "the API, open");
  await picture(page, "api");
  await close();
});

test("an operation is tried with a token that is kept in its field alone, and not with the session of who is logged in", async () => {
  const { page, close } = await visit(browser, [portal.url]);
  await logInPage(page, portal, "admin@acme.example");
  await page.goto(`${portal.url}/developers/api`);
  await page.locator("#listProducts summary").click();
  const form = page.locator("#listProducts form");
  const answer = form.locator(".answer");
  await form.locator("button").click();
  await answer.getByText("token-needed").first().waitFor();
  const { token } = portal.admin("token", "create", "--user", "admin@acme.example", "--name", "page", "--scope", "products:read", "--scope", "products:write");
  await page.locator("#token").fill(token);
  await form.locator("[name=limit]").fill("1");
  await form.locator("button").click();
  await answer.getByText("\"items\"").first().waitFor();
  assert.match(await answer.textContent(), /^200\n/);
  await accessible(page, "an answer");

  await page.locator("#createProduct summary").click();
  const create = page.locator("#createProduct form");
  await create.locator("textarea").fill(JSON.stringify({ id: "tried-out", name: "<b>Tried</b>" }));
  await create.locator("[name=Idempotency-Key]").fill("once");
  for (let n = 0; n < 2; n += 1) {
    await create.locator("button").click();
    await create.locator(".answer").getByText("tried-out").first().waitFor();
    assert.match(await create.locator(".answer").textContent(), /^201\n/);
  }
  assert.equal(await create.locator(".answer b").count(), 0, "what is answered is text");

  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]));
  assert.ok(!kept.includes("cst_"), kept);
  await page.reload();
  assert.equal(await page.locator("#token").inputValue(), "");
  await page.goto(`${portal.url}/activate`);
  await page.goBack();
  assert.equal(await page.locator("#token").inputValue(), "");
  await close();
});

test("without a script all of it is read, and nothing is offered that does not work", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${portal.url}/developers/api`);
  assert.equal(await page.locator("#token").isVisible(), false);
  await page.locator("#getLicense summary").click();
  await page.locator("#getLicense").getByText("licenses:read").waitFor();
  assert.equal(await page.locator("#getLicense form").isVisible(), false);
  await context.close();
});
