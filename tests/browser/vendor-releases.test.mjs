// The vendor publishes a release by the pages alone: a large file goes in pieces, past a connection that breaks, and customers have it.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { logInPage } from "./clients.mjs";
import { accessible, picture, scratch, startBrowser, startPortal, visit } from "./world.mjs";

/** Three pieces, the last of which is short. */
const SIZE = 2 * 8 * 1024 * 1024 + 4321;

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

test("a release is published by the pages alone, and a file whose way breaks off goes on", async () => {
  const file = join(folder.path, "acme-cad-3.0.0.bin");
  writeFileSync(file, randomBytes(SIZE));
  const { page, close } = await visit(browser, [portal.url]);
  await logInPage(page, portal, "admin@acme.example");
  await page.goto(`${portal.url}/admin/releases`);
  await accessible(page, "releases");
  await page.getByLabel("Version", { exact: true }).fill("3.0.0");
  await page.getByRole("button", { name: "Create a draft" }).click();
  await page.getByRole("heading", { level: 1, name: /3\.0\.0/ }).waitFor();
  let broken = 0;
  // The second piece does not arrive at the first try.
  await page.route(/\/uploads\/[\w-]+\?start=8388608$/, async (route) => {
    broken += 1;
    if (broken === 1) await route.abort("connectionreset"); else await route.continue();
  });
  await page.locator("#file").setInputFiles(file);
  await page.getByRole("button", { name: "Add files" }).click();
  await page.locator("th", { hasText: "acme-cad-3.0.0.bin" }).waitFor({ timeout: 60_000 });
  assert.equal(broken, 2, "it was sent again");
  // A word of a button is on one line, however narrow its column is.
  const remove = page.locator("td button").first();
  const { height } = await remove.boundingBox();
  const line = await remove.evaluate((button) => parseFloat(getComputedStyle(button).lineHeight));
  assert.ok(height < 2 * line + 24, `Remove is ${height} high, its lines ${line}`);
  await accessible(page, "release, draft");
  await picture(page, "vendor-release");
  await page.getByRole("button", { name: "Publish" }).click();
  await page.getByText("published", { exact: true }).first().waitFor();
  const href = await page.locator("th a[download]").getAttribute("href");
  const size = await page.evaluate(async (url) => (await (await fetch(url)).arrayBuffer()).byteLength, href);
  assert.equal(size, SIZE);
  await close();
});
