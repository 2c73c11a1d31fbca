// A vendor makes a webhook, sends a test, and looks whether it arrived; the receiver verifies what it gets.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { logInPage } from "./clients.mjs";
import { accessible, picture, scratch, startBrowser, startPortal, visit } from "./world.mjs";

let folder, portal, browser, receiver;
const got = [];

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path, { serve: ["--webhooks-may-reach", "127.0.0.1"] });
  browser = await startBrowser();
  receiver = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    got.push({ headers: request.headers, body });
    response.end("thank you");
  });
  await new Promise((listening) => receiver.listen(0, "127.0.0.1", listening));
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  receiver?.close();
  folder?.remove();
});

/** The next thing that the receiver gets. */
async function next(count) {
  for (let n = 0; n < 600 && got.length < count; n += 1) await new Promise((later) => setTimeout(later, 50));
  assert.equal(got.length, count);
  return got.at(-1);
}

test("a webhook is made, tested, and its deliveries are looked at", async () => {
  const { page, close } = await visit(browser, [portal.url]);
  await logInPage(page, portal, "admin@acme.example");
  await page.locator(".sub a[href='/admin/settings']").click();
  await page.locator(".sub a[href='/admin/webhooks']").click();
  await accessible(page, "webhooks");
  await picture(page, "webhooks");
  await page.getByLabel("A license was created").check();
  await page.getByLabel("A trial began").check();
  await page.getByLabel("Address").fill("https://169.254.169.254/latest");
  await page.getByRole("button", { name: "Make webhook" }).click();
  await page.getByRole("alert").getByText("in an internal network").waitFor();
  assert.ok(await page.getByLabel("A trial began").isChecked(), "nothing has to be ticked again");
  await picture(page, "webhooks-refused");
  await page.getByLabel("Address").fill(`http://127.0.0.1:${receiver.address().port}/portal`);
  await page.getByRole("button", { name: "Make webhook" }).click();
  const secret = await page.locator("#secret").textContent();
  assert.match(secret, /^whsec_/);
  await accessible(page, "secret");
  await picture(page, "webhook-secret");
  await page.getByRole("link", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Send a test" }).click();
  const { headers, body } = await next(1);
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`).digest("base64");
  assert.equal(headers["webhook-signature"], `v1,${signature}`);
  assert.equal(JSON.parse(body).type, "webhook.test");
  portal.admin("license", "create", "--product", "acme-cad", "--holder", "Jane");
  assert.equal(JSON.parse((await next(2)).body).data.license.holder, "Jane");
  for (let n = 0; n < 600; n += 1) {
    await page.reload();
    if (await page.getByText("delivered", { exact: true }).count() >= 3) break;
  }
  await accessible(page, "webhook");
  await picture(page, "webhook");
  await page.getByRole("link", { name: "license.created" }).click();
  assert.match(await page.locator("#sent").textContent(), /"holder": "Jane"/);
  assert.equal(await page.locator("#answer").textContent(), "thank you");
  await accessible(page, "delivery");
  await picture(page, "webhook-delivery");
  await page.getByRole("button", { name: "Send again" }).click();
  assert.equal((await next(3)).headers["webhook-id"], got[1].headers["webhook-id"]);
  await page.locator(".crumb a").click();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Turn on" }).waitFor();
  await page.getByRole("button", { name: "Delete webhook" }).click();
  await page.waitForURL(/\/admin\/webhooks$/);
  assert.equal(await page.locator("tbody tr").count(), 0);
  await close();
});
